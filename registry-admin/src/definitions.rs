//! The definitions of a feature repository: YAML files below `features/` -> a [`Project`].
//!
//! Files are read in the order of their paths, each is checked against [`DEFINITION_FILE`], then all are taken
//! together: names, references, join keys and the places in the online store. Everything that is wrong is told at once, with file and line.
//!
//! What it deliberately does not do: look into the data (see `source_check`), read the registry, or execute
//! anything. So a fuzz target can take this module without the rest of the program.

mod build;
mod collisions;
mod files;
mod marks;
pub(crate) mod parameters;
mod plugin;
mod table;

use std::path::Path;

use feature_model::{ObjectId, Project};
use settings::{
    Problem, Problems, shape,
    yaml::{self, Mark, Node},
};

pub use files::DefinitionFile;
pub use plugin::{ComponentSource, PluginDefinition};
pub use table::DEFINITION_FILE;

use build::Builder;
use marks::Marks;

/// What the files of a repository declare, consistent in itself.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// The objects, by kind in the order of the files. Views hold copies of their sources, services and on-demand
    /// views of the chosen features.
    pub project: Project,
    /// The plugins of on-demand views. The project has no bindings yet: those need the components.
    pub plugins: Vec<PluginDefinition>,
    /// What is doubtful.
    pub warnings: Vec<Problem>,
    /// What is wrong with how plugins are bound: with their renames and limits. The rest can be understood without it.
    pub(crate) binding_problems: Problems,
    marks: Marks,
}

impl Definitions {
    /// Where an object, or a part of it, stands; the object's own place where that part has none.
    ///
    /// Parts: `features.NAME`, `entities.NAME` and `source` of a feature view; `features.NAME` of an on-demand view or
    /// request source, `sources.NAME` of an on-demand view; `view`, `path`, `digest`, `transform`, `parameters`, `wasi`,
    /// `inputs.COLUMN`, `outputs.COLUMN`, `limits.LIMIT` and `body_text` of a plugin binding; `features.INDEX` of a service; `join_key` of an entity; `path`, `timestamp_field`,
    /// `created_timestamp_column` and `field_mapping.COLUMN` of a file source.
    #[must_use]
    pub fn mark(&self, object: &ObjectId, part: &str) -> Option<&Mark> {
        self.marks.get(object, part)
    }
}

/// Reads every `*.yaml` and `*.yml` below `features/` of a feature repository.
///
/// # Errors
/// Everything that is wrong, with file and line.
pub fn load(repo: &Path) -> Result<Definitions, Problems> {
    let (mut definitions, mut errors) = gather(repo)?;
    errors.extend(std::mem::take(&mut definitions.binding_problems));
    let errors = errors.sorted();
    if errors.is_empty() {
        Ok(definitions)
    } else {
        Err(errors)
    }
}

/// As [`load`], but hands out what could be understood along with the errors, so that more can be looked at. The
/// `binding_problems` aren't among the errors.
///
/// # Errors
/// Where the folder or a file can't be read.
pub(crate) fn gather(repo: &Path) -> Result<(Definitions, Problems), Problems> {
    let files = files::read(repo)?;
    let (mut definitions, errors) = understand(&files);
    if files.is_empty() {
        let message = "there are no definition files (`*.yaml`) here";
        definitions
            .warnings
            .push(Problem::warning(repo.join("features"), 0, message));
    }
    Ok((definitions, errors))
}

/// As [`load`], from texts.
///
/// # Errors
/// Everything that is wrong, with file and line.
pub fn parse(files: &[DefinitionFile]) -> Result<Definitions, Problems> {
    let (mut definitions, mut errors) = understand(files);
    errors.extend(std::mem::take(&mut definitions.binding_problems));
    let errors = errors.sorted();
    if errors.is_empty() {
        Ok(definitions)
    } else {
        Err(errors)
    }
}

/// What the files say, and all problems where one of them is an error; without the `binding_problems`.
pub(crate) fn understand(files: &[DefinitionFile]) -> (Definitions, Problems) {
    let mut builder = Builder::default();
    let mut roots = Vec::with_capacity(files.len());
    for file in files {
        roots.extend(read(file, &mut builder.problems));
    }
    let Builder {
        project,
        plugins,
        marks,
        problems,
        binding_problems,
    } = builder.build(&roots);
    let problems = problems.sorted();
    let (warnings, errors) = if problems.has_errors() {
        (Vec::new(), problems)
    } else {
        (problems.0, Problems::default())
    };
    let definitions = Definitions {
        project,
        plugins,
        warnings,
        binding_problems,
        marks,
    };
    (definitions, errors)
}

/// The tree of a file; none where it is empty or no YAML.
fn read(file: &DefinitionFile, problems: &mut Problems) -> Option<Node> {
    let (root, found) = yaml::parse_literal(&file.text, &file.path);
    problems.extend(found);
    let root = root.filter(|root| !root.is_null())?;
    shape::check(&root, &DEFINITION_FILE, problems);
    Some(root)
}

/// JSON Schema (draft 2020-12) of a definition file, for editors.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    shape::json_schema(&DEFINITION_FILE, "Salver definition file")
}

#[cfg(test)]
mod tests;
