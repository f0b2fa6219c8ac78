use feature_model::ObjectKind;
use prost_reflect::DynamicMessage;

use super::{Reasons, VIEWS, sources::copy_source};
use crate::registry::{
    dynamic::{child, child_mut, items, items_mut, set_child_mut, set_text, text},
    merge::merge,
};

/// The projections that a service or an on-demand view holds.
pub(super) fn projections_mut(
    spec: &mut DynamicMessage,
    kind: ObjectKind,
) -> Vec<&mut DynamicMessage> {
    if kind == ObjectKind::FeatureService {
        return items_mut(spec, "features").collect();
    }
    items_mut(spec, "sources")
        .filter_map(|entry| {
            set_child_mut(set_child_mut(entry, "value")?, "feature_view_projection")
        })
        .collect()
}

pub(super) fn refresh_projection(projection: &mut DynamicMessage, reasons: &Reasons<'_>) {
    let name = text(projection, "feature_view_name").into_owned();
    let Some(view) = reasons.originals.views.get(&name) else {
        return;
    };
    let source = child(view, "batch_source").map(|source| text(source, "name").into_owned());
    let source_concerns =
        source.is_some_and(|source| reasons.concern(ObjectKind::DataSource, &source));
    let view_concerns = || VIEWS.iter().any(|kind| reasons.concern(*kind, &name));
    if !source_concerns && !view_concerns() {
        return;
    }
    for column in items_mut(projection, "feature_columns") {
        let column_name = text(column, "name").into_owned();
        let mut features = items(view, "features");
        if let Some(feature) = features.find(|feature| text(feature, "name") == column_name) {
            merge(column, feature);
        }
    }
    copy_batch_source(projection, view);
}

/// Feast writes the *created* timestamp column into both fields.
fn copy_batch_source(projection: &mut DynamicMessage, view: &DynamicMessage) {
    let Some(source) = child(view, "batch_source") else {
        return;
    };
    let created = text(source, "created_timestamp_column").into_owned();
    set_text(projection, "timestamp_field", &created);
    set_text(projection, "created_timestamp_column", &created);
    let mut copy = source.clone();
    copy.clear_field_by_name("data_source_class_type");
    copy_source(child_mut(projection, "batch_source"), &copy);
}
