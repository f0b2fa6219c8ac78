//! `gateway`: see the library's documentation.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use gateway::cli::{Cli, Command, EXIT_USAGE};
use mimalloc::MiMalloc;

/// A request makes and drops hundreds of small things: glibc's malloc and free took 30 % of one of 100 entities.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return told(&error),
    };
    let runtime = match gateway::runtime::start() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("starting threads failed")),
    };
    let ended = runtime.block_on(async {
        match &cli.command {
            Command::Serve(at) => gateway::serve::run(&cli, at).await,
            Command::Doctor(at) => gateway::doctor::run(&cli, at).await,
        }
    });
    // what is still running was given up already
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| failed(&error))
}

/// `--help` and `--version` are answers, everything else is a mistake in the command line.
fn told(error: &clap::Error) -> ExitCode {
    // where nobody listens there is nobody to tell
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(EXIT_USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
    ExitCode::FAILURE
}
