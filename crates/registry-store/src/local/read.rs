use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Read as _},
    path::Path,
    thread,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use feature_codec::registry::read_stamp;

use super::io_error;
use crate::{Error, Version, store::Loaded, version::FileStamp};

/// A file that was written this recently may be in the middle of being rewritten.
const FRESH: Duration = Duration::from_millis(500);
/// How long a file may look half-written before it is taken for what it is.
const PATIENCE: Duration = Duration::from_secs(2);
pub(super) const PAUSE: Duration = Duration::from_millis(20);
/// File systems count time in steps, the coarsest of which are two seconds.
const COARSE_STEP: Duration = Duration::from_secs(3);
/// One that tells parts of a millisecond goes by the system's clock, whose steps are 10 milliseconds at most.
const FINE_STEP: Duration = Duration::from_millis(100);

/// Reads the file; a fresh one until it is whole.
pub(super) fn read(path: &Path) -> Result<Option<Loaded>, Error> {
    let mut reading = Reading::new(None);
    loop {
        match reading.attempt(path)? {
            Attempt::Done(loaded) => return Ok(loaded),
            Attempt::Again(next) => reading = next,
        }
        thread::sleep(PAUSE);
    }
}

/// A file that is read until it is whole: where it is fresh, not empty, a registry, and the same twice.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// What needs no second look.
    known: Option<Version>,
    before: Option<Version>,
    deadline: Instant,
}

#[derive(Debug)]
pub(super) enum Attempt {
    /// Absent where there is no file.
    Done(Option<Loaded>),
    /// Try this after a [`PAUSE`].
    Again(Reading),
}

impl Reading {
    pub(super) fn new(known: Option<Version>) -> Self {
        Self {
            known,
            before: None,
            deadline: Instant::now() + PATIENCE,
        }
    }

    pub(super) fn attempt(mut self, path: &Path) -> Result<Attempt, Error> {
        let Some(loaded) = attempt(path)? else {
            return Ok(Attempt::Done(None));
        };
        let is_known = self.known.as_ref() == Some(&loaded.version);
        let is_late = Instant::now() > self.deadline;
        if is_known || is_late || !is_fresh(&loaded) || self.is_whole(&loaded) {
            return Ok(Attempt::Done(Some(loaded)));
        }
        self.before = Some(loaded.version);
        Ok(Attempt::Again(self))
    }

    /// The stamp is read by passing over everything else, and so tells a document that was cut off.
    fn is_whole(&self, loaded: &Loaded) -> bool {
        let before = self.before.as_ref();
        let is_same = before.is_some_and(|before| {
            *before == loaded.version && stamp_of(before) == stamp_of(&loaded.version)
        });
        is_same && !loaded.bytes.is_empty() && read_stamp(&loaded.bytes).is_some()
    }
}

fn is_fresh(loaded: &Loaded) -> bool {
    let seen = loaded.version.seen;
    seen.is_none_or(|(stamp, began)| !is_older(stamp, began, FRESH))
}

/// A time to come, by a clock that was set back, can't be told from a fresh one.
fn is_older(stamp: FileStamp, began: SystemTime, age: Duration) -> bool {
    let elapsed = began.duration_since(stamp.modified);
    elapsed.is_ok_and(|elapsed| elapsed > age)
}

fn stamp_of(version: &Version) -> Option<FileStamp> {
    version.seen.map(|(stamp, _)| stamp)
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
    let began = SystemTime::now();
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
    version.seen = Some((stamp(&metadata), began));
    let bytes = Bytes::from(bytes);
    Ok(Some(Loaded { bytes, version }))
}

/// Without reading it: whether the file looks as it did when this version was read, which
/// [says enough](tells_by_its_look) of this one. One that is absent is as it was where it was absent.
pub(super) fn looks_like(path: &Path, version: &Version) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(stamp_of(version) == Some(stamp(&metadata))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(version.is_empty() && version.seen.is_none())
        }
        Err(error) => Err(io_error(path, &error)),
    }
}

/// Whether any write after this version was read would surely give the file another time.
pub(super) fn tells_by_its_look(version: &Version) -> bool {
    let Some((stamp, began)) = version.seen else {
        return true;
    };
    let time = stamp.modified.duration_since(SystemTime::UNIX_EPOCH);
    let is_fine = time.is_ok_and(|time| time.subsec_nanos() % 1_000_000 != 0);
    is_older(stamp, began, if is_fine { FINE_STEP } else { COARSE_STEP })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_tells_enough_once_a_write_would_have_another_time() {
        let tells = |modified: Duration, age: Duration| {
            let modified = SystemTime::UNIX_EPOCH + modified;
            let stamp = FileStamp {
                modified,
                size: 1,
                inode: 1,
            };
            let mut version = Version::of(b"something");
            version.seen = Some((stamp, modified + age));
            tells_by_its_look(&version)
        };
        let (coarse, fine) = (Duration::from_secs(9), Duration::from_micros(9_000_001));
        let [soon, later, long] = [10, 200, 3_001].map(Duration::from_millis);
        assert!(!tells(coarse, soon) && !tells(coarse, later) && tells(coarse, long));
        assert!(!tells(fine, soon) && tells(fine, later));
    }
}
