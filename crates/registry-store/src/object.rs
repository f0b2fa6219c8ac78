//! A registry in an object store with conditional writes: S3, Google Cloud Storage, Azure Blob Storage.

mod open;

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{
    GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion, path::Path,
};

pub(crate) use open::open;

use crate::{
    Error, Version,
    store::{Backend, Loaded, Read, Replaced, WriteAccess},
    watch::PATIENCE,
};

pub(crate) struct ObjectFile {
    store: Arc<dyn ObjectStore>,
    path: Path,
    location: String,
}

impl ObjectFile {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, path: Path, location: String) -> Self {
        Self {
            store,
            path,
            location,
        }
    }

    pub(crate) fn open(url: &str, options: &BTreeMap<String, String>) -> Result<Self, Error> {
        let (store, path) = open(url, options).map_err(|reason| Error::Config {
            location: url.to_owned(),
            reason,
        })?;
        Ok(Self::new(store, path, url.to_owned()))
    }

    async fn get(&self, known: Option<&Version>) -> Result<Read, object_store::Error> {
        let options = GetOptions {
            if_none_match: known.and_then(|known| known.e_tag.clone()),
            ..GetOptions::default()
        };
        let result = match self.store.get_opts(&self.path, options).await {
            Ok(result) => result,
            Err(object_store::Error::NotModified { .. }) => return Ok(Read::Unchanged),
            Err(object_store::Error::NotFound { .. }) => return Ok(Read::Now(None)),
            Err(error) => return Err(error),
        };
        let (e_tag, object_version) = (result.meta.e_tag.clone(), result.meta.version.clone());
        let bytes = result.bytes().await?;
        let version = match known {
            Some(_) => hashed_behind_others(&bytes).await,
            None => Version::of(&bytes),
        };
        let version = version.stored_as(e_tag, object_version);
        Ok(Read::Now(Some(Loaded { bytes, version })))
    }

    fn error(&self, error: &object_store::Error) -> Error {
        use object_store::Error as Store;

        let location = self.location.clone();
        let reason = with_causes(error);
        match error {
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => {
                Error::Denied { location, reason }
            }
            Store::NotImplemented { .. } | Store::NotSupported { .. } => Error::Config {
                location,
                reason: format!(
                    "the store has no conditional writes, which commits need: {reason}"
                ),
            },
            Store::InvalidPath { .. } | Store::UnknownConfigurationKey { .. } => {
                Error::Config { location, reason }
            }
            _ => Error::Unavailable { location, reason },
        }
    }
}

/// What is read only where it has changed is read beside requests, which go first.
async fn hashed_behind_others(bytes: &Bytes) -> Version {
    let shared = bytes.clone();
    let hashed = leftover::run_or_else(PATIENCE, move || Version::of(&shared)).await;
    hashed.unwrap_or_else(|| Version::of(bytes))
}

pub(crate) fn with_causes(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let inner = error.to_string();
        if !text.contains(&inner) {
            text = format!("{text}: {inner}");
        }
        cause = error.source();
    }
    text
}

#[async_trait]
impl Backend for ObjectFile {
    async fn read(&self) -> Result<Option<Loaded>, Error> {
        match self.get(None).await.map_err(|error| self.error(&error))? {
            Read::Now(loaded) => Ok(loaded),
            Read::Unchanged => Ok(None),
        }
    }

    async fn write_access(&self) -> Result<WriteAccess, Error> {
        let name = format!("{}.salver-doctor-{}", self.path, uuid::Uuid::new_v4());
        let beside = Path::from(name);
        match self.store.put_multipart(&beside).await {
            // Azure begins nothing before there are bytes
            Ok(_) if self.store.to_string().starts_with("MicrosoftAzure") => Ok(
                WriteAccess::Untried("Azure tells only whoever writes".to_owned()),
            ),
            Ok(mut upload) => {
                // an upload that was begun and not given up is seen by nobody, and ends by the bucket's own rules
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, path = %beside, "an upload that was begun as a try can't be given up");
                }
                Ok(WriteAccess::Granted(format!(
                    "writing objects beside `{}`",
                    self.location
                )))
            }
            Err(
                object_store::Error::PermissionDenied { .. }
                | object_store::Error::Unauthenticated { .. },
            ) => Ok(WriteAccess::Denied),
            Err(error) => Err(self.error(&error)),
        }
    }

    async fn read_if_changed(&self, known: &Version) -> Result<Read, Error> {
        let read = self.get(Some(known)).await;
        Ok(match read.map_err(|error| self.error(&error))? {
            Read::Now(None) if known.is_empty() => Read::Unchanged,
            Read::Now(Some(loaded)) if loaded.version == *known => Read::Unchanged,
            read => read,
        })
    }

    async fn replace(&self, expected: &Version, bytes: Bytes) -> Result<Replaced, Error> {
        let current = self.read().await?;
        let version = current.as_ref().map(|loaded| &loaded.version);
        if version.unwrap_or(&Version::empty()) != expected {
            return Ok(Replaced::NotBut(current));
        }
        let mode = version.map_or(PutMode::Create, |version| {
            PutMode::Update(UpdateVersion {
                e_tag: version.e_tag.clone(),
                version: version.object_version.clone(),
            })
        });
        let options = PutOptions::from(mode);
        match self
            .store
            .put_opts(&self.path, bytes.clone().into(), options)
            .await
        {
            Ok(result) => Ok(Replaced::By(
                Version::of(&bytes).stored_as(result.e_tag, result.version),
            )),
            Err(
                object_store::Error::Precondition { .. }
                | object_store::Error::AlreadyExists { .. },
            ) => self.lost(&bytes).await,
            Err(error) => Err(self.error(&error)),
        }
    }
}

impl ObjectFile {
    /// A put whose answer got lost is sent again by the client, and then fails against itself: each commit
    /// has its own id, so equal bytes are this one.
    async fn lost(&self, bytes: &Bytes) -> Result<Replaced, Error> {
        let current = self.read().await?;
        Ok(match current {
            Some(loaded) if loaded.bytes == *bytes => Replaced::By(loaded.version),
            current => Replaced::NotBut(current),
        })
    }
}
