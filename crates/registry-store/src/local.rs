//! A registry in a local file.
//!
//! Salver's own commits take a lock file beside the registry, compare the version, write a temporary file,
//! fsync it, rename it over the registry and fsync the folder. Feast knows no lock and truncates the file
//! before it writes: so a read that catches it half-written is tried again, and a commit compares once more
//! right before the rename.
//!
//! Whoever follows the registry answers requests meanwhile: a file that may have changed is read and hashed in time that
//! these leave, and one that surely hasn't is not read.

mod access;
mod lock;
mod read;
mod replace;

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;

pub use lock::FileLock;
pub(crate) use replace::{Temporary, folder, resolved};

use read::{Attempt, Reading};

use crate::{
    Error, Version,
    store::{Backend, Loaded, Read, Replaced, WriteAccess},
    watch::PATIENCE,
};

pub(crate) struct LocalFile {
    path: PathBuf,
    /// What was read last, where the file's look tells whether it is still there.
    last: Mutex<Option<Version>>,
}

impl LocalFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        let last = Mutex::default();
        Self { path, last }
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

    /// Reads the file in time that nobody else wants, and one that is `known` without a second look.
    async fn read_behind_others(&self, known: &Version) -> Result<Option<Loaded>, Error> {
        let mut reading = Reading::new(Some(known.clone()));
        loop {
            let path = self.path.clone();
            let attempt = move || reading.clone().attempt(&path);
            let attempt = leftover::run_or_else(PATIENCE, attempt).await;
            match attempt.unwrap_or_else(|| Err(self.defect()))? {
                Attempt::Done(loaded) => return Ok(loaded),
                Attempt::Again(next) => reading = next,
            }
            tokio::time::sleep(read::PAUSE).await;
        }
    }

    fn defect(&self) -> Error {
        Error::Unavailable {
            location: self.path.display().to_string(),
            reason: "reading it has failed: a defect of Salver's".to_owned(),
        }
    }

    fn remember(&self, loaded: Option<&Loaded>) {
        let version = loaded.map_or_else(Version::empty, |loaded| loaded.version.clone());
        let last = self.last.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        *last = Some(version).filter(read::tells_by_its_look);
    }

    fn remembers(&self, known: &Version) -> Option<Version> {
        let last = self.last.lock();
        let last = last.unwrap_or_else(PoisonError::into_inner);
        last.clone().filter(|last| last == known)
    }
}

#[async_trait]
impl Backend for LocalFile {
    async fn read(&self) -> Result<Option<Loaded>, Error> {
        let loaded = self.blocking(|path| read::read(&path)).await?;
        self.remember(loaded.as_ref());
        Ok(loaded)
    }

    async fn write_access(&self) -> Result<WriteAccess, Error> {
        self.blocking(|path| Ok(access::write_access(&path))).await
    }

    async fn read_if_changed(&self, known: &Version) -> Result<Read, Error> {
        if let Some(last) = self.remembers(known)
            && self
                .blocking(move |path| read::looks_like(&path, &last))
                .await?
        {
            return Ok(Read::Unchanged);
        }
        let loaded = self.read_behind_others(known).await?;
        self.remember(loaded.as_ref());
        let is_known = match &loaded {
            Some(loaded) => loaded.version == *known,
            None => known.is_empty(),
        };
        Ok(if is_known {
            Read::Unchanged
        } else {
            Read::Now(loaded)
        })
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
