//! Laying what a definition file says over what is stored, without losing anything else.
//!
//! Only fields that a definition file can express ([`OWNED`]) are set, changed or cleared. Elements of a
//! repeated field are matched by name, entries of a map by key, so that what an element holds beyond the
//! files (a field of a newer Feast, vector settings) stays with it. Elements that the files don't have are
//! removed.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};

use super::dynamic::{child, text};

/// The fields that a definition file decides about, by message; all of them where a message isn't listed.
const OWNED: &[(&str, &[&str])] = &[
    (
        "feast.core.DataSource",
        &[
            "type",
            "field_mapping",
            "timestamp_field",
            "created_timestamp_column",
            "file_options",
            "request_data_options",
            "data_source_class_type",
            "name",
            "project",
            "description",
            "tags",
            "owner",
            "batch_source",
        ],
    ),
    ("feast.core.DataSource.RequestDataOptions", &["schema"]),
    (
        "feast.core.FeatureViewSpec",
        &[
            "name",
            "project",
            "entities",
            "features",
            "tags",
            "ttl",
            "batch_source",
            "online",
            "stream_source",
            "description",
            "owner",
        ],
    ),
    (
        "feast.core.FeatureSpecV2",
        &["name", "value_type", "tags", "description"],
    ),
    (
        "feast.core.OnDemandFeatureViewSpec",
        &[
            "name",
            "project",
            "features",
            "sources",
            "description",
            "tags",
            "owner",
        ],
    ),
    (
        "feast.core.FeatureServiceSpec",
        &[
            "name",
            "project",
            "features",
            "tags",
            "description",
            "owner",
        ],
    ),
    (
        "feast.core.FeatureViewProjection",
        &[
            "feature_view_name",
            "feature_columns",
            "feature_view_name_alias",
            "join_key_map",
        ],
    ),
];

/// Lays `desired` over `stored`, two messages of the same type.
pub(super) fn merge(stored: &mut DynamicMessage, desired: &DynamicMessage) {
    let descriptor = desired.descriptor();
    let owned = OWNED
        .iter()
        .find(|(name, _)| *name == descriptor.full_name());
    for field in descriptor.fields() {
        if owned.is_none_or(|(_, fields)| fields.contains(&field.name())) {
            merge_field(stored, desired, &field);
        }
    }
}

/// As [`merge`], but only these fields.
pub(super) fn merge_fields(stored: &mut DynamicMessage, desired: &DynamicMessage, fields: &[&str]) {
    for field in desired.descriptor().fields() {
        if fields.contains(&field.name()) {
            merge_field(stored, desired, &field);
        }
    }
}

fn merge_field(stored: &mut DynamicMessage, desired: &DynamicMessage, field: &FieldDescriptor) {
    if !desired.has_field(field) {
        if !says_the_same_unset(stored, field) {
            stored.clear_field(field);
        }
    } else if field.is_list() && matches!(field.kind(), Kind::Message(_)) {
        merge_list(stored, desired, field);
    } else if let Some((old, new)) = both_messages(stored, desired, field) {
        merge_message(old, new);
    } else {
        stored.set_field(field, desired.get_field(field).into_owned());
    }
}

/// Feast takes a file whose format isn't told for Parquet: a format that says so needs no clearing, and
/// what a newer Feast put beside it stays.
fn says_the_same_unset(stored: &DynamicMessage, field: &FieldDescriptor) -> bool {
    field.full_name() == "feast.core.DataSource.FileOptions.file_format"
        && child(stored, "file_format")
            .is_some_and(|format| !format.has_field_by_name("delta_format"))
}

fn both_messages<'s, 'd>(
    stored: &'s mut DynamicMessage,
    desired: &'d DynamicMessage,
    field: &FieldDescriptor,
) -> Option<(&'s mut DynamicMessage, &'d DynamicMessage)> {
    if !stored.has_field(field) {
        return None;
    }
    let new = child(desired, field.name())?;
    Some((stored.get_field_mut(field).as_message_mut()?, new))
}

/// A copy of one source does not turn into a copy of another: nothing of the old one stays.
fn merge_message(stored: &mut DynamicMessage, desired: &DynamicMessage) {
    let is_source = desired.descriptor().full_name() == "feast.core.DataSource";
    if is_source && text(stored, "name") != text(desired, "name") {
        stored.clone_from(desired);
    } else {
        merge(stored, desired);
    }
}

fn merge_list(stored: &mut DynamicMessage, desired: &DynamicMessage, field: &FieldDescriptor) {
    let mut old: Vec<Value> = match stored.get_field_mut(field) {
        Value::List(list) => std::mem::take(list),
        _ => Vec::new(),
    };
    let new = desired.get_field(field);
    let new = new
        .as_list()
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_message);
    let merged = new.map(|new| {
        let same = |old: &Value| old.as_message().is_some_and(|old| key(old) == key(new));
        let kept = old.iter().position(same).map(|index| old.remove(index));
        let Some(Value::Message(mut kept)) = kept else {
            return Value::Message(new.clone());
        };
        merge(&mut kept, new);
        Value::Message(kept)
    });
    let merged: Vec<Value> = merged.collect();
    stored.set_field(field, Value::List(merged));
}

/// What tells two elements of a list apart.
fn key(element: &DynamicMessage) -> (String, String) {
    let at = |field: &str| text(element, field).into_owned();
    match element.descriptor().full_name() {
        "feast.core.FeatureViewProjection" => {
            (at("feature_view_name"), at("feature_view_name_alias"))
        }
        "salver.registry.PluginInput" | "salver.registry.PluginOutput" => {
            (at("column"), String::new())
        }
        "salver.registry.OnDemandSource" => (at("view"), String::new()),
        name if name.ends_with("Entry") => (at("key"), String::new()),
        _ => (at("name"), String::new()),
    }
}
