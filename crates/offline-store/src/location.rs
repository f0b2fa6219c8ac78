//! From a source's path to the files behind it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::execution::object_store::ObjectStoreUrl;
use feature_model::{FileFormat, FileSource};
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt as _, local::LocalFileSystem, path::Path as StorePath,
};

use crate::Error;

mod local;
mod remote;

/// The files of a source, in the order in which their rows count.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The store that holds them all.
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Under which address DataFusion knows that store.
    pub(crate) store_url: ObjectStoreUrl,
    /// At least one, sorted by path.
    pub(crate) files: Vec<File>,
}

/// One file of a source.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// Where it is in its store, with size and time of change.
    pub(crate) meta: ObjectMeta,
    /// Where it is on this machine, if it is here.
    pub(crate) local: Option<PathBuf>,
    /// How it is told to people.
    pub(crate) name: String,
}

impl Files {
    /// Finds the files: one file, a glob, or a folder with all that is below it. Files and folders whose
    /// names begin with `.` or `_` are left out of globs and folders.
    pub(crate) async fn find(source: &FileSource, base_dir: &Path) -> Result<Self, Error> {
        if source.format == FileFormat::Delta {
            return Err(Error::Unsupported {
                what: format!(
                    "`{}` is a Delta Lake table, which Salver does not read; export it as Parquet",
                    source.path
                ),
            });
        }
        match source.path.split_once("://") {
            None => Self::find_local(&source.path, source.format, base_dir).await,
            Some(("file", path)) => Self::find_local(path, source.format, base_dir).await,
            Some(_) => remote::find(source).await,
        }
    }

    async fn find_local(path: &str, format: FileFormat, base_dir: &Path) -> Result<Self, Error> {
        let store = LocalFileSystem::new();
        let mut files = Vec::new();
        for path in local::find(base_dir, path, format)? {
            files.push(File::local(path, &store).await?);
        }
        Ok(Self {
            store: Arc::new(store),
            store_url: ObjectStoreUrl::local_filesystem(),
            files,
        })
    }
}

impl File {
    async fn local(path: PathBuf, store: &dyn ObjectStore) -> Result<Self, Error> {
        let name = path.display().to_string();
        let failed = |error: &dyn std::fmt::Display| Error::unavailable(&name, error);
        let real = path.canonicalize().map_err(|error| failed(&error))?;
        let location = StorePath::from_absolute_path(&real).map_err(|error| failed(&error))?;
        let meta = store
            .head(&location)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Self {
            meta,
            local: Some(real),
            name,
        })
    }

    /// Refuses a file that has been written since it was found.
    pub(crate) async fn check_unchanged(&self, store: &dyn ObjectStore) -> Result<(), Error> {
        let now = store
            .head(&self.meta.location)
            .await
            .map_err(|error| Error::unavailable(&self.name, error))?;
        let same = now.size == self.meta.size
            && now.last_modified == self.meta.last_modified
            && now.e_tag == self.meta.e_tag;
        if same {
            Ok(())
        } else {
            Err(Error::Changed {
                path: self.name.clone(),
            })
        }
    }
}

/// Whether a file in a folder belongs to the source: Spark and pyarrow write others beside the data.
fn belongs(name: &str, format: FileFormat) -> bool {
    let Some((_, extension)) = name.rsplit_once('.') else {
        return false;
    };
    let extension = extension.to_ascii_lowercase();
    !is_hidden(name)
        && match format {
            FileFormat::Parquet | FileFormat::Delta => {
                matches!(extension.as_str(), "parquet" | "parq" | "pq")
            }
            FileFormat::Csv => extension == "csv",
        }
}

fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

fn has_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}
