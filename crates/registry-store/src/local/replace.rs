use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{FileLock, io_error, read};
use crate::{Error, Version, store::Replaced};

pub(super) fn replace(path: &Path, expected: &Version, bytes: &[u8]) -> Result<Replaced, Error> {
    let path = resolved(path);
    let folder = folder(&path);
    fs::create_dir_all(&folder).map_err(|error| io_error(&folder, &error))?;
    let _lock = FileLock::acquire(&path)?;
    let current = read::read(&path)?;
    if current
        .as_ref()
        .map(|loaded| &loaded.version)
        .unwrap_or(&Version::empty())
        != expected
    {
        return Ok(Replaced::NotBut(current));
    }
    let temporary =
        Temporary::write(&path, &folder, bytes).map_err(|error| io_error(&path, &error))?;
    // Feast takes no lock: look once more, now that only the rename is left.
    let current = read::attempt(&path)?;
    if current
        .as_ref()
        .map(|loaded| &loaded.version)
        .unwrap_or(&Version::empty())
        != expected
    {
        return Ok(Replaced::NotBut(read::read(&path)?));
    }
    temporary
        .rename(&path, &folder)
        .map_err(|error| io_error(&path, &error))?;
    Ok(Replaced::By(Version::of(bytes)))
}

/// Where a symbolic link leads: the link itself is to stay.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A written file that is removed again unless it is renamed.
pub(crate) struct Temporary {
    path: PathBuf,
    is_renamed: bool,
}

impl Temporary {
    pub(crate) fn write(target: &Path, folder: &Path, bytes: &[u8]) -> io::Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let path = folder.join(format!(".{name}.{}", uuid::Uuid::new_v4()));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        let temporary = Self {
            path,
            is_renamed: false,
        };
        // Who may read the registry now may read it afterwards.
        if let Ok(metadata) = fs::metadata(target) {
            file.set_permissions(metadata.permissions())?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(temporary)
    }

    pub(crate) fn rename(mut self, target: &Path, folder: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)?;
        self.is_renamed = true;
        File::open(folder)?.sync_all()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_renamed {
            // Nothing can be done about a file that can't be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}
