use std::time::Duration;

use feature_model::{OnPluginError, PluginBinding, PluginDigest, PluginInput, PluginLimits, Wasi};

use crate::registry::proto::salver::registry as stored;

/// A binding; absent where it holds something that this release doesn't understand.
pub(in crate::registry) fn plugin_binding(stored: &stored::PluginBinding) -> Option<PluginBinding> {
    let body_text = match stored.body_text_sha256.as_slice() {
        [] => None,
        sha256 => Some(digest(sha256)?),
    };
    let inputs = stored.inputs.iter().map(|input| {
        let from = PluginInput {
            source: input.source.clone(),
            field: input.field.clone(),
        };
        (input.column.clone(), from)
    });
    let outputs = stored.outputs.iter();
    let parameters = match stored.parameters.as_str() {
        "" => "{}",
        given => given,
    };
    Some(PluginBinding {
        digest: digest(&stored.sha256)?,
        transform: stored.transform.clone(),
        parameters: parameters.to_owned(),
        inputs: inputs.collect(),
        outputs: outputs
            .map(|output| (output.column.clone(), output.feature.clone()))
            .collect(),
        limits: stored.limits.as_ref().map(limits).unwrap_or_default(),
        on_error: on_error(stored.on_error)?,
        fresh_instance: stored.fresh_instance,
        wasi: wasi(stored.wasi)?,
        body_text,
    })
}

fn digest(sha256: &[u8]) -> Option<PluginDigest> {
    sha256.try_into().ok().map(PluginDigest::new)
}

fn limits(stored: &stored::PluginLimits) -> PluginLimits {
    PluginLimits {
        deadline: stored.deadline_nanos.map(Duration::from_nanos),
        memory_bytes: stored.memory_bytes,
        output_bytes: stored.output_bytes,
        stack_bytes: stored.stack_bytes,
        log_lines: stored.log_lines,
    }
}

fn on_error(stored: i32) -> Option<OnPluginError> {
    Some(match stored::OnPluginError::try_from(stored).ok()? {
        stored::OnPluginError::FailRequest => OnPluginError::FailRequest,
        stored::OnPluginError::NullColumns => OnPluginError::NullColumns,
    })
}

fn wasi(stored: i32) -> Option<Wasi> {
    Some(match stored::PluginWasi::try_from(stored).ok()? {
        stored::PluginWasi::NoWasi => Wasi::None,
        stored::PluginWasi::EmptyWasi => Wasi::Empty,
    })
}
