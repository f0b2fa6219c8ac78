//! A new plugin's folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};

/// Makes the folder with these files: their paths, and what is in them.
pub(super) fn write<'f>(
    dir: &Path,
    files: impl IntoIterator<Item = (String, &'f str)>,
) -> anyhow::Result<()> {
    refuse_to_overwrite(dir)?;
    for (name, text) in files {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        fs::create_dir_all(parent)
            .with_context(|| format!("could not make `{}`", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("could not write `{}`", path.display()))?;
    }
    Ok(())
}

fn refuse_to_overwrite(dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("could not look into `{shown}`")),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => bail!("`{shown}` isn't empty; name a new folder"),
        },
    }
}

/// The whole path of a folder that need not be there yet, without links.
pub(super) fn canonical(dir: &Path) -> anyhow::Result<PathBuf> {
    let tell = || format!("`{}` is no path of a folder", dir.display());
    let whole = std::path::absolute(dir).with_context(tell)?;
    let mut there = whole.as_path();
    let mut missing = Vec::new();
    while !there.exists() {
        let name = there.file_name().with_context(tell)?;
        missing.push(name);
        there = there.parent().with_context(tell)?;
    }
    let there = fs::canonicalize(there).with_context(tell)?;
    Ok(missing
        .iter()
        .rev()
        .fold(there, |path, name| path.join(name)))
}

/// Files of an SDK, below a folder of the plugin's.
pub(super) fn sdk<'f>(
    folder: &'static str,
    files: &'static [plugin_build::sdk::File],
) -> impl Iterator<Item = (String, &'f str)> {
    files
        .iter()
        .map(move |(path, text)| (format!("{folder}/{path}"), *text))
}
