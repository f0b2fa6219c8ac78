use std::collections::BTreeMap;

use super::{FieldChange, differences::Differences};
use crate::{PluginBinding, PluginDigest};

pub(super) fn differences(before: &PluginBinding, after: &PluginBinding) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    let digest = |binding: &PluginBinding| Some(binding.digest.to_string());
    differences.value("digest", digest(before), digest(after));
    differences.text("transform", &before.transform, &after.transform);
    differences.text("parameters", &before.parameters, &after.parameters);
    differences.map("inputs", &inputs(before), &inputs(after));
    differences.map("outputs", &before.outputs, &after.outputs);
    differences.map("limits", &limits(before), &limits(after));
    let on_error = |binding: &PluginBinding| Some(binding.on_error.to_string());
    differences.value("on_error", on_error(before), on_error(after));
    let fresh = |binding: &PluginBinding| Some(binding.fresh_instance.to_string());
    differences.value("fresh_instance", fresh(before), fresh(after));
    let wasi = |binding: &PluginBinding| Some(binding.wasi.to_string());
    differences.value("wasi", wasi(before), wasi(after));
    let body_text =
        |binding: &PluginBinding| binding.body_text.as_ref().map(PluginDigest::to_string);
    differences.value("body_text", body_text(before), body_text(after));
    differences.into_changes()
}

fn limits(binding: &PluginBinding) -> BTreeMap<String, String> {
    let told = binding.limits.told();
    told.map(|(key, limit)| (key.to_owned(), limit)).collect()
}

fn inputs(binding: &PluginBinding) -> BTreeMap<String, String> {
    let inputs = binding.inputs.iter();
    inputs
        .map(|(column, input)| (column.clone(), input.to_string()))
        .collect()
}
