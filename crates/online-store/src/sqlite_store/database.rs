use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, FileControl, OpenFlags, config::DbConfig};

use super::fault;
use crate::Error;

/// As long as Python's sqlite3, and so Feast, waits for a lock.
const READER_PATIENCE: Duration = Duration::from_secs(5);
/// Another writer holds the lock for one batch at a time, and gets it again as likely as we do.
const WRITER_PATIENCE: Duration = Duration::from_secs(60);

/// Statements that a connection keeps prepared: one or two for each view.
const PREPARED_STATEMENTS: usize = 256;

/// Page size of a database that is made here. An entity's rows are some kilobytes in each of three trees:
/// at SQLite's own 4096 bytes loading 5 million rows takes a seventh longer, at 16384 as long.
const PAGE_BYTES: i32 = 8192;
/// Page cache of the writer. Rows that come in no order of keys touch leaves all over two indexes;
/// SQLite's own 2 MB would write each of them several times.
const WRITER_CACHE_KIB: i32 = 64 * 1024;
/// Pages in the WAL before a commit copies them into the database: enough to copy a page that many
/// batches changed only once.
const PAGES_BEFORE_CHECKPOINT: i32 = 8 * 1024;
/// What the WAL keeps on disk after it was copied.
const WAL_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Opens an existing database without any means to change it.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(fault::missing(path));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(READER_PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
        Ok(connection)
    };
    open().map_err(|error| fault::of_reading(path, &error))
}

/// Opens a database, makes it where there is none, and puts it into WAL mode for good.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::Unavailable {
            store: path.display().to_string(),
            reason: format!("its folder can't be made: {error}"),
        })?;
    }
    open_and_configure(path).map_err(|error| fault::of(path, &error))
}

fn open_and_configure(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(WRITER_PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    // Feast leaves it on: a name in double quotes that is no column would be a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    // Without effect on a database that has pages.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    use_wal(&connection)?;
    let mut persist = 1;
    connection.file_control(None::<&str>, FileControl::PersistWal(&mut persist))?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", PAGES_BEFORE_CHECKPOINT)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
    Ok(connection)
}

/// SQLite doesn't wait for others when it changes the journal mode, so this does.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + WRITER_PATIENCE;
    loop {
        let changed = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match changed {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(20));
            }
            other => return other.map(drop),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Whether the file that was opened is no longer the one at its path: Feast's `teardown` deletes it.
pub(crate) fn has_moved(connection: &Connection) -> bool {
    let mut moved = 0;
    let asked = connection.file_control(None::<&str>, FileControl::HasMoved(&mut moved));
    asked.is_err() || moved != 0
}
