//! Running the programs of toolchains.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::BuildError;

/// Runs a command to its end and gives what it wrote to its standard output. What it says on its standard error is
/// shown, or with `quiet` kept for the error.
pub(crate) fn run(command: &mut Command, quiet: bool) -> Result<Vec<u8>, BuildError> {
    let errors = if quiet {
        Stdio::piped()
    } else {
        Stdio::inherit()
    };
    let shown = show(command);
    let out = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .output()
        .map_err(|source| BuildError::Run {
            command: shown.clone(),
            source,
        })?;
    if out.status.success() {
        return Ok(out.stdout);
    }
    Err(BuildError::Failed {
        command: shown,
        status: out.status,
        output: String::from_utf8_lossy(&out.stderr).trim_end().to_owned(),
    })
}

/// The first line that a command prints; none where it can't be run or fails.
pub(crate) fn first_line(command: &mut Command) -> Option<String> {
    let out = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(out.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (out.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// A command as one would type it.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
