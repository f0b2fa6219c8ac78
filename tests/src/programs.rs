//! Where the programs are that a test runs.

use std::{
    env,
    path::{Path, PathBuf},
};

const WITH_XTASK: &str = "`cargo xtask test` brings everything the tests need";

/// One of our own programs: `gateway` or `registry-admin`.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let path = bin_dir().join(name);
    assert!(
        path.is_file(),
        "no program at `{}`: build it with `cargo build -p {name}`; {WITH_XTASK}",
        path.display(),
    );
    path
}

/// The folder of our own programs.
pub(crate) fn bin_dir() -> PathBuf {
    env::var_os("SALVER_BIN_DIR").map_or_else(beside_the_tests, PathBuf::from)
}

/// `target/debug/deps/e2e-…` is the running test, the programs are in `target/debug`.
fn beside_the_tests() -> PathBuf {
    let tests = env::current_exe().expect("a running program has a path");
    let deps = tests.parent().expect("a program is in a folder");
    deps.parent().unwrap_or(deps).to_owned()
}

/// The plugins of this repository, built anew, each as `NAME.LANGUAGE.wasm`.
///
/// # Panics
/// When nobody has built them.
#[must_use]
pub fn rebuilt_plugins() -> PathBuf {
    let beside = || {
        beside_the_tests()
            .parent()
            .map(|target| target.join("plugins"))
    };
    env::var_os("SALVER_PLUGINS_DIR")
        .map(PathBuf::from)
        .or_else(beside)
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| {
            panic!("no rebuilt plugins: build them with `cargo xtask plugins`; {WITH_XTASK}")
        })
}

/// `redis-server`.
pub(crate) fn redis_server() -> PathBuf {
    env::var_os("SALVER_REDIS_SERVER")
        .map(PathBuf::from)
        .or_else(|| in_path("redis-server"))
        .unwrap_or_else(|| panic!("no `redis-server` in PATH; {WITH_XTASK}"))
}

/// The `node_modules` that has `oidc-provider`.
pub(crate) fn oidc_modules() -> PathBuf {
    env::var_os("SALVER_OIDC_MODULES")
        .map(PathBuf::from)
        .or_else(|| newest("oidc-", "node_modules"))
        .unwrap_or_else(|| panic!("no `oidc-*/node_modules` in the target folder; {WITH_XTASK}"))
}

/// The Python of a virtual environment that has the pinned Feast.
pub(crate) fn feast_python() -> PathBuf {
    env::var_os("SALVER_FEAST_PYTHON")
        .map(PathBuf::from)
        .or_else(|| newest("feast-", "bin/python"))
        .unwrap_or_else(|| panic!("no `feast-*/bin/python` in the target folder; {WITH_XTASK}"))
}

/// What is at `place` in the newest of the folders that `cargo xtask test` makes, such as
/// `target/feast-<hash of the requirements>`.
fn newest(beginning: &str, place: &str) -> Option<PathBuf> {
    let bins = beside_the_tests();
    let environments = bins.parent()?.read_dir().ok()?.flatten();
    environments
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(beginning))
        .map(|entry| entry.path().join(place))
        .filter(|found| found.exists())
        .max_by_key(|found| found.metadata().and_then(|it| it.modified()).ok())
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The package's own folder in the checkout (`tests/`).
pub(crate) fn package_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
