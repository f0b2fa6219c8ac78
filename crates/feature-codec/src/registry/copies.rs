//! Feast keeps copies of sources inside views, and of features and sources inside on-demand views and
//! services. It refuses to read a copy that contradicts its original, so copies follow their originals
//! here, in everybody's objects, as they do in `feast apply`.

use std::collections::{BTreeSet, HashMap};

use feature_model::{DUMMY_ENTITY, DUMMY_JOIN_KEY, ObjectId, ObjectKind};
use prost_reflect::{DynamicMessage, Value};

use super::{
    dynamic::{
        child, child_mut, empty, items, items_mut, list_mut, set_child_mut, set_text, text, texts,
    },
    kind::{Place, place},
    merge::{merge, merge_fields},
};

/// `feast.types.ValueType.STRING`
const STRING: i32 = 2;
/// `feast.core.DataSource.PUSH_SOURCE`
const PUSH_SOURCE: i32 = 9;

/// The originals of one project that changed, and the objects that were written because of the plan.
pub(super) struct Changed<'c> {
    pub(super) project: &'c str,
    pub(super) objects: BTreeSet<ObjectId>,
}

impl Changed<'_> {
    fn has(&self, kind: ObjectKind, name: &str) -> bool {
        self.objects.contains(&ObjectId::new(kind, name))
    }

    fn any_view(&self, name: &str) -> bool {
        VIEWS.iter().any(|kind| self.has(*kind, name))
    }
}

/// The kinds whose features others copy, in the order in which Feast looks a name up.
const VIEWS: [ObjectKind; 4] = [
    ObjectKind::FeatureView,
    ObjectKind::StreamFeatureView,
    ObjectKind::OnDemandFeatureView,
    ObjectKind::LabelView,
];

/// Brings every copy up to date whose original or holder changed. Sources come before the views that copy
/// them, views before the services that copy those.
pub(super) fn refresh(registry: &mut DynamicMessage, mut changed: Changed<'_>) {
    let project = changed.project;
    let originals = Originals::of(registry, project);
    let mut followers = Vec::new();
    each(
        registry,
        place(ObjectKind::DataSource),
        project,
        |name, source| {
            if refresh_push_source(source, &originals, &changed) {
                followers.push(ObjectId::new(ObjectKind::DataSource, name));
            }
        },
    );
    changed.objects.extend(followers);

    let originals = Originals::of(registry, project);
    for kind in VIEWS {
        each(registry, place(kind), project, |name, view| {
            let holder_changed = changed.has(kind, name);
            refresh_sources(view, &originals, &changed, holder_changed);
            refresh_join_keys(view, &originals, &changed, holder_changed);
        });
    }

    let originals = Originals::of(registry, project);
    for kind in [ObjectKind::OnDemandFeatureView, ObjectKind::FeatureService] {
        each(registry, place(kind), project, |name, spec| {
            let holder_changed = changed.has(kind, name);
            for projection in projections_mut(spec, kind) {
                refresh_projection(projection, &originals, &changed, holder_changed);
            }
        });
    }
}

fn each(
    registry: &mut DynamicMessage,
    place: &Place,
    project: &str,
    mut refresh: impl FnMut(&str, &mut DynamicMessage),
) {
    for object in items_mut(registry, place.list) {
        let spec = if place.has_spec {
            let Some(spec) = set_child_mut(object, "spec") else {
                continue;
            };
            spec
        } else {
            object
        };
        if text(spec, "project") == project {
            let name = text(spec, "name").into_owned();
            refresh(&name, spec);
        }
    }
}

/// What copies are made from, by name.
struct Originals {
    sources: HashMap<String, DynamicMessage>,
    entities: HashMap<String, DynamicMessage>,
    views: HashMap<String, DynamicMessage>,
}

impl Originals {
    fn of(registry: &DynamicMessage, project: &str) -> Self {
        let of = |kinds: &[ObjectKind]| {
            let mut originals = HashMap::new();
            for place in kinds.iter().map(|kind| place(*kind)) {
                for (name, spec) in place.specs(registry, project) {
                    originals
                        .entry(name.into_owned())
                        .or_insert_with(|| spec.clone());
                }
            }
            originals
        };
        Self {
            sources: of(&[ObjectKind::DataSource]),
            entities: of(&[ObjectKind::Entity]),
            views: of(&VIEWS),
        }
    }
}

/// A push source holds its batch source and repeats its time columns. Tells whether it followed a change.
fn refresh_push_source(
    source: &mut DynamicMessage,
    originals: &Originals,
    changed: &Changed<'_>,
) -> bool {
    let holder_changed = changed.has(ObjectKind::DataSource, &text(source, "name"));
    let Some(batch) = set_child_mut(source, "batch_source") else {
        return false;
    };
    let followed = refresh_source(batch, originals, changed, holder_changed);
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
fn refresh_sources(
    view: &mut DynamicMessage,
    originals: &Originals,
    changed: &Changed<'_>,
    holder_changed: bool,
) {
    for field in ["batch_source", "stream_source", "source"] {
        if let Some(copy) = set_child_mut(view, field) {
            refresh_source(copy, originals, changed, holder_changed);
        }
    }
    if view.has_field_by_name("sources") {
        for entry in items_mut(view, "sources") {
            let value = set_child_mut(entry, "value");
            let copy = value.and_then(|value| set_child_mut(value, "request_data_source"));
            if let Some(copy) = copy {
                refresh_source(copy, originals, changed, holder_changed);
            }
        }
    }
}

/// Tells whether there was reason to refresh the copy.
fn refresh_source(
    copy: &mut DynamicMessage,
    originals: &Originals,
    changed: &Changed<'_>,
    holder_changed: bool,
) -> bool {
    let name = text(copy, "name").into_owned();
    if !holder_changed && !changed.has(ObjectKind::DataSource, &name) {
        return false;
    }
    if let Some(original) = originals.sources.get(&name) {
        copy_source(copy, original);
    }
    true
}

/// Takes everything over but the project, which no copy has, and the Python class, which some have.
fn copy_source(copy: &mut DynamicMessage, original: &DynamicMessage) {
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

/// `entity_columns`: one column for each entity whose type is known, by the entity or, where Feast
/// inferred it, by the column itself.
fn refresh_join_keys(
    spec: &mut DynamicMessage,
    originals: &Originals,
    changed: &Changed<'_>,
    holder_changed: bool,
) {
    let names = texts(spec, "entities");
    let affected = names
        .iter()
        .any(|name| changed.has(ObjectKind::Entity, name));
    if !holder_changed && !affected {
        return;
    }
    let mut stored = std::mem::take(list_mut(spec, "entity_columns"));
    let columns = names.iter().filter_map(|name| {
        let (join_key, value_type) = join_key(name, originals);
        let named = |value: &Value| {
            value
                .as_message()
                .is_some_and(|column| text(column, "name") == join_key)
        };
        let known = stored
            .iter()
            .position(named)
            .map(|index| stored.remove(index));
        let mut column = match known {
            Some(Value::Message(column)) => column,
            _ if value_type == 0 => return None,
            _ => empty("feast.core.FeatureSpecV2"),
        };
        set_text(&mut column, "name", &join_key);
        if value_type != 0 {
            column.set_field_by_name("value_type", Value::EnumNumber(value_type));
        }
        Some(Value::Message(column))
    });
    let columns: Vec<Value> = columns.collect();
    *list_mut(spec, "entity_columns") = columns;
}

/// Gives a view's join keys the types that its own definition tells; nothing else of them changes.
pub(super) fn set_join_key_types(spec: &mut DynamicMessage, declared: &DynamicMessage) {
    for column in items(declared, "entity_columns") {
        let name = text(column, "name");
        let stored = items_mut(spec, "entity_columns").find(|stored| text(stored, "name") == name);
        if let Some(stored) = stored {
            merge_fields(stored, column, &["value_type"]);
        } else {
            list_mut(spec, "entity_columns").push(Value::Message(column.clone()));
        }
    }
}

/// The join key of an entity and the id of its type; 0 where it isn't known.
fn join_key(entity: &str, originals: &Originals) -> (String, i32) {
    if entity == DUMMY_ENTITY {
        return (DUMMY_JOIN_KEY.to_owned(), STRING);
    }
    let Some(stored) = originals.entities.get(entity) else {
        return (entity.to_owned(), 0);
    };
    let value_type = stored.get_field_by_name("value_type");
    let value_type = value_type.and_then(|value| value.as_enum_number());
    (
        text(stored, "join_key").into_owned(),
        value_type.unwrap_or_default(),
    )
}

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

fn refresh_projection(
    projection: &mut DynamicMessage,
    originals: &Originals,
    changed: &Changed<'_>,
    holder_changed: bool,
) {
    let name = text(projection, "feature_view_name").into_owned();
    let Some(view) = originals.views.get(&name) else {
        return;
    };
    let source = child(view, "batch_source").map(|source| text(source, "name").into_owned());
    let source_changed = source.is_some_and(|source| changed.has(ObjectKind::DataSource, &source));
    if !holder_changed && !changed.any_view(&name) && !source_changed {
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
