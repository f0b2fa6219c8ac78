//! The component in a file, compiled for a person who waits for it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use feature_model::{PluginLimits, Wasi};
use plugin_host::{
    BackOff, CallError, Component, Host, HostOptions, Inspection, Limits, Plugin, PluginOptions,
};
use serde_json::{Map, Value};
use settings::PluginSettings;

use crate::{plugins::read, printer::note};

/// What any call may take here: a loop without an end is told, and what is merely slow comes to its own.
const PATIENCE: Duration = Duration::from_secs(5);
/// What takes longer than this to compile is told.
const LONG: Duration = Duration::from_secs(1);
/// What overrides `salver.plugins.cache_dir` where there is a configuration.
const CACHE_VARIABLE: &str = "SALVER__SALVER__PLUGINS__CACHE_DIR";
/// What errors and log lines call a project that there is none of.
const NO_PROJECT: &str = "none";

#[derive(Debug, Args)]
pub(super) struct ComponentArgs {
    /// The component: a `.wasm` file.
    pub(super) file: PathBuf,
    /// What it may import beside the log, as a view's plugin says it; without it, what it asks for.
    #[arg(long, value_enum)]
    wasi: Option<WasiArg>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WasiArg {
    /// Nothing.
    None,
    /// A WASI without files, network and environment, whose clock stands still.
    Empty,
}

/// Bytes that are a component, and what they say about it.
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    pub(super) inspection: Inspection,
    pub(super) wasi: Wasi,
}

impl ComponentArgs {
    /// Reads the file. Nothing is compiled yet.
    pub(super) fn read(&self) -> anyhow::Result<Read> {
        let bytes = read(&self.file).map_err(|message| anyhow!(message))?;
        let inspection = Host::inspect(&bytes).with_context(|| self.named())?;
        let wasi = match self.wasi {
            Some(WasiArg::None) => Wasi::None,
            Some(WasiArg::Empty) => Wasi::Empty,
            None if inspection.needs_wasi => Wasi::Empty,
            None => Wasi::None,
        };
        Ok(Read {
            bytes,
            inspection,
            wasi,
        })
    }

    /// Compiles the component, or takes it from the cache.
    pub(super) fn compile(&self, read: &Read, host: &Host) -> anyhow::Result<Component> {
        let begun = Instant::now();
        let compiled = host.compile(&read.bytes, read.wasi);
        let took = begun.elapsed();
        if took > LONG {
            note(format!(
                "compiled the component in {:.1} s",
                took.as_secs_f64()
            ));
        }
        compiled.with_context(|| self.named())
    }

    /// Reads and compiles; where the component imports WASI, says what a view has to say then.
    pub(super) fn open(&self) -> anyhow::Result<Component> {
        let read = self.read()?;
        if self.wasi.is_none() && read.wasi == Wasi::Empty {
            note("the component imports WASI: a view's plugin must say `wasi: empty`");
        }
        self.compile(&read, &host()?)
    }

    fn named(&self) -> String {
        format!("`{}` is no plugin", self.file.display())
    }
}

/// A host that compiles on all cores, with the user's own cache.
pub(super) fn host() -> anyhow::Result<Host> {
    let environment: BTreeMap<String, String> = std::env::vars().collect();
    let options = HostOptions {
        cache_dir: match environment.get(CACHE_VARIABLE) {
            Some(folder) => Some(folder.into()),
            None => PluginSettings::user_cache(&environment),
        },
        parallel_compilation: true,
        ..patient()
    };
    Ok(Host::new(options)?)
}

/// Limits for one who looks on. The stack is that of a gateway, since nobody could ask for a much larger one.
pub(super) fn patient() -> HostOptions {
    HostOptions {
        defaults: Limits {
            deadline: PATIENCE,
            stack_bytes: Limits::DEFAULT.stack_bytes,
            ..Limits::MAXIMUM
        },
        trial_deadline: PATIENCE,
        back_off: BackOff {
            failures: u32::MAX,
            ..BackOff::default()
        },
        ..HostOptions::default()
    }
}

/// A transform under parameters, ready to be called.
pub(super) fn plugin(
    component: &Component,
    transform: &str,
    parameters: &str,
    fresh_instance: bool,
) -> Result<Plugin, CallError> {
    let options = PluginOptions {
        name: transform.to_owned(),
        project: NO_PROJECT.to_owned(),
        transform: transform.to_owned(),
        parameters: parameters.to_owned(),
        limits: PluginLimits::default(),
        fresh_instance,
    };
    Plugin::new(component, options)
}

/// Reads parameters of the command line: a JSON object.
pub(super) fn json_object(text: &str) -> Result<String, String> {
    let parsed: Result<Map<String, Value>, _> = serde_json::from_str(text);
    parsed
        .map(|_| text.to_owned())
        .map_err(|error| format!("this is no JSON object such as `{{\"unit\": \"km\"}}`: {error}"))
}

/// A guest's text for a terminal, which no sequence of control characters reaches.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => plain.push(letter),
            letter if letter.is_control() => plain.extend(letter.escape_default()),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_steer_a_terminal_is_written_out() {
        assert_eq!(plain("a\u{1b}[2J\nb\r"), "a\\u{1b}[2J\nb\\r");
    }

    #[test]
    fn parameters_are_an_object() {
        assert_eq!(json_object("{\"a\": 1}").unwrap(), "{\"a\": 1}");
        for text in ["", "1", "[1]", "{a: 1}"] {
            assert!(json_object(text).is_err(), "{text}");
        }
    }
}
