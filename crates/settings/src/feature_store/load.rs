use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use super::{FEATURE_STORE, Loaded, overrides, read};
use crate::{
    Problem, Problems, Severity, read_regular, shape,
    yaml::{self, Kind, Node},
};

const FILE_NAME: &str = "feature_store.yaml";

/// Who reads the configuration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Gateway,
    Admin,
}

/// Reads `feature_store.yaml` of a feature repository for `registry-admin`, with `environment` laid over it:
/// `${NAME}` in the file, and `SALVER__KEY__KEY=value` for each key.
///
/// # Errors
/// Everything that is wrong, with file and line.
pub fn load(repo: &Path, environment: &BTreeMap<String, String>) -> Result<Loaded, Problems> {
    load_for(repo, environment, Reader::Admin)
}

/// As [`load`], for the gateway: `salver.admin` (the write credentials) is only looked over for misspelt keys,
/// its variables need not be set, and [`admin_online_store`](super::FeatureStoreConfig::admin_online_store) is
/// the same as `online_store`.
///
/// # Errors
/// Everything that is wrong, with file and line.
pub fn load_for_gateway(
    repo: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, Problems> {
    load_for(repo, environment, Reader::Gateway)
}

fn load_for(
    repo: &Path,
    environment: &BTreeMap<String, String>,
    reader: Reader,
) -> Result<Loaded, Problems> {
    let file = repo.join(FILE_NAME);
    let text = read_regular(&file).map_err(|error| unreadable(&file, &error))?;
    let text = String::from_utf8(text)
        .map_err(|_| Problem::error(&file, 0, "this is no text in UTF-8"))?;
    parse_for(&text, repo, environment, reader)
}

/// As [`load`], from a text that stands for the file.
///
/// # Errors
/// Everything that is wrong, with file and line.
pub fn parse(
    text: &str,
    repo: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, Problems> {
    parse_for(text, repo, environment, Reader::Admin)
}

fn unreadable(file: &Path, error: &io::Error) -> Problem {
    let message = if error.kind() == io::ErrorKind::NotFound {
        "there is no such file: name a feature repository with `-c DIR`, or make one with `registry-admin init DIR`"
            .to_owned()
    } else {
        format!("it can't be read: {error}")
    };
    Problem::error(file, 0, message)
}

pub(super) fn parse_for(
    text: &str,
    repo: &Path,
    environment: &BTreeMap<String, String>,
    reader: Reader,
) -> Result<Loaded, Problems> {
    let file = repo.join(FILE_NAME);
    let expanded = yaml::expand(text, environment);
    let (root, mut problems) = yaml::parse_expanded(&expanded, &file);
    let Some(mut root) = root else {
        return Err(problems);
    };
    if root.is_null() {
        root.kind = Kind::Mapping(yaml::Mapping::new());
    }
    overrides::apply(&mut root, &FEATURE_STORE, environment, &mut problems);
    read::refuse_foreign_types(&mut root, &mut problems);
    shape::check(&root, &FEATURE_STORE, &mut problems);
    let unset = Unset(&expanded.unset);
    let config = read::config(
        &root,
        repo,
        &file,
        reader,
        &unset,
        environment,
        &mut problems,
    );
    let problems = problems.sorted();
    match config {
        Some(config) if !problems.has_errors() => Ok(Loaded {
            config,
            warnings: problems.0,
        }),
        _ => Err(only_errors_first(problems)),
    }
}

/// Errors, then warnings: a person mends the errors first.
fn only_errors_first(mut problems: Problems) -> Problems {
    problems
        .0
        .sort_by_key(|problem| problem.severity != Severity::Error);
    problems
}

/// Variables that a file refers to and that aren't set.
pub(super) struct Unset<'u>(&'u BTreeSet<String>);

impl Unset<'_> {
    /// Reports each scalar below `node` that still holds a reference.
    pub(super) fn report(&self, node: &Node, problems: &mut Problems) {
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| self.report(item, problems)),
            Kind::Mapping(entries) => {
                entries
                    .values()
                    .for_each(|entry| self.report(&entry.value, problems));
            }
            Kind::Scalar(scalar) => {
                let named = |name: &&String| scalar.text.contains(&format!("${{{name}}}"));
                for name in self.0.iter().filter(named) {
                    let message = format!(
                        "the environment variable `{name}` is not set; set it, or write `${{{name}:default}}`"
                    );
                    problems.push(node.mark.error(message));
                }
            }
        }
    }
}
