//! `cargo xtask instructions`: how many instructions a request takes whose rows are all in the cache, against the
//! numbers that are committed. Times differ from run to run and from machine to machine; these hardly do.

mod callgrind;
mod committed;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};

use crate::{
    arguments::Arguments,
    scratch::Scratch,
    workspace::{cargo, root, run_command, step, target_dir},
};
use callgrind::Callgrind;
use committed::{Comparison, Count};

/// The numbers, from the workspace's folder.
const COMMITTED: &str = "gateway/examples/cached_request/instructions.txt";

/// Requests of one sort.
struct Sort {
    name: &'static str,
    entities: u64,
    requests: u64,
    format: &'static str,
}

/// So many requests that what only some of them have to do counts as it should: room is made, the cache keeps house.
const SORTS: [Sort; 3] = [
    Sort {
        name: "json_1x50",
        entities: 1,
        requests: 1_000,
        format: "json",
    },
    Sort {
        name: "json_100x50",
        entities: 100,
        requests: 20,
        format: "json",
    },
    Sort {
        name: "arrow_100x50",
        entities: 100,
        requests: 20,
        format: "arrow",
    },
];

pub(crate) struct Options {
    write: bool,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let write = args.flag("--write");
        args.finish()?;
        Ok(Self { write })
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let callgrind = Callgrind::ensure()?;
    let program = step("Building the example", build)?;
    let counts = step("Counting", || {
        let scratch = Scratch::new("salver-instructions")?;
        let count = |sort: &Sort| -> Result<Count> {
            let arguments = [sort.entities.to_string(), sort.requests.to_string()];
            let arguments = arguments.iter().map(String::as_str).chain([sort.format]);
            let total = callgrind.count(&program, arguments, scratch.path())?;
            Ok((sort.name.to_owned(), total / sort.requests))
        };
        SORTS.iter().map(count).collect::<Result<Vec<_>>>()
    })?;
    let file = root().join(COMMITTED);
    if options.write {
        fs::write(&file, committed::text(&counts))
            .with_context(|| format!("can't write `{COMMITTED}`"))?;
        println!("\n{}\nwritten to `{COMMITTED}`", committed::text(&counts));
        return Ok(());
    }
    let text = fs::read_to_string(&file).with_context(|| format!("can't read `{COMMITTED}`"))?;
    let known = committed::parse(&text).with_context(|| format!("`{COMMITTED}`"))?;
    told(&committed::compare(&counts, &known))
}

fn build() -> Result<PathBuf> {
    let example = ["-p", "gateway", "--example", "cached_request"];
    run_command(
        cargo()
            .args(["build", "--profile", "instructions"])
            .args(example),
    )?;
    Ok(target_dir()?.join("instructions/examples/cached_request"))
}

/// Prints what came out, which is an error where a number is to be looked at.
fn told(comparison: &Comparison) -> Result<()> {
    println!("\n{}", comparison.table());
    let problems = comparison.problems();
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(())
}
