//! Ports for the servers that tests start.
//!
//! Whoever binds port 0 and closes it again has a port that anybody may be given the next moment: another test, and each
//! connection that any program makes, as those take their own ports from the same range. A server that is stopped and
//! started again on its port then finds it taken.

use std::{
    collections::hash_map::RandomState,
    fs::{self, File, OpenOptions},
    hash::BuildHasher,
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    path::{Path, PathBuf},
};

/// Below the ports that Linux and macOS give to outgoing connections (from 32768, and from 49152).
const PORTS: Range<u16> = 10_000..32_768;

/// A port of 127.0.0.1 that nobody listens on, and that is given to nobody else before this process ends.
///
/// # Panics
/// When there is none left, or the folder for temporary files can't be written to.
#[must_use]
pub fn free_port() -> u16 {
    let folder = folder();
    fs::create_dir_all(&folder)
        .unwrap_or_else(|error| panic!("can't make `{}`: {error}", folder.display()));
    let first = RandomState::new().hash_one(std::process::id());
    let first = PORTS.start + (first % PORTS.len() as u64) as u16;
    let mut ports = (first..PORTS.end).chain(PORTS.start..first);
    ports.find(|port| take(&folder, *port)).unwrap_or_else(|| {
        panic!(
            "no free port in {PORTS:?}, or no file can be made in `{}`",
            folder.display()
        )
    })
}

/// Where each port that somebody has is a locked file.
fn folder() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    std::env::temp_dir().join(format!("salver-ports-{user}"))
}

/// Takes the port, if it is nobody's, until this process ends.
fn take(folder: &Path, port: u16) -> bool {
    let Some(lock) = lock(folder, port) else {
        return false;
    };
    let is_free = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    if is_free {
        // the system closes it, and ends the lock, with the process
        std::mem::forget(lock);
    }
    is_free
}

fn lock(folder: &Path, port: u16) -> Option<File> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .append(true)
        .open(folder.join(port.to_string()));
    let file = file.ok()?;
    file.try_lock().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_a_port_of_somebody_else() {
        let mut given: Vec<_> = (0..100).map(|_| free_port()).collect();
        assert!(given.iter().all(|port| PORTS.contains(port)));
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), 100);
        // also where nobody listens on it, and another process asks
        assert!(given.iter().all(|port| !take(&folder(), *port)));
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_given() {
        let port = free_port();
        let other = tempfile::tempdir().unwrap();
        assert!(take(other.path(), port));
        let other = tempfile::tempdir().unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!take(other.path(), port));
    }
}
