//! A feature repository in a temporary folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use feature_model::Timestamp;
use tempfile::TempDir;

use crate::{
    invocation::Invocation,
    programs::{bin_dir, binary},
};

/// A feature repository in a temporary folder that goes when this does.
#[derive(Debug)]
pub struct Repo {
    path: PathBuf,
    _folder: TempDir,
}

impl Repo {
    /// An empty folder.
    ///
    /// # Panics
    /// When the system gives none.
    #[must_use]
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("salver-")
            .tempdir()
            .expect("the system has a folder for temporary files");
        let path = folder.path().join("repo");
        fs::create_dir(&path).expect("a new folder is writable");
        Self {
            path,
            _folder: folder,
        }
    }

    /// What `registry-admin init` makes.
    ///
    /// # Panics
    /// When `init` fails.
    #[must_use]
    pub fn init() -> Self {
        let mut repo = Self::empty();
        let parent = repo.path.clone();
        repo.path = parent.join("driver_repo");
        let init = Invocation::new(&binary("registry-admin"), &parent).arg("init");
        let _ = init.arg(&repo.path).run().succeeds();
        repo
    }

    /// [`Self::init`], applied, and materialized up to now.
    ///
    /// # Panics
    /// When one of the commands fails.
    #[must_use]
    pub fn materialized() -> Self {
        let repo = Self::init();
        let _ = repo.admin(["apply"]).run().succeeds();
        let _ = repo
            .admin(["materialize-incremental", &now()])
            .run()
            .succeeds();
        repo
    }

    /// The folder that holds `feature_store.yaml`.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A place in the repository.
    #[must_use]
    pub fn at(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }

    /// Writes a file, making the folders it is in.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write(&self, relative: &str, contents: impl AsRef<[u8]>) {
        let file = self.at(relative);
        let folder = file.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("the repository is writable");
        fs::write(&file, contents)
            .unwrap_or_else(|error| panic!("can't write `{}`: {error}", file.display()));
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn read(&self, relative: &str) -> String {
        let file = self.at(relative);
        fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("can't read `{}`: {error}", file.display()))
    }

    /// Replaces a piece of a file.
    ///
    /// # Panics
    /// When the file doesn't hold `from` exactly once.
    pub fn replace(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert_eq!(
            text.matches(from).count(),
            1,
            "`{from}` should be in `{relative}` once:\n{text}"
        );
        self.write(relative, text.replacen(from, to, 1));
    }

    /// `registry-admin -c REPO …`
    #[must_use]
    pub fn admin(&self, args: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>) -> Invocation {
        Invocation::new(&binary("registry-admin"), &self.path)
            .arg("-c")
            .arg(&self.path)
            .args(args)
    }

    /// A line of shell run in the repository, our own programs in `PATH`.
    ///
    /// # Panics
    /// When the environment has no usable `PATH`.
    #[must_use]
    pub fn shell(&self, line: &str) -> Invocation {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(bin_dir()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).expect("no folder holds a colon");
        Invocation::new(Path::new("sh"), &self.path)
            .args(["-c", line])
            .env("PATH", path)
    }
}

/// The present as our programs and Feast's take it: ISO 8601 with Z.
#[must_use]
pub fn now() -> String {
    Timestamp::from_seconds(Timestamp::now().seconds()).to_string()
}
