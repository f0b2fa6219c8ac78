use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{database, fault};
use crate::Error;

/// Notices that others have changed a database.
#[derive(Debug)]
pub(crate) struct Changes {
    path: PathBuf,
    watched: Option<Watched>,
}

#[derive(Debug)]
struct Watched {
    connection: Connection,
    version: i64,
}

impl Changes {
    /// Opens nothing yet.
    pub(crate) fn of(store: &settings::SqliteStore) -> Self {
        Self {
            path: store.path.clone(),
            watched: None,
        }
    }

    /// Whether anything may have changed since the last look; the first look always finds so. Blocks.
    ///
    /// # Errors
    /// Where the database can't be read; the next look finds that everything may have changed.
    pub(crate) fn look(&mut self) -> Result<bool, Error> {
        if let Some(watched) = &mut self.watched
            && !database::has_moved(&watched.connection)
            && let Ok(version) = data_version(&self.path, &watched.connection)
        {
            let has_changed = version != watched.version;
            watched.version = version;
            return Ok(has_changed);
        }
        self.watched = None;
        let connection = database::open_for_reading(&self.path)?;
        let version = data_version(&self.path, &connection)?;
        self.watched = Some(Watched {
            connection,
            version,
        });
        Ok(true)
    }
}

/// Another one whenever another connection has committed.
fn data_version(path: &Path, connection: &Connection) -> Result<i64, Error> {
    let version = connection
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)));
    version.map_err(|error| fault::of_reading(path, &error))
}
