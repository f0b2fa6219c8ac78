//! `redis-server`, found or installed.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::packages::Packages;

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
        None => REDIS.ensure_program(),
    }
}

/// The command that makes the certificates for tests with TLS.
pub(crate) fn ensure_openssl() -> Result<PathBuf> {
    OPENSSL.ensure_program()
}
