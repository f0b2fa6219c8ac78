use std::fs;

use anyhow::{Context, Result};
use plugin_host::{HostOptions, Limits, PublicKey};
use settings::{CallLimits, PluginSettings, TrustedKey};

/// How plugins are run, by the settings of the first project. Machine code that somebody has signed is trusted with
/// all that the process holds, so that no later project says by whom. The maximum is the highest that any project
/// has; each project's own is in its [`Terms`](super::Terms).
///
/// # Errors
/// Where a public key can't be read.
pub fn host_options<'a>(
    first: &PluginSettings,
    all: impl IntoIterator<Item = &'a PluginSettings>,
) -> Result<HostOptions> {
    let keys = first.trusted_keys.iter().map(public_key);
    let maximum = all
        .into_iter()
        .map(|settings| limits(&settings.maximum))
        .fold(limits(&first.maximum), higher);
    Ok(HostOptions {
        cache_dir: first.cache_dir.clone(),
        trusted_keys: keys.collect::<Result<_>>()?,
        defaults: limits(&first.defaults),
        maximum,
        ..HostOptions::default()
    })
}

fn higher(one: Limits, other: Limits) -> Limits {
    Limits {
        deadline: one.deadline.max(other.deadline),
        memory_bytes: one.memory_bytes.max(other.memory_bytes),
        output_bytes: one.output_bytes.max(other.output_bytes),
        stack_bytes: one.stack_bytes.max(other.stack_bytes),
        log_lines: one.log_lines.max(other.log_lines),
    }
}

fn public_key(key: &TrustedKey) -> Result<PublicKey> {
    let (text, told) = match key {
        TrustedKey::Text(text) => (
            text.clone(),
            "a key under `salver.plugins.trusted_keys`".to_owned(),
        ),
        TrustedKey::File(path) => {
            let told = format!("the public key `{}`", path.display());
            let text = fs::read_to_string(path).with_context(|| format!("{told} can't be read"))?;
            (text, told)
        }
    };
    text.trim()
        .parse()
        .with_context(|| format!("{told} is none"))
}

fn limits(limits: &CallLimits) -> Limits {
    Limits {
        deadline: limits.deadline,
        memory_bytes: limits.memory_bytes,
        output_bytes: limits.output_bytes,
        stack_bytes: limits.stack_bytes,
        log_lines: limits.log_lines,
    }
}
