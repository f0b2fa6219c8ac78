//! Salver's own message in a registry: see `proto/salver/extension.proto`. Changed as a message that keeps
//! unknown fields, so that what a newer Salver says about an object survives.

pub(super) mod role_bindings;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use feature_model::{ObjectId, ObjectKind, PluginBinding};
use prost_reflect::{DynamicMessage, Value};

use super::{
    dynamic::{
        child, child_mut, empty, from_typed, items, list_mut, set_child_mut, set_text, text,
    },
    kind::{PLACES, place},
    merge::{merge, merge_fields},
    proto::salver::registry::{ObjectExtension, OnDemandSource},
    write,
};

/// [`feature_model::ObjectKind::DataSource`] as the extension writes it.
pub(super) const DATA_SOURCE: &str = "data_source";
/// [`feature_model::ObjectKind::OnDemandFeatureView`] as the extension writes it.
pub(super) const ON_DEMAND_FEATURE_VIEW: &str = "on_demand_feature_view";
/// The one file format that Feast has no message for.
pub(super) const CSV: &str = "csv";

const FIELD: &str = "salver";
const ENTRY: &str = "salver.registry.ObjectExtension";
const ROWS_MATERIALIZED: &str = "rows_materialized";
const PLUGIN: &str = "plugin";

/// The objects of a project that Salver created or adopted, and that are still the same objects; and all bindings of
/// plugins and roles, which nobody else makes.
pub(super) fn managed(registry: &DynamicMessage, project: &str) -> BTreeSet<ObjectId> {
    let known = known(registry, project);
    let bindings = entries(registry, project)
        .filter(|(id, _)| id.kind == ObjectKind::OnDemandFeatureView && known.contains_key(id))
        .filter(|(_, entry)| child(entry, PLUGIN).is_some())
        .map(|(id, _)| ObjectId::new(ObjectKind::PluginBinding, id.name));
    entries(registry, project)
        .filter_map(|(id, entry)| {
            let since = child(entry, "managed_since")?;
            let created = known.get(&id)?;
            let is_same = created.is_none_or(|created| same_time(created, since));
            is_same.then_some(id)
        })
        .chain(bindings)
        .chain(role_bindings::names(registry, project))
        .collect()
}

/// What the extension says about the objects of a project.
fn entries<'m>(
    registry: &'m DynamicMessage,
    project: &str,
) -> impl Iterator<Item = (ObjectId, &'m DynamicMessage)> {
    child(registry, FIELD)
        .into_iter()
        .flat_map(|extension| items(extension, "projects"))
        .filter(move |entry| text(entry, "project") == project)
        .flat_map(|entry| items(entry, "objects"))
        .filter_map(|entry| {
            let kind = kind_of(&text(entry, "kind"))?;
            Some((ObjectId::new(kind, text(entry, "name")), entry))
        })
}

/// The objects of a project, and when each was created.
fn known<'m>(
    registry: &'m DynamicMessage,
    project: &str,
) -> HashMap<ObjectId, Option<&'m DynamicMessage>> {
    let mut known = HashMap::new();
    for place in PLACES {
        for (name, object) in place.objects(registry, project) {
            let id = ObjectId::new(place.kind, name);
            known.entry(id).or_insert_with(|| created(object));
        }
    }
    known
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

/// Notes that Salver manages the objects as they now are, and what else there is to say about them. An object
/// without a creation time is pinned to the epoch.
pub(super) fn set_managed(
    registry: &mut DynamicMessage,
    project: &str,
    objects: &BTreeMap<ObjectId, Notes>,
) {
    if objects.is_empty() {
        return;
    }
    let known = known(registry, project);
    let created: Vec<Option<DynamicMessage>> = objects
        .keys()
        .map(|object| known.get(object).copied().flatten().cloned())
        .collect();
    let list = objects_mut(registry, project);
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    for (index, entry) in list.iter().enumerate() {
        places.entry(about(entry)).or_insert(index);
    }
    for ((object, notes), created) in objects.iter().zip(created) {
        let key = (place(object.kind).id.to_owned(), object.name.clone());
        let index = *places.entry(key).or_insert_with(|| {
            list.push(Value::Message(new_entry(object)));
            list.len() - 1
        });
        let entry = list[index]
            .as_message_mut()
            .expect("a repeated message field holds messages");
        let since = created.unwrap_or_else(|| empty("google.protobuf.Timestamp"));
        merge(child_mut(entry, "managed_since"), &since);
        notes.write(entry);
    }
}

/// Adds to the rows that were written for a feature view.
pub(super) fn add_rows_materialized(
    registry: &mut DynamicMessage,
    project: &str,
    view: &ObjectId,
    rows: u64,
) {
    let entry = entry_mut(registry, project, view);
    let before = entry
        .get_field_by_name(ROWS_MATERIALIZED)
        .and_then(|rows| rows.as_u64())
        .unwrap_or_default();
    let after = Value::U64(before.saturating_add(rows));
    entry.set_field_by_name(ROWS_MATERIALIZED, after);
}

/// Whether there is a binding, readable or not.
pub(super) fn has_plugin(registry: &DynamicMessage, project: &str, view: &str) -> bool {
    let view = ObjectId::new(ObjectKind::OnDemandFeatureView, view);
    entries(registry, project).any(|(id, entry)| id == view && child(entry, PLUGIN).is_some())
}

/// Lays a binding over the one that a view has, or gives it one.
pub(super) fn set_plugin(
    registry: &mut DynamicMessage,
    project: &str,
    view: &str,
    binding: &PluginBinding,
) {
    let view = ObjectId::new(ObjectKind::OnDemandFeatureView, view);
    let wanted = from_typed(
        "salver.registry.PluginBinding",
        &write::plugin_binding(binding),
    );
    let entry = entry_mut(registry, project, &view);
    merge(child_mut(entry, PLUGIN), &wanted);
}

/// Takes the binding of a view away, and with it an entry that says nothing else.
pub(super) fn remove_plugin(registry: &mut DynamicMessage, project: &str, view: &str) {
    let key = (ON_DEMAND_FEATURE_VIEW.to_owned(), view.to_owned());
    objects_mut(registry, project).retain_mut(|value| {
        if about(value) != key {
            return true;
        }
        let Some(entry) = value.as_message_mut() else {
            return true;
        };
        entry.clear_field_by_name(PLUGIN);
        // Kind and name alone say nothing.
        entry.fields().count() > 2 || entry.unknown_fields().next().is_some()
    });
}

/// What Feast has no field for, of an object that a file declares.
#[derive(Default)]
pub(super) struct Notes {
    /// Whether it is a file source in Salver's own format.
    pub(super) is_csv: bool,
    /// For an on-demand view: on-demand views among its sources, and their chosen features.
    pub(super) on_demand_sources: Vec<OnDemandSource>,
}

impl Notes {
    fn write(&self, entry: &mut DynamicMessage) {
        let wanted = ObjectExtension {
            file_format: if self.is_csv {
                CSV.to_owned()
            } else {
                String::new()
            },
            on_demand_sources: self.on_demand_sources.clone(),
            ..ObjectExtension::default()
        };
        let wanted = from_typed(ENTRY, &wanted);
        merge_fields(entry, &wanted, &["file_format", "on_demand_sources"]);
    }
}

fn about(entry: &Value) -> (String, String) {
    let at = |field: &str| {
        let entry = entry.as_message();
        entry
            .map(|entry| text(entry, field).into_owned())
            .unwrap_or_default()
    };
    (at("kind"), at("name"))
}

fn new_entry(object: &ObjectId) -> DynamicMessage {
    let mut entry = empty(ENTRY);
    set_text(&mut entry, "kind", place(object.kind).id);
    set_text(&mut entry, "name", &object.name);
    entry
}

/// What is said about an object of a project, made when there is nothing.
fn entry_mut<'m>(
    registry: &'m mut DynamicMessage,
    project: &str,
    object: &ObjectId,
) -> &'m mut DynamicMessage {
    let list = objects_mut(registry, project);
    let key = (place(object.kind).id.to_owned(), object.name.clone());
    let index = list.iter().position(|entry| about(entry) == key);
    let index = index.unwrap_or_else(|| {
        list.push(Value::Message(new_entry(object)));
        list.len() - 1
    });
    list[index]
        .as_message_mut()
        .expect("a repeated message field holds messages")
}

/// The list of what is said about the objects of a project, made when there is none.
fn objects_mut<'m>(registry: &'m mut DynamicMessage, project: &str) -> &'m mut Vec<Value> {
    list_mut(project_mut(registry, project), "objects")
}

/// What is said about a project, made when there is nothing.
fn project_mut<'m>(registry: &'m mut DynamicMessage, project: &str) -> &'m mut DynamicMessage {
    let projects = list_mut(child_mut(registry, FIELD), "projects");
    let index = projects.iter().position(|entry| is_project(entry, project));
    let index = index.unwrap_or_else(|| {
        let mut entry = empty("salver.registry.ProjectExtension");
        set_text(&mut entry, "project", project);
        projects.push(Value::Message(entry));
        projects.len() - 1
    });
    projects[index]
        .as_message_mut()
        .expect("a repeated message field holds messages")
}

/// Forgets everything about the objects of a project that the document doesn't have any more. What a newer
/// Salver says about kinds that this one doesn't know stays.
pub(super) fn prune(registry: &mut DynamicMessage, project: &str) {
    let known = known(registry, project);
    let gone: HashSet<(String, String)> = entries(registry, project)
        .filter(|(object, _)| !known.contains_key(object))
        .map(|(object, _)| (place(object.kind).id.to_owned(), object.name))
        .collect();
    if !gone.is_empty() {
        objects_mut(registry, project).retain(|entry| !gone.contains(&about(entry)));
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
