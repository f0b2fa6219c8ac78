use std::fs;

use anyhow::{Context, Result};
use plugin_host::{HostOptions, Limits, PublicKey};
use settings::{CallLimits, PluginSettings, TrustedKey};

/// How plugins are run, by the settings.
///
/// # Errors
/// Where a public key can't be read.
pub fn host_options(settings: &PluginSettings) -> Result<HostOptions> {
    let keys = settings.trusted_keys.iter().map(public_key);
    Ok(HostOptions {
        cache_dir: settings.cache_dir.clone(),
        trusted_keys: keys.collect::<Result<_>>()?,
        defaults: limits(&settings.defaults),
        maximum: limits(&settings.maximum),
        ..HostOptions::default()
    })
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
