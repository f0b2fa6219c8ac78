//! `cargo xtask plugins`: builds the plugins of this repository.
//!
//! A plugin's folder is one below `plugins/`, or one for each language below that; the guests that the tests of `plugin-host`
//! call are built as well. What is built is put into the target folder, each as `NAME.LANGUAGE.wasm`. Those in Rust are
//! committed, too, so that nobody needs a WebAssembly toolchain to try them: compilers differ, so theirs is replaced only
//! with `--write`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    arguments::Arguments,
    wasm,
    workspace::{root, target_dir},
};

use digests::digest;
use found::find;

mod digests;
mod found;

pub(crate) struct Options {
    write: bool,
    filter: Option<String>,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let write = args.flag("--write");
        let filter = args.word();
        args.finish()?;
        Ok(Self { write, filter })
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    wasm::ensure_rust()?;
    let into = target_dir()?.join("plugins");
    let filter = options.filter.as_deref().unwrap_or_default();
    let plugins = find()?;
    for plugin in plugins.iter().filter(|it| it.name.contains(filter)) {
        let built = plugin.build(&into)?;
        if let Some(committed) = plugin.committed() {
            compare(&built, &committed, options.write)?;
        }
    }
    match options.write {
        true => digests::write(&plugins),
        false => digests::check(&plugins),
    }
}

/// Builds all of them into a folder.
pub(crate) fn build_all(into: &Path) -> Result<()> {
    find()?
        .iter()
        .try_for_each(|plugin| plugin.build(into).map(drop))
}

/// Where [`build_all`] puts the guests of tests, each as `NAME.wasm`.
pub(crate) fn fixtures(built: &Path) -> PathBuf {
    built.join(found::BUILT_FIXTURES)
}

/// Builds one of them into a folder.
pub(crate) fn build_one(name: &str, language: &str, into: &Path) -> Result<PathBuf> {
    let plugins = find()?;
    let found = plugins
        .iter()
        .find(|it| it.name == name && it.language == language);
    let plugin = found.with_context(|| format!("there is no plugin `{name}` in {language}"))?;
    plugin.build(into)
}

fn compare(built: &Path, committed: &Path, write: bool) -> Result<()> {
    let same = committed.is_file() && digest(built)? == digest(committed)?;
    if same {
        return Ok(());
    }
    let shown = committed.strip_prefix(root()).unwrap_or(committed);
    if write {
        fs::copy(built, committed)?;
        println!("    wrote {}", shown.display());
    } else if committed.is_file() {
        println!(
            "    {} is of other bytes: another compiler, or `--write` it",
            shown.display()
        );
    } else {
        bail!("`{}` is missing: `--write` it", shown.display());
    }
    Ok(())
}
