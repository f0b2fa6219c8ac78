//! Programs as a Unix user who may only read.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{programs::binary, repo::PLUGIN_CACHE, repo::Repo};

const NOBODY: u32 = 65_534;

/// A user who may read a repository and write nothing but a folder of its own: `nobody` where the tests run as root.
/// Elsewhere the repository loses its write permissions, and gets them back when this is dropped.
#[derive(Debug)]
pub struct Reader {
    own: TempDir,
    locked: Vec<(PathBuf, u32)>,
}

impl Reader {
    /// Of these repositories. Nobody writes to them any more.
    ///
    /// # Panics
    /// When modes can't be changed.
    #[must_use]
    pub fn of(repos: &[&Repo]) -> Self {
        let own = tempfile::tempdir().expect("the system has a folder for temporary files");
        let mut reader = Self {
            own,
            locked: Vec::new(),
        };
        set_mode(reader.own.path(), 0o755);
        fs::copy(binary("gateway"), reader.program()).expect("a program can be copied");
        fs::create_dir(reader.cache()).expect("the folder is writable");
        if is_root() {
            chown(reader.cache(), Some(NOBODY), Some(NOBODY)).expect("root may give files away");
        }
        set_mode(&reader.cache(), 0o700);
        for repo in repos {
            reader.open_way(repo.path());
            reader.lock(repo.path());
        }
        reader
    }

    /// `gateway`, run by that user.
    #[must_use]
    pub fn gateway(&self) -> Command {
        let mut command = crate::invocation::clean(&self.program());
        command.env(PLUGIN_CACHE, self.cache());
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Takes the write permission off a file or a folder with all below it.
    ///
    /// # Panics
    /// When modes can't be changed.
    pub fn lock(&mut self, path: &Path) {
        if path.is_dir() {
            for entry in fs::read_dir(path).expect("a folder can be read") {
                self.lock(&entry.expect("a folder can be read").path());
            }
        }
        let mode = mode_of(path);
        self.locked.push((path.to_owned(), mode));
        let searched = if mode & 0o100 == 0 { 0 } else { 0o111 };
        set_mode(path, (mode | 0o444 | searched) & !0o222);
    }

    /// Folders of temporary files are their owner's alone.
    fn open_way(&self, path: &Path) {
        let temporary = std::env::temp_dir();
        let above = path.ancestors().skip(1);
        for folder in
            above.take_while(|folder| **folder != *temporary && folder.starts_with(&temporary))
        {
            set_mode(folder, 0o755);
        }
    }

    fn program(&self) -> PathBuf {
        self.own.path().join("gateway")
    }

    fn cache(&self) -> PathBuf {
        self.own.path().join("cache")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for (path, mode) in self.locked.iter().rev() {
            let _ = fs::set_permissions(path, Permissions::from_mode(*mode));
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn mode_of(path: &Path) -> u32 {
    let metadata = fs::metadata(path).expect("a file has a mode");
    metadata.permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .unwrap_or_else(|error| panic!("can't change the mode of `{}`: {error}", path.display()));
}
