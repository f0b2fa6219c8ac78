//! Salver's own message in a registry: see `proto/salver/extension.proto`. Changed as a message that keeps
//! unknown fields, so that what a newer Salver says about an object survives.

use std::collections::BTreeSet;

use feature_model::{ObjectId, ObjectKind};
use prost_reflect::{DynamicMessage, Value};

use super::{
    dynamic::{child, child_mut, empty, items, list_mut, set_child_mut, set_text, text},
    kind::{PLACES, place},
    merge::merge,
};

/// [`feature_model::ObjectKind::DataSource`] as the extension writes it.
pub(super) const DATA_SOURCE: &str = "data_source";
/// The one file format that Feast has no message for.
pub(super) const CSV: &str = "csv";

const FIELD: &str = "salver";

/// The objects of a project that Salver created or adopted, and that are still the same objects.
pub(super) fn managed(registry: &DynamicMessage, project: &str) -> BTreeSet<ObjectId> {
    let projects = child(registry, FIELD).into_iter();
    let ours = projects
        .flat_map(|extension| items(extension, "projects"))
        .filter(|entry| text(entry, "project") == project);
    ours.flat_map(|entry| items(entry, "objects"))
        .filter_map(|entry| {
            let since = child(entry, "managed_since")?;
            let kind = kind_of(&text(entry, "kind"))?;
            let name = text(entry, "name");
            let object = place(kind).find(registry, project, &name)?;
            let created = created(object);
            created
                .is_none_or(|created| same_time(created, since))
                .then(|| ObjectId::new(kind, name))
        })
        .collect()
}

fn kind_of(id: &str) -> Option<ObjectKind> {
    let mut places = PLACES.iter();
    places.find(|place| place.id == id).map(|place| place.kind)
}

/// Whether two times are equal, whatever else the messages hold.
fn same_time(one: &DynamicMessage, other: &DynamicMessage) -> bool {
    ["seconds", "nanos"]
        .iter()
        .all(|field| one.get_field_by_name(field) == other.get_field_by_name(field))
}

/// When an object was created, as Feast's message tells it.
fn created(object: &DynamicMessage) -> Option<&DynamicMessage> {
    child(child(object, "meta")?, "created_timestamp")
}

pub(super) fn set_last_commit(registry: &mut DynamicMessage, version_id: &str, writer: &str) {
    let commit = child_mut(child_mut(registry, FIELD), "last_commit");
    set_text(commit, "version_id", version_id);
    set_text(commit, "writer", writer);
}

/// Notes that Salver manages the object as it now is. An object without a creation time is pinned to
/// the epoch.
pub(super) fn set_managed(registry: &mut DynamicMessage, project: &str, object: &ObjectId) {
    let found = place(object.kind).find(registry, project, &object.name);
    let since = found
        .and_then(created)
        .cloned()
        .unwrap_or_else(|| empty("google.protobuf.Timestamp"));
    let entry = entry_mut(registry, project, object);
    merge(child_mut(entry, "managed_since"), &since);
}

/// Notes whether a file source is CSV.
pub(super) fn set_csv(registry: &mut DynamicMessage, project: &str, source: &str, is_csv: bool) {
    let object = ObjectId::new(ObjectKind::DataSource, source);
    if is_csv {
        set_text(entry_mut(registry, project, &object), "file_format", CSV);
    } else if let Some(entry) = existing_entry_mut(registry, project, &object) {
        entry.clear_field_by_name("file_format");
    }
}

/// Forgets everything about the object.
pub(super) fn forget(registry: &mut DynamicMessage, project: &str, object: &ObjectId) {
    let Some(entry) = existing_project_mut(registry, project) else {
        return;
    };
    list_mut(entry, "objects").retain(|value| !is_about(value, object));
}

/// Forgets everything about the objects of a project that the document doesn't have any more.
pub(super) fn prune(registry: &mut DynamicMessage, project: &str) {
    let gone: Vec<ObjectId> = child(registry, FIELD)
        .into_iter()
        .flat_map(|extension| items(extension, "projects"))
        .filter(|entry| text(entry, "project") == project)
        .flat_map(|entry| items(entry, "objects"))
        .filter_map(|entry| {
            Some(ObjectId::new(
                kind_of(&text(entry, "kind"))?,
                text(entry, "name"),
            ))
        })
        .filter(|object| !super::kind::has(registry, project, object))
        .collect();
    for object in gone {
        forget(registry, project, &object);
    }
}

/// Forgets the project.
pub(super) fn forget_project(registry: &mut DynamicMessage, project: &str) {
    if let Some(extension) = set_child_mut(registry, FIELD) {
        list_mut(extension, "projects").retain(|value| !is_project(value, project));
    }
}

fn is_project(value: &Value, project: &str) -> bool {
    let message = value.as_message();
    message.is_some_and(|entry| text(entry, "project") == project)
}

fn is_about(value: &Value, object: &ObjectId) -> bool {
    value.as_message().is_some_and(|entry| {
        text(entry, "kind") == place(object.kind).id && text(entry, "name") == object.name
    })
}

fn existing_project_mut<'m>(
    registry: &'m mut DynamicMessage,
    project: &str,
) -> Option<&'m mut DynamicMessage> {
    let extension = set_child_mut(registry, FIELD)?;
    let mut projects = list_mut(extension, "projects").iter_mut();
    projects
        .find(|value| is_project(value, project))
        .and_then(Value::as_message_mut)
}

fn existing_entry_mut<'m>(
    registry: &'m mut DynamicMessage,
    project: &str,
    object: &ObjectId,
) -> Option<&'m mut DynamicMessage> {
    let entry = existing_project_mut(registry, project)?;
    let mut objects = list_mut(entry, "objects").iter_mut();
    objects
        .find(|value| is_about(value, object))
        .and_then(Value::as_message_mut)
}

fn entry_mut<'m>(
    registry: &'m mut DynamicMessage,
    project: &str,
    object: &ObjectId,
) -> &'m mut DynamicMessage {
    let projects = list_mut(child_mut(registry, FIELD), "projects");
    let entry = find_or_push(
        projects,
        |value| is_project(value, project),
        || {
            let mut entry = empty("salver.registry.ProjectExtension");
            set_text(&mut entry, "project", project);
            entry
        },
    );
    find_or_push(
        list_mut(entry, "objects"),
        |value| is_about(value, object),
        || {
            let mut entry = empty("salver.registry.ObjectExtension");
            set_text(&mut entry, "kind", place(object.kind).id);
            set_text(&mut entry, "name", &object.name);
            entry
        },
    )
}

fn find_or_push(
    list: &mut Vec<Value>,
    is_it: impl Fn(&Value) -> bool,
    make: impl FnOnce() -> DynamicMessage,
) -> &mut DynamicMessage {
    let index = list.iter().position(is_it).unwrap_or_else(|| {
        list.push(Value::Message(make()));
        list.len() - 1
    });
    list[index]
        .as_message_mut()
        .expect("a repeated message field holds messages")
}
