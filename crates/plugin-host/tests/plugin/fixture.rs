use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use feature_model::{PluginLimits, Wasi};
use plugin_host::{
    Array, Batch, CallError, Component, Host, HostOptions, Plugin, PluginOptions, Values,
};

/// Built from `tests/fixtures/hostile`.
pub(crate) static HOSTILE: LazyLock<Vec<u8>> = LazyLock::new(|| component("hostile"));

/// A component of `tests/fixtures`: the committed one, or the one in the folder of components built anew.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let committed = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let folder = env::var_os("SALVER_FIXTURES_DIR").map_or_else(committed, PathBuf::from);
    fs::read(folder.join(format!("{name}.wasm"))).unwrap()
}

/// One host for tests that change nothing about it.
pub(crate) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| Host::new(HostOptions::default()).unwrap())
}

pub(crate) fn hostile() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| host().compile(&HOSTILE, Wasi::None).unwrap())
}

pub(crate) fn options(transform: &str) -> PluginOptions {
    PluginOptions {
        name: format!("view_of_{transform}"),
        project: "test".to_owned(),
        transform: transform.to_owned(),
        // The hostile guest is well behaved on its first row, so that it passes its trial.
        parameters: r#"{"patient": true}"#.to_owned(),
        // Nearly all tests are about something else, on machines that may be busy.
        limits: PluginLimits {
            deadline: Some(Duration::from_secs(10)),
            ..PluginLimits::default()
        },
        fresh_instance: false,
    }
}

/// With the deadline that a view has which says nothing.
pub(crate) fn hasty(transform: &str) -> PluginOptions {
    PluginOptions {
        limits: PluginLimits::default(),
        ..options(transform)
    }
}

pub(crate) fn plugin(transform: &str) -> Plugin {
    Plugin::new(hostile(), options(transform)).unwrap()
}

/// Calls a transform without inputs, for one row.
pub(crate) fn call(plugin: &Plugin) -> Result<Batch, CallError> {
    plugin.call_blocking(1, &Batch::default())
}

pub(crate) fn batch(columns: Vec<Values>) -> Batch {
    Batch {
        columns: columns.into_iter().map(Array::of).collect(),
        children: Vec::new(),
    }
}

pub(crate) fn numbers(rows: usize) -> Batch {
    batch(vec![
        Values::Float64((0..rows).map(|row| row as f64).collect()),
        Values::Float64(vec![2.0; rows]),
        Values::Int64((0..rows).map(|row| row as i64).collect()),
    ])
}
