//! Who has which role in a project.

use std::borrow::Cow;

use feature_model::{ObjectId, ObjectKind, access::RoleBinding};
use prost_reflect::{DynamicMessage, Value};

use super::{FIELD, project_mut};
use crate::registry::{
    dynamic::{child, from_typed, items, list_mut, text},
    merge::merge,
    write,
};

const LIST: &str = "role_bindings";

/// All of them, understood or not.
pub(super) fn names(registry: &DynamicMessage, project: &str) -> impl Iterator<Item = ObjectId> {
    stored(registry, project).map(|name| ObjectId::new(ObjectKind::RoleBinding, name))
}

fn stored<'m>(registry: &'m DynamicMessage, project: &str) -> impl Iterator<Item = Cow<'m, str>> {
    child(registry, FIELD)
        .into_iter()
        .flat_map(|extension| items(extension, "projects"))
        .filter(move |entry| text(entry, "project") == project)
        .flat_map(|entry| items(entry, LIST))
        .map(|binding| text(binding, "name"))
}

/// Whether there is one of that name, understood or not.
pub(in crate::registry) fn has(registry: &DynamicMessage, project: &str, name: &str) -> bool {
    stored(registry, project).any(|stored| stored == name)
}

/// Lays a binding over the one of its name, or adds it.
pub(in crate::registry) fn set(
    registry: &mut DynamicMessage,
    project: &str,
    binding: &RoleBinding,
) {
    let wanted = from_typed("salver.registry.RoleBinding", &write::role_binding(binding));
    let bindings = list_mut(project_mut(registry, project), LIST);
    let mut messages = bindings.iter_mut().filter_map(Value::as_message_mut);
    match messages.find(|stored| text(stored, "name") == binding.name) {
        Some(stored) => merge(stored, &wanted),
        None => bindings.push(Value::Message(wanted)),
    }
}

/// Takes away every binding of that name.
pub(in crate::registry) fn remove(registry: &mut DynamicMessage, project: &str, name: &str) {
    list_mut(project_mut(registry, project), LIST).retain(|value| {
        let stored = value.as_message();
        stored.is_none_or(|stored| text(stored, "name") != name)
    });
}
