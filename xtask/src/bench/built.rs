//! The programs of this workspace that are measured, and those that serve the measurements.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::workspace::{cargo, run_command, target_dir};

/// Where they are, instead of building them: a folder like `target/release`.
const FOLDER: &str = "SALVER_BENCH_BIN_DIR";

pub(super) struct Built {
    pub(super) gateway: PathBuf,
    pub(super) registry_admin: PathBuf,
    pub(super) generate: PathBuf,
    pub(super) ceiling: PathBuf,
    pub(super) pipelines: PathBuf,
    pub(super) floor: PathBuf,
}

/// All of them, in release.
pub(super) fn build() -> Result<Built> {
    let folder = match env::var_os(FOLDER) {
        Some(folder) => PathBuf::from(folder),
        None => release()?,
    };
    let example = |name: &str| folder.join("examples").join(name);
    Ok(Built {
        gateway: folder.join("gateway"),
        registry_admin: folder.join("registry-admin"),
        generate: example("generate"),
        ceiling: example("ceiling"),
        pipelines: example("pipelines"),
        floor: example("floor"),
    })
}

fn release() -> Result<PathBuf> {
    // In one go: each selection of packages has features of its own, and would compile datafusion anew.
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
