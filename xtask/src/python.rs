//! Python environments: with the Feast that the tests are pinned to, and with what builds plugins in Python.

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

/// What is installed into an environment of its own, below the target folder.
struct Environment {
    name: &'static str,
    requirements: &'static str,
    /// A program of Python that only works where it is installed.
    works: &'static str,
    /// What names one that somebody has already.
    variable: &'static str,
}

const FEAST: Environment = Environment {
    name: "feast",
    requirements: "tests/feast/requirements.txt",
    works: "import feast.version",
    variable: "SALVER_FEAST_PYTHON",
};
const COMPONENTIZE: Environment = Environment {
    name: "componentize-py",
    requirements: "plugin-sdk/python/requirements.txt",
    works: "import componentize_py",
    variable: "SALVER_COMPONENTIZE_PY",
};

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

/// The Python that has Feast.
pub(crate) fn ensure() -> Result<PathBuf> {
    match env::var_os(FEAST.variable) {
        Some(path) => Ok(PathBuf::from(path)),
        None => FEAST.ensure(),
    }
}

/// `componentize-py`, which builds plugins in Python.
pub(crate) fn ensure_componentize() -> Result<PathBuf> {
    match env::var_os(COMPONENTIZE.variable) {
        Some(path) => Ok(PathBuf::from(path)),
        None => Ok(COMPONENTIZE.ensure()?.with_file_name("componentize-py")),
    }
}

impl Environment {
    /// Its Python; the environment is made now if it isn't there.
    fn ensure(&self) -> Result<PathBuf> {
        let name = self.name;
        let target = target_dir()?;
        fs::create_dir_all(&target)?;
        // Two at once would spoil each other's environment.
        let lock = File::create(target.join(format!("{name}.lock")))?;
        lock.lock()
            .with_context(|| format!("can't lock `{name}.lock` in the target folder"))?;
        let requirements = root().join(self.requirements);
        let pins = hash(&fs::read(&requirements)?);
        let environment = target.join(format!("{name}-{pins:016x}"));
        let python = environment.join("bin/python");
        let complete = environment.join("complete");
        if !complete.exists() || !self.works(&python) {
            self.make(&environment, &requirements)?;
            fs::write(complete, "")?;
        }
        Ok(python)
    }

    /// One that was made for a Python that has gone since doesn't.
    fn works(&self, python: &Path) -> bool {
        run_quietly(Command::new(python).args(["-c", self.works])).is_ok()
    }

    fn make(&self, environment: &Path, requirements: &Path) -> Result<()> {
        let python = find_python()?;
        let Self { name, variable, .. } = self;
        println!("    installing {name} into `{}`", environment.display());
        run_quietly(
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(environment),
        )?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "-r"])
            .arg(requirements);
        let failed = || {
            format!(
                "can't install the pinned {name}: it comes from PyPI, which must be reachable (or name one that is \
                 installed in `{variable}`)"
            )
        };
        run_quietly(&mut pip).with_context(failed)
    }
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
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
