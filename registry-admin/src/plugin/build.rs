//! `plugin build`: a folder of source to a component.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Args;
use plugin_host::Host;

use crate::printer::Printer;

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// The plugin's folder.
    dir: PathBuf,
    /// The component to make; DIR/NAME.wasm where it isn't given, with the folder's name.
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &BuildArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let out = match &args.out {
        Some(out) => out.clone(),
        None => beside(&args.dir)?,
    };
    let bytes = plugin_build::build(&args.dir, &plugin_build::Options::default())?;
    let inspection = Host::inspect(&bytes)?;
    fs::write(&out, &bytes).with_context(|| format!("could not write `{}`", out.display()))?;
    let (shown, kilobytes) = (out.display(), bytes.len().div_ceil(1000));
    printer.line(format!(
        "built `{shown}`: {kilobytes} kB, {}",
        inspection.digest
    ))
}

/// `DIR/NAME.wasm`.
fn beside(dir: &Path) -> anyhow::Result<PathBuf> {
    let whole = fs::canonicalize(dir)
        .with_context(|| format!("could not look into `{}`", dir.display()))?;
    let Some(name) = whole.file_name() else {
        bail!(
            "`{}` has no name; name the component with `--out`",
            dir.display()
        );
    };
    let mut file = name.to_owned();
    file.push(".wasm");
    Ok(dir.join(file))
}
