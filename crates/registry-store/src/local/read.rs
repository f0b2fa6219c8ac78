use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Read as _},
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use feature_codec::registry::decode_snapshot;

use super::io_error;
use crate::{
    Error, Version,
    store::{Loaded, Read},
    version::FileStamp,
};

/// A file that was written this recently may be in the middle of being rewritten.
const FRESH: Duration = Duration::from_millis(500);
/// How long a file may look half-written before it is taken for what it is.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// Reads the file; a fresh one until it is whole: not empty, a registry, and the same twice.
pub(super) fn read(path: &Path) -> Result<Option<Loaded>, Error> {
    let deadline = Instant::now() + PATIENCE;
    let mut before = attempt(path)?;
    loop {
        let Some(one) = &before else { return Ok(None) };
        if !is_fresh(one) || Instant::now() > deadline {
            return Ok(before);
        }
        thread::sleep(PAUSE);
        let after = attempt(path)?;
        let Some(two) = &after else { return Ok(None) };
        let is_whole = || !two.bytes.is_empty() && decode_snapshot(&two.bytes).is_ok();
        if one.version == two.version && one.version.seen == two.version.seen && is_whole() {
            return Ok(after);
        }
        before = after;
    }
}

fn is_fresh(loaded: &Loaded) -> bool {
    let modified = loaded.version.seen.map(|stamp| stamp.modified);
    modified.is_none_or(|modified| {
        // A time to come, by a clock that was set back, can't be told from a fresh one.
        modified.elapsed().map_or(true, |age| age < FRESH)
    })
}

pub(super) fn attempt(path: &Path) -> Result<Option<Loaded>, Error> {
    // opening a pipe waits for somebody who writes into it
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let reason = "this is a pipe, a socket or a device; it should be a regular file";
        return Err(io_error(path, &io::Error::other(reason)));
    }
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, &error)),
    };
    let mut bytes = Vec::new();
    let metadata = file
        .metadata()
        .and_then(|metadata| file.read_to_end(&mut bytes).map(|_| metadata))
        .map_err(|error| io_error(path, &error))?;
    let mut version = if bytes.is_empty() {
        Version::empty()
    } else {
        Version::of(&bytes)
    };
    version.seen = Some(stamp(&metadata));
    let bytes = Bytes::from(bytes);
    Ok(Some(Loaded { bytes, version }))
}

/// A file that looks as it did and that was not fresh then is not read again.
pub(super) fn read_if_changed(path: &Path, known: &Version) -> Result<Read, Error> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(if known.is_empty() && known.seen.is_none() {
                Read::Unchanged
            } else {
                Read::Now(None)
            });
        }
        Err(error) => return Err(io_error(path, &error)),
    };
    let now = stamp(&metadata);
    if known.seen == Some(now) && settled(now) {
        return Ok(Read::Unchanged);
    }
    let loaded = read(path)?;
    let same = loaded
        .as_ref()
        .is_some_and(|loaded| loaded.version == *known);
    Ok(if same {
        Read::Unchanged
    } else {
        Read::Now(loaded)
    })
}

/// Whether a later write would surely give the file another time: file systems count time in steps, the
/// coarsest of which are two seconds.
fn settled(stamp: FileStamp) -> bool {
    SystemTime::now()
        .duration_since(stamp.modified)
        .is_ok_and(|age| age > Duration::from_secs(3))
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

fn stamp(metadata: &Metadata) -> FileStamp {
    FileStamp {
        modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        size: metadata.len(),
        inode: inode(metadata),
    }
}
