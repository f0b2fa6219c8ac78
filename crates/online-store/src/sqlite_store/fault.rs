use std::path::Path;

use rusqlite::ErrorCode;

use crate::Error;

/// What a failure of SQLite means to the caller.
pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Error {
    let store = path.display().to_string();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::Corrupt { store, reason }
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::Denied { store, reason },
        Some(ErrorCode::CannotOpen) => Error::Unavailable {
            reason: cannot_open(path, &reason),
            store,
        },
        _ => Error::Unavailable { store, reason },
    }
}

/// The database file isn't there yet.
pub(crate) fn missing(path: &Path) -> Error {
    Error::Unavailable {
        store: path.display().to_string(),
        reason: "there is no such file; run `registry-admin materialize` first".to_owned(),
    }
}

fn cannot_open(path: &Path, reason: &str) -> String {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if path.exists() && !Path::new(&wal).exists() {
        return format!(
            "{reason}; its `-wal` file is gone (another program closed it last) and this user may not \
             make it: run `registry-admin materialize`, or give write permission to the folder"
        );
    }
    reason.to_owned()
}
