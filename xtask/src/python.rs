//! A Python environment with the Feast that the tests are pinned to.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    packages::{Packages, install},
    workspace::{root, run_quietly, target_dir},
};

/// Newest last: what the pins were tried with comes first.
const CANDIDATES: [&str; 5] = [
    "python3.11",
    "python3.12",
    "python3.10",
    "python3.13",
    "python3",
];
const REQUIREMENTS: &str = "tests/feast/requirements.txt";

/// Says whether the version fits and everything for an environment is there.
const PROBE: &str =
    "import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))";

const PYTHON: Packages = Packages {
    what: "Python 3.10 to 3.13 with venv",
    apt: &["python3", "python3-venv"],
    dnf: &["python3", "python3-pip"],
    apk: &["python3", "py3-pip"],
    brew: &["python@3.12"],
};

/// The Python of the environment: `SALVER_FEAST_PYTHON`, or the one below the target folder, made now if it
/// isn't there.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(path) = env::var_os("SALVER_FEAST_PYTHON") {
        return Ok(PathBuf::from(path));
    }
    let target = target_dir()?;
    fs::create_dir_all(&target)?;
    // Two at once would spoil each other's environment.
    let lock = File::create(target.join("feast.lock"))?;
    lock.lock()
        .context("can't lock `feast.lock` in the target folder")?;
    let requirements = root().join(REQUIREMENTS);
    let environment = target.join(format!("feast-{:016x}", hash(&fs::read(&requirements)?)));
    let python = environment.join("bin/python");
    let complete = environment.join("complete");
    if !complete.exists() || !works(&python) {
        make(&environment, &requirements)?;
        fs::write(complete, "")?;
    }
    Ok(python)
}

/// One that was made for a Python that has gone since doesn't.
fn works(python: &Path) -> bool {
    run_quietly(Command::new(python).args(["-c", "import feast.version"])).is_ok()
}

fn make(environment: &Path, requirements: &Path) -> Result<()> {
    let python = find_python()?;
    println!("    installing Feast into `{}`", environment.display());
    run_quietly(
        Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(environment),
    )?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "-r"])
        .arg(requirements);
    let typed = "can't install the pinned Feast: it comes from PyPI, which must be reachable (or name one that has it \
                 in `SALVER_FEAST_PYTHON`)";
    run_quietly(&mut pip).context(typed)
}

fn find_python() -> Result<&'static str> {
    if let Some(python) = fitting_python() {
        return Ok(python);
    }
    install(&PYTHON)?;
    let Some(python) = fitting_python() else {
        bail!("no Python 3.10 to 3.13 with venv and ensurepip in PATH: install one and try again");
    };
    Ok(python)
}

fn fitting_python() -> Option<&'static str> {
    let fits = |python: &&str| run_quietly(Command::new(python).args(["-c", PROBE])).is_ok();
    CANDIDATES.into_iter().find(fits)
}

/// FNV-1a: the same in every release of Rust.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
