use std::{
    fs, io,
    path::{Path, PathBuf},
};

use settings::{Problem, Problems};

const FOLDER: &str = "features";
/// Folders below `features/`; a link that leads back up would go on for ever.
const DEEPEST_FOLDER: usize = 32;

/// The text of one file.
pub struct DefinitionFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// Every `*.yaml` and `*.yml` below `features/`, sorted by path; hidden files and folders are left out.
pub(super) fn read(repo: &Path) -> Result<Vec<DefinitionFile>, Problems> {
    let folder = repo.join(FOLDER);
    if !folder.is_dir() {
        let message = "there is no such folder; it holds the definitions of a feature repository, as YAML files";
        return Err(Problem::error(folder, 0, message).into());
    }
    let mut found = Found::default();
    found.look_into(&folder, 0);
    if !found.problems.is_empty() {
        return Err(found.problems);
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found.files)
}

#[derive(Default)]
struct Found {
    files: Vec<DefinitionFile>,
    problems: Problems,
}

impl Found {
    fn look_into(&mut self, folder: &Path, depth: usize) {
        if depth > DEEPEST_FOLDER {
            let message = format!(
                "folders are nested deeper than {DEEPEST_FOLDER}; is there a link to itself?"
            );
            return self.problems.push(Problem::error(folder, 0, message));
        }
        let entries = fs::read_dir(folder).and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<io::Result<Vec<_>>>()
        });
        match entries {
            Ok(paths) => paths
                .iter()
                .filter(|path| !is_hidden(path))
                .for_each(|path| self.take(path, depth)),
            Err(error) => self.unreadable(folder, &error),
        }
    }

    fn take(&mut self, path: &Path, depth: usize) {
        if path.is_dir() {
            return self.look_into(path, depth + 1);
        }
        let is_yaml = path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml");
        // A pipe would be waited for.
        if !is_yaml || !path.is_file() {
            return;
        }
        match fs::read_to_string(path) {
            Ok(text) => self.files.push(DefinitionFile {
                path: path.to_owned(),
                text,
            }),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        self.problems.push(Problem::error(
            path,
            0,
            format!("it can't be read: {error}"),
        ));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}
