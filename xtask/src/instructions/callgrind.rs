//! Counting instructions with valgrind's callgrind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{packages::Packages, workspace::run_quietly};

const VALGRIND: Packages = Packages {
    what: "valgrind",
    apt: &["valgrind"],
    dnf: &["valgrind"],
    apk: &["valgrind"],
    brew: &["valgrind"],
};

/// The function of the example that is counted, with what it calls.
const COUNTED: &str = "cached_request::answer";

pub(super) struct Callgrind {
    valgrind: PathBuf,
}

impl Callgrind {
    /// The valgrind in PATH, or one installed now.
    pub(super) fn ensure() -> Result<Self> {
        let valgrind = VALGRIND.ensure_program()?;
        Ok(Self { valgrind })
    }

    /// The instructions that `program` takes for what is counted.
    pub(super) fn count<'a>(
        &self,
        program: &Path,
        arguments: impl Iterator<Item = &'a str>,
        scratch: &Path,
    ) -> Result<u64> {
        let out = scratch.join("callgrind.out");
        let mut command = Command::new(&self.valgrind);
        command
            .arg("--tool=callgrind")
            .arg(format!("--toggle-collect={COUNTED}"))
            .arg(format!("--callgrind-out-file={}", out.display()))
            .arg(program)
            .args(arguments);
        run_quietly(&mut command)?;
        let told = fs::read_to_string(&out).context("callgrind has told nothing")?;
        let total = total(&told).context("callgrind told no total")?;
        ensure!(total > 0, "`{COUNTED}` was never called");
        Ok(total)
    }
}

/// The line `totals: 123` at the end of callgrind's file.
fn total(told: &str) -> Option<u64> {
    let number = told
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals:"));
    number?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn the_total_is_what_the_end_of_the_file_says() {
        let told = "version: 1\nevents: Ir\nsummary: 7\n\nfn=(1) main\n16 400\n\ntotals: 68200\n";
        assert_eq!(total(told), Some(68_200));
        assert_eq!(total("version: 1\nevents: Ir\n"), None);
    }
}
