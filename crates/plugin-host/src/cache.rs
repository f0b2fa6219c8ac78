//! Components that this machine has compiled, kept for the next start.
//!
//! The folder has mode 0700 and belongs to the user of this process, or it isn't used. Beside the compiled components
//! it has a random key, mode 0600; each file begins with an HMAC-SHA256 under it, over what the code was made from
//! and the code. A file that doesn't verify is ignored, and replaced once its component is compiled again. One that nobody has
//! used for a month is removed at a start.

mod sweep;

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};

use crate::{HostError, artefact::Origin, native::Verified};

const KEY_FILE: &str = "key";
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 32;
const COMPILED: &str = ".compiled";
const UNFINISHED: &str = ".new";

pub(crate) struct Cache {
    folder: PathBuf,
    key: hmac::Key,
}

/// A file's bytes, not yet looked at.
pub(crate) struct Cached(Vec<u8>);

impl Cache {
    pub(crate) fn open(folder: &Path) -> Result<Self, HostError> {
        let error = |detail: String| HostError::Cache {
            path: folder.to_owned(),
            detail,
        };
        create_private_folder(folder).map_err(|io| error(io.to_string()))?;
        check_private(folder, "folder", 0o077).map_err(error)?;
        let key_file = folder.join(KEY_FILE);
        let key = read_or_make_key(&key_file).map_err(|io| error(io.to_string()))?;
        check_private(&key_file, "key in it", 0o077).map_err(error)?;
        if let Err(error) = sweep::sweep(folder, &[COMPILED, UNFINISHED], SystemTime::now()) {
            tracing::warn!(%error, "old compiled plugins can't be removed");
        }
        Ok(Self {
            folder: folder.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        })
    }

    /// What the cache has under the name of an origin.
    pub(crate) fn read(&self, origin: &Origin) -> Option<Cached> {
        fs::read(self.path(origin)).ok().map(Cached)
    }

    /// The code in it, if this cache has written it for this origin.
    pub(crate) fn verify<'c>(&self, origin: &Origin, cached: &'c Cached) -> Option<Verified<'c>> {
        let (tag, code) = cached.0.split_at_checked(TAG_BYTES)?;
        let message = [&origin.to_bytes(), code].concat();
        hmac::verify(&self.key, &message, tag).ok()?;
        if let Err(error) = sweep::touch(&self.path(origin)) {
            tracing::debug!(%error, "the use of a compiled plugin can't be noted");
        }
        Some(Verified::new(code))
    }

    /// Keeps code for the next start. The cache stands or falls for speed only, so that the caller may log an error
    /// and go on.
    pub(crate) fn write(&self, origin: &Origin, code: &[u8]) -> io::Result<()> {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&origin.to_bytes());
        context.update(code);
        let tag = context.sign();
        write_atomically(&self.path(origin), &[tag.as_ref(), code])
    }

    pub(crate) fn path(&self, origin: &Origin) -> PathBuf {
        self.folder.join(format!(
            "{}-{}-{}-{}{COMPILED}",
            origin.component.hex(),
            origin.wasmtime_version,
            origin.settings.short(),
            origin.target,
        ))
    }
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Whether it is this user's, and nobody else has any of these rights.
#[cfg(unix)]
fn check_private(path: &Path, what: &str, others: u32) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if rustix::process::geteuid().as_raw() != metadata.uid() {
        return Err(format!("the {what} belongs to another user"));
    }
    let mode = metadata.mode() & 0o777;
    if mode & others != 0 {
        return Err(format!(
            "the {what} has mode {mode:o}, so that others could change it; take it from them with `chmod go= {}`",
            path.display()
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_private(_: &Path, _: &str, _: u32) -> Result<(), String> {
    Ok(())
}

/// Two processes that start at once may both make one: the first that links its file into place wins.
fn read_or_make_key(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Ok(key) if key.len() == KEY_BYTES => return Ok(key),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut key = vec![0; KEY_BYTES];
    random(&mut key)?;
    let temporary = temporary_path(path)?;
    write_private(&temporary, &[&key])?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read(path),
    }
}

fn write_atomically(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = temporary_path(path)?;
    let written = write_private(&temporary, parts).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_private(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

/// Beside the file, under a name that nobody else takes: process ids repeat in containers.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    let mut name = [0; 8];
    random(&mut name)?;
    let name = u64::from_le_bytes(name);
    Ok(path.with_extension(format!("{name:016x}{UNFINISHED}")))
}

fn random(bytes: &mut [u8]) -> io::Result<()> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| io::Error::other("the system gives no randomness"))
}

#[cfg(test)]
mod tests {
    use feature_model::PluginDigest;

    use super::*;
    use crate::engine::SettingsHash;

    fn origin(byte: u8) -> Origin {
        Origin::of(
            PluginDigest::new([byte; 32]),
            SettingsHash::from_bytes([2; 32]),
            "host",
        )
    }

    fn has(cache: &Cache, origin: &Origin) -> bool {
        let cached = cache.read(origin);
        cached.is_some_and(|cached| cache.verify(origin, &cached).is_some())
    }

    #[test]
    fn what_was_written_is_there_after_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plugins/compiled");
        Cache::open(&path)
            .unwrap()
            .write(&origin(1), b"code")
            .unwrap();
        let cache = Cache::open(&path).unwrap();
        assert!(has(&cache, &origin(1)));
        assert!(!has(&cache, &origin(2)));
    }

    #[test]
    fn a_file_that_was_changed_swapped_or_cut_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        cache.write(&origin(1), b"code").unwrap();
        let path = cache.path(&origin(1));
        let whole = fs::read(&path).unwrap();
        fs::write(cache.path(&origin(2)), &whole).unwrap();
        assert!(!has(&cache, &origin(2)));
        for index in 0..whole.len() {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            fs::write(&path, changed).unwrap();
            assert!(!has(&cache, &origin(1)));
            fs::write(&path, &whole[..index]).unwrap();
            assert!(!has(&cache, &origin(1)));
        }
        cache.write(&origin(1), b"code").unwrap();
        assert!(has(&cache, &origin(1)));
    }

    #[test]
    fn a_file_of_another_cache_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let mine = Cache::open(&folder.path().join("mine")).unwrap();
        let other = Cache::open(&folder.path().join("other")).unwrap();
        other.write(&origin(1), b"code").unwrap();
        fs::copy(other.path(&origin(1)), mine.path(&origin(1))).unwrap();
        assert!(!has(&mine, &origin(1)));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o770)).unwrap();
        let error = Cache::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("chmod go="), "{error}");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let cache = Cache::open(folder.path()).unwrap();
        cache.write(&origin(1), b"code").unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let mode = file.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
