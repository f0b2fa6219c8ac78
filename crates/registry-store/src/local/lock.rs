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

/// Holds the lock of a file, such as a registry, until it is dropped, also when the program is killed.
///
/// The lock file stays where it is: removing it would let two programs hold two locks.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Waits until nobody else holds the lock of `locked`, which needn't be there itself: it is `LOCKED.lock`.
    ///
    /// # Errors
    /// Where the lock file can't be made, or somebody else holds the lock for long.
    pub fn acquire(locked: &Path) -> Result<Self, Error> {
        let path = lock_path(locked);
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        let file = options
            .open(&path)
            .map_err(|error| io_error(&path, &error))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Unavailable {
                        location: locked.display().to_string(),
                        reason: format!("another program holds `{}`", path.display()),
                    });
                }
                Err(TryLockError::Error(error)) => return Err(io_error(&path, &error)),
            }
        }
    }
}

fn lock_path(locked: &Path) -> PathBuf {
    let mut name: OsString = locked.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
