use feature_model::{OnPluginError, PluginBinding, PluginLimits, Wasi};

use crate::registry::proto::salver::registry as stored;

/// A binding as the extension keeps it. Its limits are always written, so that what a newer release keeps there
/// survives.
pub(in crate::registry) fn plugin_binding(binding: &PluginBinding) -> stored::PluginBinding {
    let inputs = binding.inputs.iter();
    let outputs = binding.outputs.iter();
    let body_text = binding.body_text.map(|digest| digest.as_bytes().to_vec());
    stored::PluginBinding {
        sha256: binding.digest.as_bytes().to_vec(),
        transform: binding.transform.clone(),
        parameters: binding.parameters.clone(),
        inputs: inputs
            .map(|(column, input)| stored::PluginInput {
                column: column.clone(),
                source: input.source.clone(),
                field: input.field.clone(),
            })
            .collect(),
        outputs: outputs
            .map(|(column, feature)| stored::PluginOutput {
                column: column.clone(),
                feature: feature.clone(),
            })
            .collect(),
        limits: Some(limits(&binding.limits)),
        on_error: on_error(binding.on_error).into(),
        fresh_instance: binding.fresh_instance,
        wasi: wasi(binding.wasi).into(),
        body_text_sha256: body_text.unwrap_or_default(),
    }
}

fn limits(limits: &PluginLimits) -> stored::PluginLimits {
    let nanos = |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    stored::PluginLimits {
        deadline_nanos: limits.deadline.map(nanos),
        memory_bytes: limits.memory_bytes,
        output_bytes: limits.output_bytes,
        stack_bytes: limits.stack_bytes,
        log_lines: limits.log_lines,
    }
}

fn on_error(on_error: OnPluginError) -> stored::OnPluginError {
    match on_error {
        OnPluginError::FailRequest => stored::OnPluginError::FailRequest,
        OnPluginError::NullColumns => stored::OnPluginError::NullColumns,
    }
}

fn wasi(wasi: Wasi) -> stored::PluginWasi {
    match wasi {
        Wasi::None => stored::PluginWasi::NoWasi,
        Wasi::Empty => stored::PluginWasi::EmptyWasi,
    }
}
