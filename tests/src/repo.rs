//! A feature repository in a temporary folder.

use std::{
    ffi::OsStr,
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
        repo.materialize();
        repo
    }

    /// `apply`, then `materialize-incremental` up to now.
    ///
    /// # Panics
    /// When one of the commands fails.
    pub fn materialize(&self) {
        let _ = self.admin(["apply"]).run().succeeds();
        let until_now = ["materialize-incremental", &now()];
        let _ = self.admin(until_now).run().succeeds();
    }

    /// Puts `section` (`online_store:` and what is below it) in the place of the one that
    /// `feature_store.yaml` has.
    ///
    /// # Panics
    /// When the file can't be read or written.
    pub fn use_online_store(&self, section: &str) {
        let mut within = false;
        let mut lines: Vec<&str> = Vec::new();
        let settings = self.read("feature_store.yaml");
        for line in settings.lines() {
            let top_level = line.starts_with(|first: char| first.is_ascii_lowercase());
            within = line.starts_with("online_store:") || (within && !top_level);
            if !within {
                lines.push(line);
            }
        }
        self.write(
            "feature_store.yaml",
            format!("{}\n{section}", lines.join("\n")),
        );
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

    /// The bytes of a file.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn bytes(&self, relative: &str) -> Vec<u8> {
        let file = self.at(relative);
        fs::read(&file).unwrap_or_else(|error| panic!("can't read `{}`: {error}", file.display()))
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
    pub fn admin(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
        admin_at(&self.path, args)
    }

    /// A script of bash run in the repository, our own programs in `PATH`.
    ///
    /// # Panics
    /// When the environment has no usable `PATH`.
    #[must_use]
    pub fn bash(&self, script: &str) -> Invocation {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(bin_dir()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).expect("no folder holds a colon");
        Invocation::new(Path::new("bash"), &self.path)
            .args(["-c", script])
            .env("PATH", path)
    }
}

/// The variable that names the folder of compiled plugins.
pub const PLUGIN_CACHE: &str = "SALVER__SALVER__PLUGINS__CACHE_DIR";

/// Not the cache of whoever runs the tests; one for all of them, since compiling takes long.
#[must_use]
pub fn plugin_cache() -> PathBuf {
    std::env::temp_dir().join("salver-tests-plugin-cache")
}

/// `registry-admin -c FOLDER …` on any folder.
#[must_use]
pub fn admin_at(folder: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
    Invocation::new(&binary("registry-admin"), folder)
        .env(PLUGIN_CACHE, plugin_cache())
        .arg("-c")
        .arg(folder)
        .args(args)
}

/// The present as our programs and Feast's take it: ISO 8601 with Z.
#[must_use]
pub fn now() -> String {
    Timestamp::from_seconds(Timestamp::now().seconds()).to_string()
}
