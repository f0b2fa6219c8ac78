//! The project's own commands: `cargo xtask demo | test | plugins | instructions | bench`.
//!
//! Each is one function of a module of its name. What they have in common is in [`workspace`] (where things
//! are, how cargo is run) and [`packages`] (getting a program that is missing).
#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for a terminal

use std::process::ExitCode;

use bench::generator;

mod arguments;
mod bench;
mod civil;
mod demo;
mod gateway;
mod instructions;
mod javascript;
mod packages;
mod plugins;
mod python;
mod redis;
mod scratch;
mod test;
mod wasm;
mod workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--once] [--port N]
      Build both programs, make an example feature repository, load it, serve it on port 6566 and
      ask it for features. Stays up until Ctrl-C.
      --once    on a free port; check the reply and end
      --port N  on another port

  test [FILTER]
      Run every test, or those whose names hold FILTER. Brings redis-server and a pinned Feast.

  plugins [--write] [FILTER]
      Build the plugins of this repository, or those whose names hold FILTER, into target/plugins.
      --write  replace the committed components of those in Rust, and their digests

  instructions [--write]
      Count the instructions of a request whose rows are cached, and compare them with the committed numbers:
      more than 10 % away is an error. Installs valgrind where it is missing.
      --write  replace the committed numbers

  bench [--quick] [--only W1,W4] [--json FILE]
      Measure serving: the gateway, Feast's server, Redis itself and what HTTP costs, by turns in one run. Takes up
      to half an hour. Installs the load generator oha where it is missing.
      --quick      with fewer and shorter rounds, in up to five minutes
      --only LIST  only these of W1 to W7, W9 to W11, views, freshness, memory and overload (see docs/benchmarks.md)
      --json FILE  write the figures to FILE, too

  bench access [--quick] [--json FILE]
      Measure what it costs a request that its token is checked. Installs the load generator oha where it is
      missing.
      --quick      with shorter rounds
      --json FILE  write the figures to FILE, too

  bench materialize [--quick] [--json FILE]
      Measure materialization against Feast and against what the stores can take.
      --quick      without the runs that only measure memory
      --json FILE  write the figures to FILE, too

  bench plugins [--quick] [--json FILE]
      Measure on-demand feature views: against stored features, against Feast, and what misbehaving
      plugins do to their neighbours. Installs the load generator oha where it is missing.
      --quick      with shorter rounds
      --json FILE  write the figures to FILE, too

  bench projects [--quick] [--json FILE]
      Measure what one project's requests feel of another's trouble in the same gateway: a flood, a plugin
      that loops, a dead Redis, a torn registry. Installs the load generator oha where it is missing.
      --quick      with shorter rounds
      --json FILE  write the figures to FILE, too
";

const USAGE_ERROR: u8 = 64;

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.is_empty() || args.iter().any(|arg| arg == "--help" || arg == "-h") {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let command = args.remove(0);
    let done = match command.as_str() {
        "demo" => demo::Options::parse(args).map(|options| demo::run(&options)),
        "test" => test::Options::parse(args).map(|options| test::run(&options)),
        "plugins" => plugins::Options::parse(args).map(|options| plugins::run(&options)),
        "instructions" => {
            instructions::Options::parse(args).map(|options| instructions::run(&options))
        }
        "bench" => bench::Options::parse(args).map(|options| bench::run(&options)),
        generator::COMMAND => {
            generator::Options::parse(args).map(|options| generator::run(&options))
        }
        other => Err(anyhow::anyhow!("no command `{other}`")),
    };
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
        Err(usage) => {
            eprint!("error: {usage:#}\n\n{USAGE}");
            ExitCode::from(USAGE_ERROR)
        }
    }
}
