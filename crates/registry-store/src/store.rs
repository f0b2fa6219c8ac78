use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use feature_codec::registry::{RegistryDocument, read_stamp};
use feature_model::Timestamp;
use object_store::ObjectStore;
use settings::{Registry, RegistryLocation};

use crate::{Error, UpdateError, Version, local::LocalFile, object::ObjectFile, writer};

/// How often [`RegistryStore::update`] starts over before it gives up.
const MAX_ATTEMPTS: usize = 20;

/// A registry that was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The document; empty where there is none.
    pub bytes: Bytes,
    /// Which version of it.
    pub version: Version,
}

/// Whether a registry could be written by whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteAccess {
    /// It could, and by what.
    Granted(String),
    /// It could not.
    Denied,
    /// Nobody can tell without writing.
    Untried(String),
}

/// Where a registry document is kept.
#[derive(Clone)]
pub struct RegistryStore {
    backend: Arc<dyn Backend>,
    location: String,
    writer: String,
}

/// A place for one document. Both kinds pass the same tests (`tests/conformance.rs`).
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// The document and its version; absent where there is none.
    async fn read(&self) -> Result<Option<Loaded>, Error>;

    /// As [`Self::read`], unless the version is surely still `known`.
    async fn read_if_changed(&self, known: &Version) -> Result<Read, Error>;

    /// Whether it could be written, without writing it.
    async fn write_access(&self) -> Result<WriteAccess, Error>;

    /// Replaces the version `expected` by other bytes, atomically.
    async fn replace(&self, expected: &Version, bytes: Bytes) -> Result<Replaced, Error>;
}

pub(crate) enum Read {
    Unchanged,
    Now(Option<Loaded>),
}

pub(crate) enum Replaced {
    By(Version),
    /// Not replaced, because something else was there.
    NotBut(Option<Loaded>),
}

impl RegistryStore {
    /// The registry that the settings name. Nothing is read yet.
    ///
    /// # Errors
    /// [`Error::Config`] where the URL or its options can't be used.
    pub fn open(registry: &Registry) -> Result<Self, Error> {
        match &registry.location {
            RegistryLocation::Local(path) => Ok(Self::local(path.clone())),
            RegistryLocation::Url(url) => match local_path(url)? {
                Some(path) => Ok(Self::local(path)),
                None => {
                    let file = ObjectFile::open(url, &registry.options)?;
                    Ok(Self::new(Arc::new(file), url.clone()))
                }
            },
        }
    }

    /// A registry in a local file.
    #[must_use]
    pub fn local(path: PathBuf) -> Self {
        let location = path.display().to_string();
        Self::new(Arc::new(LocalFile::new(path)), location)
    }

    /// A registry in an object store that supports conditional writes, under `path`.
    #[must_use]
    pub fn in_object_store(store: Arc<dyn ObjectStore>, path: &str) -> Self {
        let file = ObjectFile::new(store, path.into(), path.to_owned());
        Self::new(Arc::new(file), path.to_owned())
    }

    fn new(backend: Arc<dyn Backend>, location: String) -> Self {
        Self {
            backend,
            location,
            writer: writer::describe(),
        }
    }

    /// Path or URL, for messages.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Reads the registry. Where there is none: no bytes and [`Version::empty`].
    ///
    /// # Errors
    /// Where it can't be reached or accessed.
    pub async fn load(&self) -> Result<Loaded, Error> {
        Ok(present(self.backend.read().await?))
    }

    /// Reads the registry unless it is still the version `known`, which costs little to find out.
    ///
    /// # Errors
    /// Where it can't be reached or accessed.
    pub async fn load_if_changed(&self, known: &Version) -> Result<Option<Loaded>, Error> {
        match self.backend.read_if_changed(known).await? {
            Read::Unchanged => Ok(None),
            Read::Now(loaded) => Ok(Some(present(loaded))),
        }
    }

    /// Whether the registry could be written, found out without writing to it. In an object store, an upload is begun
    /// beside it and given up.
    ///
    /// # Errors
    /// Where it can't be reached.
    pub async fn write_access(&self) -> Result<WriteAccess, Error> {
        self.backend.write_access().await
    }

    /// Reads the registry as a document that can be changed.
    ///
    /// # Errors
    /// As [`Self::load`], and [`Error::Corrupt`] where the bytes are no registry.
    pub async fn load_document(&self) -> Result<(RegistryDocument, Version), Error> {
        let loaded = self.load().await?;
        let document =
            RegistryDocument::decode(&loaded.bytes).map_err(|reason| Error::Corrupt {
                location: self.location.clone(),
                reason,
            })?;
        Ok((document, loaded.version))
    }

    /// Replaces the version `expected` by the document, under a fresh version id and the time `now`.
    ///
    /// The document is then either there as a whole or not at all, also when the program is killed.
    ///
    /// # Errors
    /// [`Error::Conflict`] where the registry isn't `expected` any more, else as [`Self::load`]. Nothing was
    /// written then.
    pub async fn commit(
        &self,
        expected: &Version,
        document: &mut RegistryDocument,
        now: Timestamp,
    ) -> Result<Version, Error> {
        document.stamp(&uuid::Uuid::new_v4().to_string(), now);
        document.sign(&self.writer);
        let bytes = Bytes::from(document.encode());
        match self.backend.replace(expected, bytes).await? {
            Replaced::By(version) => Ok(version),
            Replaced::NotBut(current) => Err(conflict(expected, current)),
        }
    }

    /// Reads the registry, lets `change` change it and commits; starts over as long as somebody else
    /// commits in between. `change` may be called several times.
    ///
    /// # Errors
    /// What `change` answers, else as [`Self::commit`].
    pub async fn update<T, E>(
        &self,
        now: Timestamp,
        mut change: impl FnMut(&mut RegistryDocument) -> Result<T, E>,
    ) -> Result<(T, Version), UpdateError<E>> {
        let mut attempts = 0;
        loop {
            let (mut document, version) = self.load_document().await?;
            let result = change(&mut document).map_err(UpdateError::Change)?;
            attempts += 1;
            match self.commit(&version, &mut document, now).await {
                Ok(version) => return Ok((result, version)),
                Err(Error::Conflict { .. }) if attempts < MAX_ATTEMPTS => {
                    tracing::debug!(attempts, "registry moved during an update, trying again");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn present(loaded: Option<Loaded>) -> Loaded {
    loaded.unwrap_or_else(|| Loaded {
        bytes: Bytes::new(),
        version: Version::empty(),
    })
}

fn conflict(expected: &Version, current: Option<Loaded>) -> Error {
    let current = present(current);
    let stamp = read_stamp(&current.bytes).unwrap_or_default();
    Error::Conflict {
        expected: Box::new(expected.clone()),
        current: Box::new(current.version),
        writer: stamp.writer,
        last_updated: stamp.last_updated,
    }
}

/// The path of a `file://` URL, or of text that is no URL.
pub(crate) fn local_path(url: &str) -> Result<Option<PathBuf>, Error> {
    if !url.contains("://") {
        return Ok(Some(PathBuf::from(url)));
    }
    if !url.starts_with("file://") {
        return Ok(None);
    }
    let parsed = url::Url::parse(url).ok();
    let path = parsed.and_then(|url| url.to_file_path().ok());
    path.map(Some).ok_or_else(|| Error::Config {
        location: url.to_owned(),
        reason: "a file URL is `file://` and an absolute path".to_owned(),
    })
}
