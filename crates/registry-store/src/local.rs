//! A registry in a local file.
//!
//! Salver's own commits take a lock file beside the registry, compare the version, write a temporary file,
//! fsync it, rename it over the registry and fsync the folder. Feast knows no lock and truncates the file
//! before it writes: so a read that catches it half-written is tried again, and a commit compares once more
//! right before the rename.

mod access;
mod lock;
mod read;
mod replace;

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;

pub use lock::FileLock;
pub(crate) use replace::{Temporary, folder, resolved};

use crate::{
    Error, Version,
    store::{Backend, Loaded, Read, Replaced, WriteAccess},
};

pub(crate) struct LocalFile {
    path: PathBuf,
}

impl LocalFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(PathBuf) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let path = self.path.clone();
        let location = path.display().to_string();
        tokio::task::spawn_blocking(move || work(path))
            .await
            .unwrap_or_else(|error| {
                Err(Error::Unavailable {
                    location,
                    reason: error.to_string(),
                })
            })
    }
}

#[async_trait]
impl Backend for LocalFile {
    async fn read(&self) -> Result<Option<Loaded>, Error> {
        self.blocking(|path| read::read(&path)).await
    }

    async fn write_access(&self) -> Result<WriteAccess, Error> {
        self.blocking(|path| Ok(access::write_access(&path))).await
    }

    async fn read_if_changed(&self, known: &Version) -> Result<Read, Error> {
        let known = known.clone();
        self.blocking(move |path| read::read_if_changed(&path, &known))
            .await
    }

    async fn replace(&self, expected: &Version, bytes: Bytes) -> Result<Replaced, Error> {
        let expected = expected.clone();
        self.blocking(move |path| replace::replace(&path, &expected, &bytes))
            .await
    }
}

/// The error of a file operation, by what can be done about it.
fn io_error(path: &std::path::Path, error: &std::io::Error) -> Error {
    let location = path.display().to_string();
    let reason = error.to_string();
    match error.kind() {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Error::Denied { location, reason }
        }
        std::io::ErrorKind::NotADirectory | std::io::ErrorKind::IsADirectory => {
            Error::Config { location, reason }
        }
        _ => Error::Unavailable { location, reason },
    }
}
