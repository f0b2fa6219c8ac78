//! Files that are made and never overwritten, such as secret keys.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Who may read a file besides its owner.
#[derive(Clone, Copy)]
pub(crate) enum Readers {
    Owner,
    All,
}

/// Writes a file that isn't there yet.
pub(crate) fn create(file: &Path, text: &str, readers: Readers) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(match readers {
            Readers::Owner => 0o600,
            Readers::All => 0o644,
        });
    }
    let opened = options.open(file);
    if opened
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::AlreadyExists)
    {
        bail!(
            "`{}` is there already, and is not overwritten",
            file.display()
        );
    }
    let written = opened.and_then(|mut opened| {
        opened.write_all(text.as_bytes())?;
        opened.write_all(b"\n")?;
        opened.sync_all()
    });
    written.with_context(|| format!("could not write `{}`", file.display()))
}

/// `FILE.ending`
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".");
    name.push(ending);
    name.into()
}

/// Makes the folders that a file is to be in.
pub(crate) fn make_folder_of(file: &Path) -> anyhow::Result<()> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    fs::create_dir_all(folder)
        .with_context(|| format!("could not make the folder `{}`", folder.display()))
}
