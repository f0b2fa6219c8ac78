use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};

use super::{Folder, PluginStoreError};
use crate::object::with_causes;

/// A prefix in an object store, where a put is seen as a whole or not at all.
pub(super) struct ObjectFolder {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl ObjectFolder {
    pub(super) fn beside(store: Arc<dyn ObjectStore>, registry: &str, name: &str) -> Self {
        let folder = registry.rsplit_once('/').map_or("", |(folder, _)| folder);
        Self {
            store,
            prefix: Path::from(format!("{folder}/{name}")),
        }
    }

    fn path(&self, path: &str) -> Path {
        Path::from(format!("{}/{path}", self.prefix))
    }
}

#[async_trait]
impl Folder for ObjectFolder {
    async fn read(&self, path: &str, limit: u64) -> Result<Option<Bytes>, PluginStoreError> {
        let path = self.path(path);
        let found = match self.store.get(&path).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| store_error(&path, &error))?,
        };
        if found.meta.size > limit {
            let location = path.to_string();
            return Err(PluginStoreError::TooLarge { location, limit });
        }
        let bytes = found.bytes().await;
        bytes.map(Some).map_err(|error| store_error(&path, &error))
    }

    async fn has(&self, path: &str) -> Result<bool, PluginStoreError> {
        let path = self.path(path);
        match self.store.head(&path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(store_error(&path, &error)),
        }
    }

    async fn write(&self, path: &str, bytes: Bytes) -> Result<(), PluginStoreError> {
        let path = self.path(path);
        let put = self.store.put(&path, bytes.into()).await;
        put.map(|_| ()).map_err(|error| store_error(&path, &error))
    }
}

fn store_error(path: &Path, error: &object_store::Error) -> PluginStoreError {
    use object_store::Error as Store;

    let location = path.to_string();
    let reason = with_causes(error);
    match error {
        Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => {
            PluginStoreError::Denied { location, reason }
        }
        Store::InvalidPath { .. } | Store::UnknownConfigurationKey { .. } => {
            PluginStoreError::Config { location, reason }
        }
        _ => PluginStoreError::Unavailable { location, reason },
    }
}
