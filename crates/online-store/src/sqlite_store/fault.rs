use std::path::Path;

use rusqlite::ErrorCode;

use crate::Error;

/// What a failure of SQLite means to who writes.
pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Error {
    let store = path.display().to_string();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::Corrupt { store, reason }
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::Denied { store, reason },
        _ => Error::Unavailable { store, reason },
    }
}

/// What a failure of SQLite means to who reads.
///
/// A database in WAL mode whose `-wal` file is gone can't be read by who may not make that file: SQLite
/// calls that an attempt to write, or says that it can't open. The next writer makes the file.
pub(crate) fn of_reading(path: &Path, error: &rusqlite::Error) -> Error {
    let code = error.sqlite_error_code();
    if matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)) && lacks_wal(path) {
        return Error::Unavailable {
            store: path.display().to_string(),
            reason: format!(
                "{error}; its `-wal` file is gone, as another program closed it last, and this user \
                 may not make it: run `registry-admin materialize`, or give write permission to the folder"
            ),
        };
    }
    of(path, error)
}

/// The database file isn't there yet.
pub(crate) fn missing(path: &Path) -> Error {
    Error::Unavailable {
        store: path.display().to_string(),
        reason: "there is no such file; run `registry-admin materialize` first".to_owned(),
    }
}

fn lacks_wal(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    path.exists() && !Path::new(&wal).exists()
}
