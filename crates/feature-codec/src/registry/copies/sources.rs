use feature_model::ObjectKind;
use prost_reflect::DynamicMessage;

use super::Reasons;
use crate::registry::{
    dynamic::{child, child_mut, items_mut, set_child_mut, text},
    merge::{merge, merge_fields},
};

/// `feast.core.DataSource.PUSH_SOURCE`
const PUSH_SOURCE: i32 = 9;

/// A push source holds its batch source and repeats its time columns. Tells whether it followed a change.
pub(super) fn refresh_push_source(source: &mut DynamicMessage, reasons: &Reasons<'_>) -> bool {
    let Some(batch) = set_child_mut(source, "batch_source") else {
        return false;
    };
    let followed = refresh_source(batch, reasons);
    let source_type = source
        .get_field_by_name("type")
        .and_then(|value| value.as_enum_number());
    if followed && source_type == Some(PUSH_SOURCE) {
        let repeated = [
            "field_mapping",
            "timestamp_field",
            "created_timestamp_column",
        ];
        if let Some(batch) = child(source, "batch_source").cloned() {
            merge_fields(source, &batch, &repeated);
        }
    }
    followed
}

/// `batch_source`, `stream_source` and `source` of stored views, request sources of on-demand views.
pub(super) fn refresh_sources(view: &mut DynamicMessage, reasons: &Reasons<'_>) {
    for field in ["batch_source", "stream_source", "source"] {
        if let Some(copy) = set_child_mut(view, field) {
            refresh_source(copy, reasons);
        }
    }
    if view.has_field_by_name("sources") {
        for entry in items_mut(view, "sources") {
            let value = set_child_mut(entry, "value");
            let copy = value.and_then(|value| set_child_mut(value, "request_data_source"));
            if let Some(copy) = copy {
                refresh_source(copy, reasons);
            }
        }
    }
}

/// Tells whether there was reason to refresh the copy.
fn refresh_source(copy: &mut DynamicMessage, reasons: &Reasons<'_>) -> bool {
    let name = text(copy, "name").into_owned();
    if !reasons.concern(ObjectKind::DataSource, &name) {
        return false;
    }
    if let Some(original) = reasons.originals.sources.get(&name) {
        copy_source(copy, original);
    }
    true
}

/// Takes everything over but the project, which no copy has, and the Python class, which some have.
pub(super) fn copy_source(copy: &mut DynamicMessage, original: &DynamicMessage) {
    let mut wanted = original.clone();
    wanted.clear_field_by_name("project");
    if !copy.has_field_by_name("data_source_class_type") {
        wanted.clear_field_by_name("data_source_class_type");
    }
    if text(copy, "name") != text(original, "name") {
        *copy = wanted;
        return;
    }
    merge(copy, &wanted);
    copy_meta(copy, &wanted);
}

fn copy_meta(copy: &mut DynamicMessage, original: &DynamicMessage) {
    if let Some(meta) = child(original, "meta") {
        merge(child_mut(copy, "meta"), meta);
    }
    let batch = set_child_mut(copy, "batch_source").zip(child(original, "batch_source"));
    if let Some((copy, original)) = batch {
        copy_meta(copy, original);
    }
}
