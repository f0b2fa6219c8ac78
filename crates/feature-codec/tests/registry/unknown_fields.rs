//! A field that no release knows, in every message at every depth, through everything that Salver does.

use std::{collections::BTreeSet, sync::LazyLock};

use feature_codec::registry::{ApplyError, RegistryDocument};
use feature_model::{
    DataSourceKind, FileFormat, MaterializationInterval, PluginDigest, PluginLimits, Project,
    Timestamp,
};
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::{
    EVERYTHING, access, apply, drivers, now, on_demand_sources, planned, plugin_bindings::binding,
    rides,
};

const UNKNOWN: u64 = 9999;

/// Walks a message by its schema, telling of each message and putting it together again.
struct Walk<'v> {
    /// Gets the path and the unknown marks of a message, and says what to append to it.
    visit: &'v mut dyn FnMut(&str, &[u64]) -> Option<u64>,
}

impl Walk<'_> {
    fn message(&mut self, path: &str, descriptor: &MessageDescriptor, mut bytes: &[u8]) -> Vec<u8> {
        let (mut out, mut marks) = (Vec::new(), Vec::new());
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let field = descriptor.get_field(u32::try_from(tag >> 3).unwrap());
            put_varint(tag, &mut out);
            match tag & 7 {
                0 => {
                    let value = varint(&mut bytes);
                    put_varint(value, &mut out);
                    if tag >> 3 == UNKNOWN {
                        marks.push(value);
                    }
                }
                2 => {
                    let length = usize::try_from(varint(&mut bytes)).unwrap();
                    let (payload, rest) = bytes.split_at(length);
                    bytes = rest;
                    let payload = self.payload(path, field.as_ref(), payload);
                    put_varint(payload.len() as u64, &mut out);
                    out.extend(payload);
                }
                wire => {
                    let (fixed, rest) = bytes.split_at(if wire == 1 { 8 } else { 4 });
                    out.extend(fixed);
                    bytes = rest;
                }
            }
        }
        if let Some(mark) = (self.visit)(path, &marks) {
            put_varint(UNKNOWN << 3, &mut out);
            put_varint(mark, &mut out);
        }
        out
    }

    fn payload(&mut self, path: &str, field: Option<&FieldDescriptor>, bytes: &[u8]) -> Vec<u8> {
        match field.map(|field| (field.name().to_owned(), field.kind())) {
            Some((name, Kind::Message(message))) => {
                self.message(&format!("{path}/{name}"), &message, bytes)
            }
            _ => bytes.to_vec(),
        }
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            break;
        }
    }
    value
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 127 {
        out.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let descriptors = include_bytes!(concat!(env!("OUT_DIR"), "/registry.descriptors"));
    DescriptorPool::decode(descriptors.as_slice()).unwrap()
});

fn walk(bytes: &[u8], visit: &mut dyn FnMut(&str, &[u64]) -> Option<u64>) -> Vec<u8> {
    let registry = POOL.get_message_by_name("feast.core.Registry").unwrap();
    Walk { visit }.message("", &registry, bytes)
}

/// Appends the unknown field to every message, each time with a number of its own.
fn marked(bytes: &[u8]) -> Vec<u8> {
    marked_where(bytes, |_| true)
}

/// Appends the unknown field to the messages whose path is chosen.
pub(crate) fn marked_where(bytes: &[u8], is_chosen: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut next = 0;
    walk(bytes, &mut |path, _| {
        next += 1;
        is_chosen(path).then_some(next)
    })
}

pub(crate) fn marks(bytes: &[u8]) -> BTreeSet<(u64, String)> {
    let mut found = BTreeSet::new();
    walk(bytes, &mut |path, marks| {
        found.extend(marks.iter().map(|mark| (*mark, path.to_owned())));
        None
    });
    found
}

fn lost(before: &RegistryDocument, after: &RegistryDocument) -> Vec<(u64, String)> {
    let after = marks(&after.encode());
    let lost = marks(&before.encode());
    lost.into_iter()
        .filter(|mark| !after.contains(mark))
        .collect()
}

/// A registry of Feast's that Salver has adopted, with a mark in every message.
fn document() -> RegistryDocument {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &bound(), true);
    document.stamp("first", now());
    document.sign("a test");
    RegistryDocument::decode(&marked(&document.encode())).unwrap()
}

/// The definitions, with a plugin for the on-demand view.
fn bound() -> Project {
    let mut project = on_demand_sources::chained();
    let view = "transformed_conv_rate".to_owned();
    project.plugin_bindings.insert(view, binding());
    let (team, readers) = (access::binding(), access::permission());
    project.role_bindings.insert(team.name.clone(), team);
    project.permissions.insert(readers.name.clone(), readers);
    project
}

/// Changes something in each object, and nothing away.
fn edited() -> Project {
    let mut project = bound();
    for binding in project.plugin_bindings.values_mut() {
        binding.digest = PluginDigest::new([9; 32]);
        binding.inputs.get_mut("rate").unwrap().field = "acc_rate".to_owned();
        binding
            .outputs
            .insert("sum".to_owned(), "edited".to_owned());
        binding.limits = PluginLimits::default();
    }
    for entity in project.entities.values_mut() {
        entity.description = "edited".to_owned();
        entity.tags.insert("edited".to_owned(), "yes".to_owned());
    }
    for source in project.data_sources.values_mut() {
        source.owner = "edited".to_owned();
        if let DataSourceKind::File(file) = &mut source.kind {
            file.path = "data/edited.parquet".to_owned();
            file.format = FileFormat::Csv;
        }
    }
    let sources = project.data_sources.clone();
    for view in project.feature_views.values_mut() {
        view.ttl = Some("2d".parse().unwrap());
        view.features[0].description = "edited".to_owned();
        view.features
            .push(drivers::field("edited", "Array(Array(Int64))"));
        for source in view.batch_source.iter_mut().chain(&mut view.stream_source) {
            source.clone_from(&sources[&source.name]);
        }
    }
    for view in project.on_demand_feature_views.values_mut() {
        view.features
            .push(drivers::field("edited", "Struct({a: Int64})"));
        view.description = "edited".to_owned();
    }
    for service in project.feature_services.values_mut() {
        service.projections[0]
            .join_key_map
            .insert("driver_id".to_owned(), "edited".to_owned());
        service.owner = "edited".to_owned();
    }
    project
}

#[test]
fn every_message_is_marked_to_begin_with() {
    let marks = marks(&document().encode());
    assert!(marks.len() > 300, "{}", marks.len());
    for path in [
        "",
        "/entities/spec/tags",
        "/feature_views/meta/materialization_intervals/start_time",
        "/feature_services/spec/features/batch_source/meta/created_timestamp",
        "/on_demand_feature_views/spec/sources/value/feature_view_projection/feature_columns",
        "/permissions/spec/policy/role_based_policy",
        "/salver/projects/objects/managed_since",
        "/salver/projects/objects/plugin/limits",
        "/salver/projects/objects/plugin/inputs",
        "/salver/projects/objects/on_demand_sources",
        "/salver/projects/role_bindings",
    ] {
        assert!(marks.iter().any(|(_, marked)| marked == path), "{path}");
    }
}

#[test]
fn reading_and_writing_keeps_them_and_every_other_byte() {
    let bytes = marked(EVERYTHING);
    let encoded = RegistryDocument::decode(&bytes).unwrap().encode();
    assert_eq!(marks(&encoded), marks(&bytes));
    assert_eq!(encoded.len(), bytes.len());
}

#[test]
fn updating_every_object_keeps_them() {
    let before = document();
    let mut after = before.clone();
    let plan = apply(&mut after, &edited(), false);
    assert_eq!(plan.changes.len(), 13, "{plan:#?}");
    assert_eq!(lost(&before, &after), []);
}

#[test]
fn creating_and_recording_and_stamping_keeps_them() {
    let before = document();
    let mut after = before.clone();
    let mut desired = bound();
    let file = drivers::source("new_source", DataSourceKind::File(drivers::file()));
    let view = drivers::view("new_view", vec![drivers::field("f", "Int64")], file.clone());
    desired.data_sources.insert(file.name.clone(), file);
    desired.feature_views.insert(view.name.clone(), view);
    apply(&mut after, &desired, false);
    let interval = MaterializationInterval {
        start_time: Timestamp::EPOCH,
        end_time: now(),
    };
    for view in ["driver_hourly_stats", "trips_stream"] {
        after
            .record_materialization(&rides(), view, interval, 3, now())
            .unwrap();
    }
    after.stamp("second", now());
    after.sign("another test");
    assert_eq!(lost(&before, &after), []);
}

#[test]
fn deleting_takes_only_what_is_deleted() {
    let before = document();
    let mut after = before.clone();
    let mut desired = bound();
    desired.feature_services.clear();
    let plan = planned(&after, &desired, false);
    after
        .apply(&rides(), &desired, &plan, false, now())
        .unwrap();
    for (_, path) in lost(&before, &after) {
        let deleted =
            path.starts_with("/feature_services") || path.starts_with("/salver/projects/objects");
        assert!(deleted, "{path}");
    }
}

#[test]
fn tearing_a_project_down_leaves_the_others_alone() {
    let third: feature_model::ProjectName = "third".parse().unwrap();
    let mut document = document();
    let before = document.snapshot().unwrap();
    let desired = bound();
    let plan = feature_model::plan::plan(&Project::default(), &desired, &[].into(), false);
    document
        .apply(&third, &desired, &plan, false, now())
        .unwrap();
    assert!(document.snapshot().unwrap().projects.contains_key(&third));
    document.remove_project(&third).unwrap();
    assert_eq!(document.snapshot().unwrap().projects, before.projects);
}

/// Feast made views, services and on-demand views there that use adopted objects.
#[test]
fn what_feast_uses_is_not_torn_down() {
    let before = document();
    let mut after = before.clone();
    let error = after.remove_project(&rides()).unwrap_err();
    assert!(matches!(error, ApplyError::StillUsed { .. }), "{error}");
    assert_eq!(after.encode(), before.encode());
}
