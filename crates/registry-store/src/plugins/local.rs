use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Folder, PluginStoreError};
use crate::local::{Temporary, folder, resolved};

/// A folder on a local path. Files are written under another name, flushed to the disk and renamed.
pub(super) struct LocalFolder {
    root: PathBuf,
}

impl LocalFolder {
    pub(super) fn beside(registry: &Path, name: &str) -> Self {
        Self {
            root: folder(&resolved(registry)).join(name),
        }
    }

    pub(super) fn location(&self) -> String {
        self.root.display().to_string()
    }

    async fn blocking<T: Send + 'static>(
        &self,
        path: &str,
        work: impl FnOnce(&Path) -> Result<T, PluginStoreError> + Send + 'static,
    ) -> Result<T, PluginStoreError> {
        let path = self.root.join(path);
        let location = path.display().to_string();
        tokio::task::spawn_blocking(move || work(&path))
            .await
            .unwrap_or_else(|error| {
                Err(PluginStoreError::Unavailable {
                    location,
                    reason: error.to_string(),
                })
            })
    }
}

#[async_trait]
impl Folder for LocalFolder {
    async fn read(&self, path: &str, limit: u64) -> Result<Option<Bytes>, PluginStoreError> {
        self.blocking(path, move |path| read(path, limit)).await
    }

    async fn has(&self, path: &str) -> Result<bool, PluginStoreError> {
        self.blocking(path, |path| {
            path.try_exists().map_err(|error| io_error(path, &error))
        })
        .await
    }

    async fn write(&self, path: &str, bytes: Bytes) -> Result<(), PluginStoreError> {
        self.blocking(path, move |path| {
            write(path, &bytes).map_err(|error| io_error(path, &error))
        })
        .await
    }
}

fn read(path: &Path, limit: u64) -> Result<Option<Bytes>, PluginStoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| io_error(path, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let location = path.display().to_string();
        return Err(PluginStoreError::TooLarge { location, limit });
    }
    Ok(Some(Bytes::from(bytes)))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(path);
    fs::create_dir_all(&folder)?;
    Temporary::write(path, &folder, bytes)?.rename(path, &folder)
}

fn io_error(path: &Path, error: &io::Error) -> PluginStoreError {
    let location = path.display().to_string();
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            PluginStoreError::Denied { location, reason }
        }
        ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            PluginStoreError::Config { location, reason }
        }
        _ => PluginStoreError::Unavailable { location, reason },
    }
}
