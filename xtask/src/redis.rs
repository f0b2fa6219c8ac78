//! `redis-server`, found or installed.

use std::{env, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    packages::{Packages, install},
    workspace::find_program,
};

const REDIS: Packages = Packages {
    what: "redis-server",
    apt: &["redis-server"],
    dnf: &["redis"],
    apk: &["redis"],
    brew: &["redis"],
};

const OPENSSL: Packages = Packages {
    what: "openssl",
    apt: &["openssl"],
    dnf: &["openssl"],
    apk: &["openssl"],
    brew: &["openssl"],
};

/// `SALVER_REDIS_SERVER`, or the one in PATH, or one installed now.
pub(crate) fn ensure() -> Result<PathBuf> {
    match env::var_os("SALVER_REDIS_SERVER") {
        Some(path) => Ok(PathBuf::from(path)),
        None => in_path(&REDIS),
    }
}

/// The command that makes the certificates for tests with TLS.
pub(crate) fn ensure_openssl() -> Result<PathBuf> {
    in_path(&OPENSSL)
}

fn in_path(packages: &Packages) -> Result<PathBuf> {
    if find_program(packages.what).is_none() {
        install(packages)?;
    }
    let what = packages.what;
    find_program(what)
        .with_context(|| format!("`{what}` is still not in PATH after its installation"))
}
