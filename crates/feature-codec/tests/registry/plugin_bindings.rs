//! Plugin bindings: of Salver's own on-demand views, and of Feast's.

use std::time::Duration;

use feature_codec::registry::{ApplyError, RegistryDocument, decode_snapshot};
use feature_model::{
    ObjectId, ObjectKind, OnPluginError, PluginBinding, PluginDigest, PluginInput, PluginLimits,
    Project, Wasi,
    plan::{Action, Change, Plan},
};
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

use crate::{EVERYTHING, apply, current, drivers, now, planned, rides};

const VIEW: &str = "transformed_conv_rate";

pub(crate) fn binding() -> PluginBinding {
    let rate = PluginInput {
        source: "driver_hourly_stats".to_owned(),
        field: "conv_rate".to_owned(),
    };
    PluginBinding {
        digest: PluginDigest::new([7; 32]),
        transform: "add".to_owned(),
        parameters: r#"{"big":9007199254740993}"#.to_owned(),
        inputs: [("rate".to_owned(), rate)].into(),
        outputs: [("sum".to_owned(), "conv_rate_plus_val1".to_owned())].into(),
        limits: PluginLimits {
            deadline: Some(Duration::from_millis(30)),
            memory_bytes: Some(1 << 26),
            output_bytes: None,
            stack_bytes: Some(1 << 19),
            log_lines: Some(0),
        },
        on_error: OnPluginError::NullColumns,
        fresh_instance: true,
        wasi: Wasi::Empty,
        body_text: None,
    }
}

fn pinned() -> PluginBinding {
    PluginBinding {
        body_text: Some(PluginDigest::new([1; 32])),
        ..binding()
    }
}

/// Definitions with a plugin for a view.
fn bound(view: &str, binding: PluginBinding) -> Project {
    let mut project = drivers::project();
    project.plugin_bindings.insert(view.to_owned(), binding);
    project
}

/// Definitions of nothing but a plugin for a view of Feast's.
fn bound_alone() -> Project {
    let mut project = Project::default();
    project.plugin_bindings.insert(VIEW.to_owned(), pinned());
    project
}

fn adopted() -> RegistryDocument {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &drivers::project(), true);
    document
}

fn of(document: &RegistryDocument, view: &str) -> Option<PluginBinding> {
    current(document).plugin_bindings.get(view).cloned()
}

/// Changes the extension's entries as other programs might.
fn edit_entries(
    document: &RegistryDocument,
    edit: impl Fn(&mut DynamicMessage),
) -> RegistryDocument {
    let descriptors = include_bytes!(concat!(env!("OUT_DIR"), "/registry.descriptors"));
    let pool = DescriptorPool::decode(descriptors.as_slice()).unwrap();
    let registry = pool.get_message_by_name("feast.core.Registry").unwrap();
    let bytes = document.encode();
    let mut message = DynamicMessage::decode(registry, bytes.as_slice()).unwrap();
    let salver = message.get_field_by_name_mut("salver").unwrap();
    let projects = salver
        .as_message_mut()
        .unwrap()
        .get_field_by_name_mut("projects");
    for project in projects.unwrap().as_list_mut().unwrap() {
        let project = project.as_message_mut().unwrap();
        let objects = project.get_field_by_name_mut("objects").unwrap();
        for entry in objects.as_list_mut().unwrap() {
            edit(entry.as_message_mut().unwrap());
        }
    }
    RegistryDocument::decode(&prost::Message::encode_to_vec(&message)).unwrap()
}

fn edit_plugins(document: &RegistryDocument, field: &str, value: Value) -> RegistryDocument {
    edit_entries(document, |entry| {
        if entry.has_field_by_name("plugin") {
            let plugin = entry.get_field_by_name_mut("plugin").unwrap();
            let plugin = plugin.as_message_mut().unwrap();
            plugin.set_field_by_name(field, value.clone());
        }
    })
}

#[test]
fn a_binding_is_read_as_it_was_applied() {
    let mut document = adopted();
    apply(&mut document, &bound(VIEW, binding()), false);
    assert_eq!(of(&document, VIEW), Some(binding()));
    let id = ObjectId::new(ObjectKind::PluginBinding, VIEW);
    assert!(document.managed(&rides()).contains(&id));
}

#[test]
fn a_view_that_feast_owns_is_bound_and_stays_as_feast_wrote_it() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    let before = document.to_json().unwrap();
    apply(&mut document, &bound_alone(), false);
    assert_eq!(of(&document, VIEW), Some(pinned()));
    let after = document.to_json().unwrap();
    assert_eq!(
        after["onDemandFeatureViews"],
        before["onDemandFeatureViews"]
    );
    let view = ObjectId::new(ObjectKind::OnDemandFeatureView, VIEW);
    assert!(!document.managed(&rides()).contains(&view));
}

#[test]
fn a_binding_that_goes_leaves_nothing_but_its_view() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &bound_alone(), false);
    let plan = apply(&mut document, &Project::default(), false);
    let removed = Change {
        object: ObjectId::new(ObjectKind::PluginBinding, VIEW),
        action: Action::Delete,
    };
    assert_eq!(plan.changes, [removed]);
    let after = document.to_json().unwrap();
    let projects = after["salver"]["projects"].as_array().unwrap();
    assert!(projects.iter().all(|project| project["objects"].is_null()));
    assert!(
        current(&document)
            .on_demand_feature_views
            .contains_key(VIEW)
    );
}

#[test]
fn a_torn_down_project_takes_its_bindings_and_no_view_of_feasts() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &bound_alone(), false);
    document.remove_project(&rides()).unwrap();
    let after = current(&document);
    assert!(after.plugin_bindings.is_empty());
    assert!(after.on_demand_feature_views.contains_key(VIEW));
}

#[test]
fn a_binding_of_a_view_that_feast_made_anew_does_not_count_unless_it_is_pinned() {
    for (binding, counts) in [(binding(), false), (pinned(), true)] {
        let mut document = adopted();
        apply(&mut document, &bound(VIEW, binding), false);
        let anew = edit_entries(&document, |entry| {
            if entry.has_field_by_name("managed_since") {
                let since = entry.get_field_by_name_mut("managed_since").unwrap();
                let since = since.as_message_mut().unwrap();
                since.set_field_by_name("seconds", Value::I64(1));
            }
        });
        assert_eq!(of(&anew, VIEW).is_some(), counts);
    }
}

#[test]
fn a_binding_goes_with_its_view() {
    let mut document = RegistryDocument::empty();
    apply(&mut document, &bound(VIEW, binding()), false);
    let plan = apply(&mut document, &Project::default(), false);
    let kinds = plan.changes.iter().map(|change| change.object.kind);
    let kinds: Vec<ObjectKind> = kinds.collect();
    let at = |kind| kinds.iter().position(|known| *known == kind).unwrap();
    assert!(at(ObjectKind::FeatureService) < at(ObjectKind::PluginBinding));
    assert!(at(ObjectKind::PluginBinding) < at(ObjectKind::OnDemandFeatureView));
    assert_eq!(current(&document).plugin_bindings.len(), 0);
}

#[test]
fn an_unpinned_binding_stays_away_from_what_is_not_managed() {
    let document = RegistryDocument::decode(EVERYTHING).unwrap();
    let plan = planned(&document, &bound(VIEW, binding()), false);
    let id = ObjectId::new(ObjectKind::PluginBinding, VIEW);
    assert!(plan.changes.iter().all(|change| change.object != id));
    assert!(plan.unmanaged.contains(&id));
}

#[test]
fn a_binding_that_is_not_understood_is_left_out_and_kept() {
    let mut document = adopted();
    apply(&mut document, &bound(VIEW, binding()), false);
    for (field, value) in [
        ("sha256", Value::Bytes(vec![1, 2, 3].into())),
        ("body_text_sha256", Value::Bytes(vec![1].into())),
        ("on_error", Value::EnumNumber(77)),
        ("wasi", Value::EnumNumber(77)),
    ] {
        let newer = edit_plugins(&document, field, value);
        assert_eq!(of(&newer, VIEW), None, "{field}");
        let mut applied = newer.clone();
        apply(&mut applied, &drivers::project(), false);
        assert_eq!(applied, newer, "{field}");
        apply(&mut applied, &bound(VIEW, binding()), false);
        assert_eq!(of(&applied, VIEW), Some(binding()), "{field}");
    }
}

#[test]
fn a_plan_for_a_view_that_is_gone_is_refused() {
    let mut document = adopted();
    let plan = Plan {
        changes: vec![Change {
            object: ObjectId::new(ObjectKind::PluginBinding, "nowhere"),
            action: Action::Create,
        }],
        unmanaged: Vec::new(),
    };
    let desired = bound("nowhere", pinned());
    let applied = document.apply(&rides(), &desired, &plan, false, now());
    assert!(matches!(applied, Err(ApplyError::NotFound { .. })));
    let snapshot = decode_snapshot(&document.encode()).unwrap();
    assert!(snapshot.projects["rides"].plugin_bindings.is_empty());
}
