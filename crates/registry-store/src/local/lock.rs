use std::{
    ffi::OsString,
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::io_error;
use crate::Error;

/// A commit takes milliseconds: who waits longer waits for a program that hangs.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// Holds the lock of a registry until it is dropped, also when the program is killed.
///
/// The lock file stays where it is: removing it would let two programs hold two locks.
pub(super) struct Lock {
    _file: File,
}

pub(super) fn acquire(registry: &Path) -> Result<Lock, Error> {
    let path = lock_path(registry);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = options
        .open(&path)
        .map_err(|error| io_error(&path, &error))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Unavailable {
                    location: registry.display().to_string(),
                    reason: format!("another program holds `{}`", path.display()),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io_error(&path, &error)),
        }
    }
}

fn lock_path(registry: &Path) -> PathBuf {
    let mut name: OsString = registry.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
