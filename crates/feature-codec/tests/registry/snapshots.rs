//! What the gateway sees of a registry.

use feature_codec::registry::{RegistryDocument, decode_snapshot};
use feature_model::{DataSourceKind, DataType, FeatureView, ObjectKind, Project, ViewKind};
use proptest::prelude::*;

use crate::EVERYTHING;

fn everything() -> Project {
    let mut snapshot = decode_snapshot(EVERYTHING).unwrap();
    snapshot.projects.swap_remove("rides").unwrap()
}

fn view(name: &str) -> FeatureView {
    everything().feature_views[name].clone()
}

#[test]
fn views_of_every_kind_are_there() {
    let project = everything();
    let kinds = project
        .feature_views
        .iter()
        .map(|(name, view)| (name.as_str(), view.kind));
    let kinds: std::collections::BTreeMap<_, _> = kinds.collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            ("driver_hourly_stats", ViewKind::Feature),
            ("driver_hourly_stats_fresh", ViewKind::Feature),
            ("driver_labels", ViewKind::Label),
            ("embeddings", ViewKind::Feature),
            ("global_stats", ViewKind::Feature),
            ("trips_stream", ViewKind::Stream),
        ]
    );
    let view = &project.on_demand_feature_views["transformed_conv_rate"];
    assert_eq!(view.mode, "python");
    assert!(view.body_text.contains("def transformed_conv_rate"));
    assert_eq!(project.feature_services.len(), 2);
    let others: Vec<ObjectKind> = project.others.iter().map(|object| object.kind).collect();
    assert_eq!(others, [ObjectKind::SavedDataset]);
    assert_eq!(project.permissions.keys().collect::<Vec<_>>(), ["readers"]);
}

#[test]
fn stand_ins_for_no_entity_are_not_told() {
    assert!(view("global_stats").entities.is_empty());
    assert_eq!(everything().entities.keys().collect::<Vec<_>>(), ["driver"]);
}

#[test]
fn types_come_whole() {
    let fresh = view("driver_hourly_stats_fresh");
    let types: Vec<String> = fresh
        .features
        .iter()
        .map(|field| field.data_type.to_string())
        .collect();
    assert_eq!(
        types[2..],
        [
            "Int64",
            "Struct({city: String, since: UnixTimestamp})",
            "Array(Array(Int64))"
        ]
    );
    let embeddings = view("embeddings");
    assert_eq!(
        embeddings.features[1].data_type,
        DataType::Set(Box::new(DataType::String))
    );
}

#[test]
fn materializations_are_told() {
    let stats = view("driver_hourly_stats");
    assert_eq!(
        stats.most_recent_end_time().unwrap().to_string(),
        "2026-03-01T00:00:00Z"
    );
    assert_eq!(stats.state, feature_model::ViewState::AvailableOnline);
}

#[test]
fn sources_of_other_kinds_are_told_by_name() {
    let project = everything();
    let kafka = &project.data_sources["trips_kafka"].kind;
    assert_eq!(
        *kafka,
        DataSourceKind::Other {
            type_name: "STREAM_KAFKA".to_owned()
        }
    );
    let labels = view("driver_labels");
    assert_eq!(labels.stream_source.unwrap().name, "label_push");
    assert_eq!(labels.batch_source.unwrap().name, "plain_source");
}

#[test]
fn projects_with_invalid_names_are_left_out() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap().encode();
    let needle = b"rides";
    while let Some(at) = document
        .windows(needle.len())
        .position(|window| window == needle)
    {
        document[at..at + needle.len()].copy_from_slice(b"r des");
    }
    let snapshot = decode_snapshot(&document).unwrap();
    assert_eq!(
        snapshot
            .projects
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["other"]
    );
}

#[test]
fn half_a_registry_is_an_error_or_less_of_it() {
    let whole = decode_snapshot(EVERYTHING).unwrap();
    let mut errors = 0;
    for end in (0..EVERYTHING.len()).step_by(23) {
        match decode_snapshot(&EVERYTHING[..end]) {
            Ok(snapshot) => assert_ne!(snapshot, whole, "{end}"),
            Err(_) => errors += 1,
        }
    }
    assert!(errors > EVERYTHING.len() / 23 / 2, "{errors}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_a_registry_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_snapshot(&bytes);
        if let Ok(document) = RegistryDocument::decode(&bytes) {
            let _ = document.to_json();
            let _ = document.snapshot();
        }
    }

    #[test]
    fn a_damaged_registry_is_read_without_panic(at in 0..EVERYTHING.len(), byte: u8) {
        let mut bytes = EVERYTHING.to_vec();
        bytes[at] = byte;
        let _ = decode_snapshot(&bytes);
        if let Ok(document) = RegistryDocument::decode(&bytes) {
            let _ = document.to_json();
            document.snapshot().unwrap();
        }
    }
}
