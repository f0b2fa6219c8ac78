//! A new plugin's folder.

use std::{fs, path::Path};

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

/// Files of an SDK, below a folder of the plugin's.
pub(super) fn sdk<'f>(
    folder: &'static str,
    files: &'static [plugin_build::sdk::File],
) -> impl Iterator<Item = (String, &'f str)> {
    files
        .iter()
        .map(move |(path, text)| (format!("{folder}/{path}"), *text))
}
