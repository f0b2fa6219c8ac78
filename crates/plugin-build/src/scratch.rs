//! The folder of one build, gone with it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{BuildError, sdk::File};

/// A folder for what a build makes on its way.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Result<Self, BuildError> {
        tempfile::Builder::new()
            .prefix("salver-plugin-")
            .tempdir()
            .map(Self)
            .map_err(|source| file_error(&env::temp_dir(), source))
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a file there.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), BuildError> {
        let path = self.at(name);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|source| file_error(&path, source))
    }

    /// The folder of an SDK: the plugin's own copy, or one that is made here.
    pub(crate) fn sdk(
        &self,
        plugin: &Path,
        name: &str,
        files: &[File],
    ) -> Result<PathBuf, BuildError> {
        let own = plugin.join(name);
        if own.is_dir() {
            return Ok(own);
        }
        for (path, text) in files {
            self.write(&format!("{name}/{path}"), text)?;
        }
        Ok(self.at(name))
    }

    /// A file that a toolchain has written here.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, BuildError> {
        let path = self.at(name);
        fs::read(&path).map_err(|source| file_error(&path, source))
    }
}

pub(crate) fn file_error(path: &Path, source: std::io::Error) -> BuildError {
    BuildError::File {
        path: path.to_owned(),
        source,
    }
}

/// A program of this name in PATH.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// What an environment variable names, where it names something.
pub(crate) fn named(variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty());
    value.map(PathBuf::from)
}
