use std::{path::PathBuf, sync::Arc, time::Duration};

use feature_model::{ByteSize, PluginDigest, Wasi};

use crate::{BadBatch, Failure};

/// The host can't be set up.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum HostError {
    /// This machine or its limits don't allow an engine.
    #[error("no WebAssembly engine can be set up here: {detail}")]
    Engine { detail: String },
    /// The folder of compiled components can't be trusted or used.
    #[error("the cache of compiled plugins `{}` can't be used: {detail}", path.display())]
    Cache { path: PathBuf, detail: String },
}

/// Bytes that can't be served as a plugin.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum LoadError {
    /// Something else than a component.
    #[error("this is {found}, not a WebAssembly component")]
    NotAComponent { found: String },
    /// A component of another world.
    #[error(
        "the component doesn't export `salver:transform/transforms@1`; it exports {}",
        listed(exports)
    )]
    NoTransforms { exports: Vec<String> },
    /// It asks for more than a plugin may have.
    #[error(
        "the component imports {}; a plugin may import `salver:transform/log@1.0.0` only{}",
        listed(imports),
        wasi_hint(imports, *wasi)
    )]
    Imports { imports: Vec<String>, wasi: Wasi },
    /// It doesn't validate, or its functions have other types.
    #[error("the component is not valid: {detail}")]
    Invalid { detail: String },
    /// More than any of its calls may have.
    #[error(
        "the component needs {} of memory before it computes anything, and `salver.plugins.maximum.memory` is {}",
        ByteSize::new(*needed),
        ByteSize::new(*maximum)
    )]
    Memory { needed: u64, maximum: u64 },
    /// The bytes aren't those that were asked for.
    #[error("the component has the digest `{found}`, not `{expected}`")]
    Digest {
        expected: PluginDigest,
        found: PluginDigest,
    },
    /// The compiled form can't be used.
    #[error("the artefact can't be used: {0}")]
    Artefact(#[from] ArtefactError),
    /// No engine for it can be set up.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// A compiled component that isn't loaded. Compiling the component itself is always possible instead.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum ArtefactError {
    /// Not what `precompile` makes.
    #[error("it is no artefact, or cut short")]
    Malformed,
    /// Made from another component.
    #[error("it was made from the component `{found}`, not from `{expected}`")]
    Component {
        expected: PluginDigest,
        found: PluginDigest,
    },
    /// Made by another release of wasmtime.
    #[error("it was made by wasmtime {found}; this is wasmtime {expected}")]
    WasmtimeVersion { expected: String, found: String },
    /// Made for other settings of the engine.
    #[error("it was made for other engine settings")]
    Settings,
    /// Made for another processor.
    #[error("it was made for `{found}`; this machine takes `{expected}`")]
    Target { expected: String, found: String },
    /// Signed by nobody that is trusted, or changed since.
    #[error("no trusted key has signed it")]
    Signature,
    /// Signed, but wasmtime refuses it.
    #[error("wasmtime refuses it: {detail}")]
    Refused { detail: String },
}

/// A call that has no columns. What the plugin's instance was, is dropped, unless the plugin told the error itself.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum CallError {
    /// The transform says that it can't compute.
    #[error("plugin `{plugin}` failed{}: {message}", place(*row, column.as_deref()))]
    Failed {
        plugin: Arc<str>,
        failure: Failure,
        message: String,
        row: Option<u32>,
        column: Option<String>,
    },
    /// The guest's code stopped itself or broke a rule of WebAssembly.
    #[error("plugin `{plugin}` trapped: {detail}")]
    Trapped { plugin: Arc<str>, detail: String },
    /// It took longer than it may.
    #[error("plugin `{plugin}` took longer than its {deadline:?}")]
    Deadline {
        plugin: Arc<str>,
        deadline: Duration,
    },
    /// It wanted more memory than it may have.
    #[error("plugin `{plugin}` needs more than its {limit} bytes of memory")]
    Memory { plugin: Arc<str>, limit: u64 },
    /// It returned more than it may.
    #[error("plugin `{plugin}` returned more than its {limit} bytes of output")]
    OutputTooLarge { plugin: Arc<str>, limit: u64 },
    /// It returned what breaks the interface or its own description.
    #[error("plugin `{plugin}` returned what it may not: {problem}")]
    BadOutput { plugin: Arc<str>, problem: BadBatch },
    /// The caller's columns aren't those of the description.
    #[error("plugin `{plugin}` was given what it doesn't take: {problem}")]
    BadInput { plugin: Arc<str>, problem: BadBatch },
    /// It failed repeatedly and isn't called for a while.
    #[error("plugin `{plugin}` failed repeatedly and is tried again in {retry_after:?}")]
    Failing {
        plugin: Arc<str>,
        retry_after: Duration,
    },
    /// Others of its calls hold all cores that it may have, or all instances are taken.
    #[error("plugin `{plugin}` has too many calls at once")]
    Busy { plugin: Arc<str> },
    /// No instance can be made.
    #[error("plugin `{plugin}` can't be started: {detail}")]
    Unavailable { plugin: Arc<str>, detail: String },
}

impl CallError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed { .. } => "plugin_failed",
            Self::Trapped { .. } => "plugin_trapped",
            Self::Deadline { .. } => "plugin_deadline",
            Self::Memory { .. } => "plugin_memory",
            Self::OutputTooLarge { .. } | Self::BadOutput { .. } => "plugin_output",
            Self::BadInput { .. } => "plugin_input",
            Self::Failing { .. } => "plugin_failing",
            Self::Busy { .. } => "plugin_busy",
            Self::Unavailable { .. } => "plugin_unavailable",
        }
    }

    /// The plugin's name, as its options gave it.
    #[must_use]
    pub fn plugin(&self) -> &str {
        match self {
            Self::Failed { plugin, .. }
            | Self::Trapped { plugin, .. }
            | Self::Deadline { plugin, .. }
            | Self::Memory { plugin, .. }
            | Self::OutputTooLarge { plugin, .. }
            | Self::BadOutput { plugin, .. }
            | Self::BadInput { plugin, .. }
            | Self::Failing { plugin, .. }
            | Self::Busy { plugin }
            | Self::Unavailable { plugin, .. } => plugin,
        }
    }

    /// The error, without a row and a column that the call doesn't have: clients are told of both, and a guest
    /// may make them up.
    pub(crate) fn within(mut self, rows: u32, is_column: impl Fn(&str) -> bool) -> Self {
        if let Self::Failed { row, column, .. } = &mut self {
            *row = row.filter(|row| *row < rows);
            *column = column.take().filter(|column| is_column(column));
        }
        self
    }

    /// Whether the plugin's code misbehaved, so that its instance must go and the breaker counts.
    pub(crate) fn is_misbehaviour(&self) -> bool {
        match self {
            Self::Trapped { .. }
            | Self::Deadline { .. }
            | Self::Memory { .. }
            | Self::OutputTooLarge { .. }
            | Self::BadOutput { .. }
            | Self::Unavailable { .. } => true,
            Self::Failed { .. }
            | Self::BadInput { .. }
            | Self::Failing { .. }
            | Self::Busy { .. } => false,
        }
    }
}

/// Makes a guest's text fit into a log line or a response: not too long, and without what would begin another line or
/// turn the order of letters around.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end));
    let kept = &text[..end.unwrap_or(0)];
    let mut line = match kept.contains(is_layout) {
        false => kept.to_owned(),
        true => written_out(kept),
    };
    if kept.len() < text.len() {
        line.push('…');
    }
    line
}

fn written_out(text: &str) -> String {
    let mut line = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match is_layout(letter) {
            true => line.extend(letter.escape_default()),
            false => line.push(letter),
        }
    }
    line
}

/// Control characters, ends of lines and paragraphs, and what orders letters from right to left.
fn is_layout(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => {
            let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            quoted.join(", ")
        }
    }
}

fn wasi_hint(imports: &[String], wasi: Wasi) -> &'static str {
    let only_wasi = imports.iter().all(|name| name.starts_with("wasi:"));
    match wasi {
        Wasi::None if only_wasi => {
            "; if its toolchain insists on these, write `wasi: empty` in the view's plugin"
        }
        Wasi::None | Wasi::Empty => "",
    }
}

fn place(row: Option<u32>, column: Option<&str>) -> String {
    match (row, column) {
        (Some(row), Some(column)) => format!(" at row {row} of `{column}`"),
        (Some(row), None) => format!(" at row {row}"),
        (None, Some(column)) => format!(" at `{column}`"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(row: u32, column: &str) -> String {
        let failed = CallError::Failed {
            plugin: "v".into(),
            failure: Failure::Failed,
            message: "no".to_owned(),
            row: Some(row),
            column: Some(column.to_owned()),
        };
        failed.within(2, |name| name == "a").to_string()
    }

    #[test]
    fn a_guest_s_text_stays_on_its_line() {
        assert_eq!(cut("ok\n2026 ERROR", 64), "ok\\n2026 ERROR");
        assert_eq!(
            cut("a\u{1b}[2J\u{202e}b\u{2028}", 64),
            "a\\u{1b}[2J\\u{202e}b\\u{2028}"
        );
        assert_eq!(cut("grün", 3), "gr…");
    }

    #[test]
    fn a_place_is_told_as_far_as_the_call_has_it() {
        assert_eq!(placed(1, "a"), "plugin `v` failed at row 1 of `a`: no");
        assert_eq!(placed(2, "a"), "plugin `v` failed at `a`: no");
        assert_eq!(placed(0, "b"), "plugin `v` failed at row 0: no");
    }
}
