//! The programs that are measured, and those that serve the measurement.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::{
    bench::load,
    python, redis,
    workspace::{cargo, run_command, target_dir},
};

/// Where they are, instead of building them.
const BUILT: &str = "SALVER_BENCH_BIN_DIR";

pub(super) struct Programs {
    pub(super) gateway: PathBuf,
    pub(super) registry_admin: PathBuf,
    pub(super) generate: PathBuf,
    pub(super) floor: PathBuf,
    pub(super) pipelines: PathBuf,
    pub(super) redis_server: PathBuf,
    pub(super) feast_python: PathBuf,
    pub(super) oha: PathBuf,
}

pub(super) fn prepare() -> Result<Programs> {
    let (redis_server, feast_python) = (redis::ensure()?, python::ensure()?);
    let oha = load::ensure()?;
    let folder = match env::var_os(BUILT) {
        Some(folder) => PathBuf::from(folder),
        None => build()?,
    };
    Ok(Programs {
        gateway: folder.join("gateway"),
        registry_admin: folder.join("registry-admin"),
        generate: folder.join("examples/generate"),
        floor: folder.join("examples/floor"),
        pipelines: folder.join("examples/pipelines"),
        redis_server,
        feast_python,
        oha,
    })
}

fn build() -> Result<PathBuf> {
    // as for the other benchmarks: another selection would compile datafusion anew
    let packages = ["gateway", "registry-admin", "offline-store", "online-store"];
    let examples = ["generate", "ceiling", "pipelines", "floor"];
    let packages = packages.iter().flat_map(|name| ["-p", *name]);
    let examples = examples.iter().flat_map(|name| ["--example", *name]);
    run_command(
        cargo()
            .args(["build", "--release", "--bins"])
            .args(packages)
            .args(examples),
    )?;
    Ok(target_dir()?.join("release"))
}
