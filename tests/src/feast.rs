//! The pinned Feast: its command line, and small programs that use its SDK (`tests/feast/*.py`).

use std::{ffi::OsStr, path::Path};

use serde_json::Value;

use crate::{
    invocation::Invocation,
    programs::{feast_python, package_dir},
};

/// Feast's command line in the folder `directory`: `feast(&path, ["apply"])`.
#[must_use]
pub fn cli(directory: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Invocation {
    // `bin/feast` of an environment that was moved names a Python that isn't there.
    python(directory)
        .args(["-c", "from feast.cli.cli import cli; cli()"])
        .args(args)
}

/// Runs `tests/feast/<program>` in the folder `directory` with `input` as JSON on its standard input,
/// and returns the JSON on the last line of its standard output.
///
/// # Panics
/// When the program fails or prints no JSON.
#[must_use]
pub fn run(directory: &Path, program: &str, input: &Value) -> Value {
    let outcome = invoke(directory, program, input).run().succeeds();
    let last = outcome.stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("no JSON ({error}): {outcome}"))
}

/// [`run`], not yet started: to set its environment, or to look at how it fails.
#[must_use]
pub fn invoke(directory: &Path, program: &str, input: &Value) -> Invocation {
    python(directory)
        .arg(package_dir().join("feast").join(program))
        .answering(&input.to_string())
}

fn python(directory: &Path) -> Invocation {
    Invocation::new(&feast_python(), directory)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("FEAST_USAGE", "False")
        .env("NO_COLOR", "1")
}
