use std::path::Path;

use feature_model::ProjectName;
use rustix::fs::{Access, access};
use settings::{OnlineStore, SqliteStore};

use crate::{Error, redis_store};

/// What a reader's credentials are good for, found out by trying.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// What they allow, and no reader needs.
    pub excess: Vec<String>,
    /// What a reader needs, and they don't allow.
    pub missing: Vec<String>,
}

/// What rights are tried for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The project whose rows are to be read.
    pub project: ProjectName,
    /// The join keys of its entities, of which keys of rows are made.
    pub join_keys: Vec<String>,
    /// Projects whose rows are not to be read.
    pub others: Vec<ProjectName>,
    /// Whether rows are kept, so that the store must tell of changes.
    pub caches: bool,
}

/// Tries what the credentials of `store` allow. Nothing is changed by it, though a server may log what it refuses.
///
/// # Errors
/// Where the store can't be asked.
pub async fn try_rights(store: &OnlineStore, tried: &Tried) -> Result<Rights, Error> {
    match store {
        OnlineStore::Redis(redis) => redis_store::try_rights(redis, tried).await,
        OnlineStore::Sqlite(sqlite) => Ok(of_file(sqlite)),
    }
}

/// SQLite has no users but those of the system. A folder that can be written is a file that can be replaced.
fn of_file(store: &SqliteStore) -> Rights {
    let mut rights = Rights::default();
    let file = &store.path;
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if file.exists() {
        if access(file, Access::READ_OK).is_err() {
            rights.missing.push(format!("reading `{}`", file.display()));
        }
        if access(file, Access::WRITE_OK).is_ok() {
            rights.excess.push(format!("writing `{}`", file.display()));
        }
    }
    if access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        let folder = folder.display();
        rights
            .excess
            .push(format!("making and replacing files in `{folder}`"));
    }
    rights
}
