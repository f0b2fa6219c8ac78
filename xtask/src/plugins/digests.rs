//! `plugins/digests.txt`: what the committed components are, in the format of `sha256sum`.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use super::found::Plugin;
use crate::workspace::root;

const DIGESTS: &str = "plugins/digests.txt";

/// The SHA-256 of a file, in hexadecimal digits.
pub(super) fn digest(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("`{}`", file.display()))?;
    let digest = Sha256::digest(bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes the digests of the committed components.
pub(super) fn write(plugins: &[Plugin]) -> Result<()> {
    fs::write(root().join(DIGESTS), list(plugins)?)?;
    Ok(())
}

/// Sees that the committed components are those of the list.
pub(super) fn check(plugins: &[Plugin]) -> Result<()> {
    let written = fs::read_to_string(root().join(DIGESTS)).context(DIGESTS)?;
    if written != list(plugins)? {
        bail!("{DIGESTS} doesn't tell the committed components: `cargo xtask plugins --write`");
    }
    Ok(())
}

fn list(plugins: &[Plugin]) -> Result<String> {
    let mut list = String::new();
    let plugins = plugins.iter().filter(|plugin| !plugin.is_fixture);
    for committed in plugins.filter_map(Plugin::committed) {
        let path = committed.strip_prefix(root()).unwrap_or(&committed);
        let line = format!("{}  {}\n", digest(&committed)?, path.display());
        list.push_str(&line);
    }
    Ok(list)
}
