//! `cargo xtask test`: every test there is, with all it needs.

use std::{ffi::OsString, path::PathBuf, process::Command};

use anyhow::Result;

use crate::{
    arguments::Arguments,
    javascript, plugins, python, redis, wasm,
    workspace::{cargo, find_program, run_command, step, target_dir},
};

pub(crate) struct Options {
    filter: Option<String>,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let filter = args.word();
        args.finish()?;
        Ok(Self { filter })
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let needs = step("Getting what the tests need", Needs::ensure)?;
    step("Building the plugins", || {
        plugins::build_all(&needs.plugins_dir)
    })?;
    // All targets at once: tests turn on features of dependencies (tokio's clock), and a build of the
    // programs alone would compile datafusion a second time without them.
    step("Building programs and tests", || {
        run_cargo(&["build", "--workspace", "--all-targets"], None, &needs)
    })?;
    let filter = options.filter.as_deref();
    // nextest runs each test in a process of its own, but no doc tests.
    let nextest = find_program("cargo-nextest").is_some();
    let runner: &[&str] = match nextest {
        true => &["nextest", "run", "--workspace"],
        false => &["test", "--workspace", "--lib", "--bins", "--tests"],
    };
    step("Running the tests", || run_cargo(runner, filter, &needs))?;
    if filter.is_none() {
        step(
            "Running the plugin host's tests with guests built anew",
            || run_with_rebuilt_guests(nextest, &needs),
        )?;
    }
    step("Running the examples in the documentation", || {
        run_cargo(&["test", "--workspace", "--doc"], filter, &needs)
    })
}

/// Programs that the tests run and this repository doesn't build.
struct Needs {
    redis_server: PathBuf,
    feast_python: PathBuf,
    bin_dir: PathBuf,
    componentize_py: PathBuf,
    node_modules: PathBuf,
    oidc_modules: PathBuf,
    /// Plugins built anew, as `NAME.LANGUAGE.wasm`.
    plugins_dir: PathBuf,
}

impl Needs {
    /// Everything, or an error that names what is missing and the command that gets it.
    fn ensure() -> Result<Self> {
        redis::ensure_openssl()?;
        wasm::ensure_rust()?;
        let needs = Self {
            redis_server: redis::ensure()?,
            feast_python: python::ensure()?,
            componentize_py: python::ensure_componentize()?,
            node_modules: javascript::ensure()?,
            oidc_modules: javascript::ensure_oidc_provider()?,
            bin_dir: target_dir()?.join("debug"),
            plugins_dir: target_dir()?.join("plugins"),
        };
        println!("    redis-server: {}", needs.redis_server.display());
        println!("    Feast:        {}", needs.feast_python.display());
        Ok(needs)
    }

    fn environment(&self) -> [(&'static str, OsString); 7] {
        [
            ("SALVER_REDIS_SERVER", self.redis_server.clone().into()),
            ("SALVER_FEAST_PYTHON", self.feast_python.clone().into()),
            (
                "SALVER_COMPONENTIZE_PY",
                self.componentize_py.clone().into(),
            ),
            ("SALVER_NODE_MODULES", self.node_modules.clone().into()),
            ("SALVER_OIDC_MODULES", self.oidc_modules.clone().into()),
            ("SALVER_BIN_DIR", self.bin_dir.clone().into()),
            ("SALVER_PLUGINS_DIR", self.plugins_dir.clone().into()),
        ]
    }
}

fn run_cargo(args: &[&str], filter: Option<&str>, needs: &Needs) -> Result<()> {
    run_command(cargo_with(args, needs).args(filter))
}

/// The tests before have called the committed ones.
fn run_with_rebuilt_guests(nextest: bool, needs: &Needs) -> Result<()> {
    let runner: &[&str] = if nextest {
        &["nextest", "run"]
    } else {
        &["test"]
    };
    // As all else was built, so that nothing is compiled again.
    let tests = ["--workspace", "--test", "plugin"];
    let mut command = cargo_with(&[runner, &tests].concat(), needs);
    command.env("SALVER_FIXTURES_DIR", plugins::fixtures(&needs.plugins_dir));
    run_command(&mut command)
}

fn cargo_with(args: &[&str], needs: &Needs) -> Command {
    let mut command = cargo();
    command.args(args).envs(needs.environment());
    command
}
