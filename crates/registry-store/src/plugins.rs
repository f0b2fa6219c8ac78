//! Plugins beside the registry document: components under their SHA-256, and what they were compiled to.
//!
//! ```text
//! data/registry.db
//! data/plugins/sha256/<64 digits>.wasm
//! data/plugins/sha256/<64 digits>/<artefact>
//! ```
//!
//! A component's name is the hash of its bytes, so that it never changes, any number of programs may write it at
//! once, and a reader can tell whether it was given what it asked for.

mod error;
mod local;
mod object;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use feature_model::PluginDigest;
use object_store::ObjectStore;
use settings::{Registry, RegistryLocation};
use sha2::{Digest as _, Sha256};

pub use error::PluginStoreError;

use self::{local::LocalFolder, object::ObjectFolder};
use crate::{Error, object::open, store::local_path};

/// The largest component that is stored or fetched.
pub const MAX_COMPONENT_BYTES: u64 = 256 * 1024 * 1024;
/// The largest artefact that is stored or fetched: machine code is several times as large as its component.
pub const MAX_ARTEFACT_BYTES: u64 = 1024 * 1024 * 1024;

const FOLDER: &str = "plugins";

/// Where the plugins of a registry are kept.
#[derive(Clone)]
pub struct PluginStore {
    folder: Arc<dyn Folder>,
    location: String,
}

/// A folder of files. Both kinds pass the same tests (`tests/registry/plugins.rs`).
#[async_trait]
trait Folder: Send + Sync {
    /// A file of at most `limit` bytes; absent where there is none.
    async fn read(&self, path: &str, limit: u64) -> Result<Option<Bytes>, PluginStoreError>;

    /// Whether there is a file.
    async fn has(&self, path: &str) -> Result<bool, PluginStoreError>;

    /// Writes a file, in place of what is there: others see the old one or the new one, never a part.
    async fn write(&self, path: &str, bytes: Bytes) -> Result<(), PluginStoreError>;
}

impl PluginStore {
    /// The plugins beside the registry that the settings name. Nothing is read yet.
    ///
    /// # Errors
    /// [`Error::Config`] where the URL or its options can't be used.
    pub fn open(registry: &Registry) -> Result<Self, Error> {
        match &registry.location {
            RegistryLocation::Local(path) => Ok(Self::local(path)),
            RegistryLocation::Url(url) => match local_path(url)? {
                Some(path) => Ok(Self::local(&path)),
                None => {
                    let (store, path) =
                        open(url, &registry.options).map_err(|reason| Error::Config {
                            location: url.clone(),
                            reason,
                        })?;
                    let folder = url.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let location = format!("{folder}/{FOLDER}");
                    Ok(Self::in_objects(store, path.as_ref(), location))
                }
            },
        }
    }

    /// The plugins beside a registry in a local file.
    #[must_use]
    pub fn local(registry: &Path) -> Self {
        let folder = LocalFolder::beside(registry, FOLDER);
        let location = folder.location();
        Self {
            folder: Arc::new(folder),
            location,
        }
    }

    /// The plugins beside a registry in an object store, under `registry`.
    #[must_use]
    pub fn in_object_store(store: Arc<dyn ObjectStore>, registry: &str) -> Self {
        Self::in_objects(store, registry, FOLDER.to_owned())
    }

    fn in_objects(store: Arc<dyn ObjectStore>, registry: &str, location: String) -> Self {
        let folder = ObjectFolder::beside(store, registry, FOLDER);
        Self {
            folder: Arc::new(folder),
            location,
        }
    }

    /// Path or URL of the folder, for messages.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Stores a component under its SHA-256, which is the answer. Where it is stored already, nothing is written;
    /// where something else stands in its place (half of it, say), that is replaced.
    ///
    /// # Errors
    /// Where the store can't be reached or written, or the component is larger than [`MAX_COMPONENT_BYTES`].
    pub async fn put(&self, component: Bytes) -> Result<PluginDigest, PluginStoreError> {
        let digest = digest_of(&component);
        let path = component_path(&digest);
        self.check_size(&path, component.len(), MAX_COMPONENT_BYTES)?;
        let stored = match self.folder.read(&path, MAX_COMPONENT_BYTES).await {
            Err(PluginStoreError::TooLarge { .. }) => None,
            stored => stored?,
        };
        if stored.is_none_or(|stored| digest_of(&stored) != digest) {
            self.folder.write(&path, component).await?;
        }
        Ok(digest)
    }

    /// Whether there is a component under that digest. It isn't looked into.
    ///
    /// # Errors
    /// Where the store can't be reached or read.
    pub async fn has(&self, digest: &PluginDigest) -> Result<bool, PluginStoreError> {
        self.folder.has(&component_path(digest)).await
    }

    /// Fetches a component: the bytes have that SHA-256.
    ///
    /// # Errors
    /// [`PluginStoreError::NotFound`] and [`PluginStoreError::Corrupt`], and where the store can't be reached or
    /// read.
    pub async fn get(&self, digest: &PluginDigest) -> Result<Bytes, PluginStoreError> {
        let path = component_path(digest);
        let location = || format!("{}/{path}", self.location);
        let stored = self.folder.read(&path, MAX_COMPONENT_BYTES).await?;
        let component = stored.ok_or_else(|| PluginStoreError::NotFound {
            digest: *digest,
            location: self.location.clone(),
        })?;
        let found = digest_of(&component);
        if found != *digest {
            return Err(PluginStoreError::Corrupt {
                location: location(),
                found,
            });
        }
        Ok(component)
    }

    /// Stores what a component was compiled to, in place of an older one of that name. It is the reader who checks
    /// who signed it.
    ///
    /// # Errors
    /// Where the store can't be reached or written, the name is no plain file name, or the artefact is larger than
    /// [`MAX_ARTEFACT_BYTES`].
    pub async fn put_artefact(
        &self,
        digest: &PluginDigest,
        file_name: &str,
        artefact: Bytes,
    ) -> Result<(), PluginStoreError> {
        let path = self.artefact_path(digest, file_name)?;
        self.check_size(&path, artefact.len(), MAX_ARTEFACT_BYTES)?;
        self.folder.write(&path, artefact).await
    }

    /// Fetches what a component was compiled to; absent where there is none of that name. The bytes are whatever
    /// stands there.
    ///
    /// # Errors
    /// Where the store can't be reached or read, or the name is no plain file name.
    pub async fn artefact(
        &self,
        digest: &PluginDigest,
        file_name: &str,
    ) -> Result<Option<Bytes>, PluginStoreError> {
        let path = self.artefact_path(digest, file_name)?;
        self.folder.read(&path, MAX_ARTEFACT_BYTES).await
    }

    fn artefact_path(
        &self,
        digest: &PluginDigest,
        file_name: &str,
    ) -> Result<String, PluginStoreError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        if file_name.is_empty() || file_name.starts_with('.') || !file_name.chars().all(is_plain) {
            return Err(PluginStoreError::Config {
                location: self.location.clone(),
                reason: format!(
                    "`{file_name}` is no name of an artefact; use letters, digits, `-`, `_`, `.` and `+`"
                ),
            });
        }
        Ok(format!("sha256/{}/{file_name}", digest.hex()))
    }

    fn check_size(&self, path: &str, size: usize, limit: u64) -> Result<(), PluginStoreError> {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        if size <= limit {
            return Ok(());
        }
        let location = format!("{}/{path}", self.location);
        Err(PluginStoreError::TooLarge { location, limit })
    }
}

fn component_path(digest: &PluginDigest) -> String {
    format!("sha256/{}.wasm", digest.hex())
}

fn digest_of(component: &[u8]) -> PluginDigest {
    PluginDigest::new(Sha256::digest(component).into())
}
