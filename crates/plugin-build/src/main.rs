//! `plugin-build`: what `cargo xtask` runs, so that it needn't be compiled with all of this itself.
#![allow(clippy::print_stderr)] // a program for a terminal

use std::{env, fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use plugin_build::{Language, Options};

const USAGE: &str = "\
usage: plugin-build build FOLDER FILE [WORK-DIR]   build the plugin in FOLDER into the component FILE
       plugin-build check LANGUAGE                 see whether plugins in LANGUAGE can be built here";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        ["build", folder, file, work_dir @ ..] if work_dir.len() < 2 => {
            let options = Options {
                work_dir: work_dir.first().map(PathBuf::from),
                quiet: true,
            };
            let component = plugin_build::build(folder.as_ref(), &options)?;
            fs::write(file, component).with_context(|| format!("can't write `{file}`"))
        }
        ["check", language] => {
            let language: Language = language.parse()?;
            Ok(plugin_build::check_toolchain(language)?)
        }
        _ => bail!("{USAGE}"),
    }
}
