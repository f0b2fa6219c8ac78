//! `plugin`: what an author of plugins does with one; `from-feast` alone needs a feature repository.
//!
//! One file for each command, which holds its arguments too.

mod bench;
mod build;
mod component;
mod feastignore;
mod folder;
mod from_feast;
mod inspect;
mod keygen;
mod new;
mod test;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::{exit::Exit, printer::Printer};

#[derive(Debug, Args)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// Make a new plugin's folder, which builds at once.
    New(new::NewArgs),
    /// Build a plugin's folder into a component.
    Build(build::BuildArgs),
    /// Make a plugin in Python of an on-demand feature view that Feast manages.
    FromFeast(from_feast::FromFeastArgs),
    /// Show what a component is, its transforms and their columns.
    Inspect(inspect::InspectArgs),
    /// Run the cases of a file through a component, and show what differs.
    Test(test::TestArgs),
    /// Measure what calls of a component cost.
    Bench(bench::BenchArgs),
    /// Make the keys that sign and verify precompiled plugins.
    Keygen(keygen::KeygenArgs),
}

/// Runs one command to its end. The repository is opened by those commands alone that need it.
///
/// # Errors
/// Where the command fails.
pub(crate) fn run(repo: &Path, args: PluginArgs, printer: &mut Printer) -> anyhow::Result<Exit> {
    match args.command {
        PluginCommand::New(args) => new::run(&args, printer)?,
        PluginCommand::Build(args) => build::run(&args, printer)?,
        PluginCommand::FromFeast(args) => from_feast::run(repo, &args, printer)?,
        PluginCommand::Inspect(args) => inspect::run(&args, printer)?,
        PluginCommand::Test(args) => test::run(&args, printer)?,
        PluginCommand::Bench(args) => bench::run(&args, printer)?,
        PluginCommand::Keygen(args) => keygen::run(&args, printer)?,
    }
    Ok(Exit::Done)
}
