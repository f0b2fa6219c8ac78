//! What an update changes, and what it leaves alone.

use feature_codec::registry::{ApplyError, RegistryDocument};
use feature_model::{
    DataSourceKind, MaterializationInterval, ObjectId, ObjectKind, OnDemandSource, Project,
    Timestamp, ViewState,
    plan::{Action, Plan},
};
use serde_json::Value;

use crate::{EVERYTHING, apply, current, drivers, now, planned, rides};

fn adopted() -> RegistryDocument {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &drivers::project(), true);
    document
}

fn stored(document: &RegistryDocument, list: &str, name: &str) -> Value {
    let json = document.to_json().unwrap();
    let objects = json[list].as_array().unwrap();
    let found = objects.iter().find(|object| {
        let spec = object.get("spec").unwrap_or(object);
        spec["name"] == name && spec["project"] == "rides"
    });
    found
        .unwrap_or_else(|| panic!("no {name} in {list}"))
        .clone()
}

fn updated(plan: &Plan) -> Vec<String> {
    let updates = plan.changes.iter();
    updates
        .filter(|change| matches!(change.action, Action::Update { .. }))
        .map(|change| change.object.to_string())
        .collect()
}

#[test]
fn an_update_keeps_state_intervals_version_and_creation_time() {
    let mut document = adopted();
    let before = stored(&document, "featureViews", "driver_hourly_stats");
    let mut desired = drivers::project();
    desired.feature_views["driver_hourly_stats"].ttl = None;
    apply(&mut document, &desired, false);
    let after = stored(&document, "featureViews", "driver_hourly_stats");
    assert_eq!(after["spec"]["ttl"], "0s");
    assert_eq!(
        after["meta"]["lastUpdatedTimestamp"],
        "2026-05-01T12:00:00.123456Z"
    );
    for key in ["createdTimestamp", "materializationIntervals", "state"] {
        assert!(!after["meta"][key].is_null(), "{key}");
        assert_eq!(after["meta"][key], before["meta"][key], "{key}");
    }
}

#[test]
fn an_update_keeps_the_python_that_feast_owns() {
    let mut document = adopted();
    let before = stored(&document, "onDemandFeatureViews", "transformed_conv_rate");
    let mut desired = drivers::project();
    desired.on_demand_feature_views["transformed_conv_rate"].description = "adds up".to_owned();
    apply(&mut document, &desired, false);
    let after = stored(&document, "onDemandFeatureViews", "transformed_conv_rate");
    assert_eq!(after["spec"]["description"], "adds up");
    for key in ["featureTransformation", "mode"] {
        assert_eq!(after["spec"][key], before["spec"][key]);
    }
}

#[test]
fn copies_of_a_feature_follow_its_view_and_need_no_change_of_their_own() {
    let mut document = adopted();
    let mut desired = drivers::project();
    retype(&mut desired, "acc_rate", "Float64");
    let plan = apply(&mut document, &desired, false);
    assert_eq!(updated(&plan), ["feature view `driver_hourly_stats`"]);
    let service = stored(&document, "featureServices", "driver_activity_v2");
    assert_eq!(
        service["spec"]["features"][0]["featureColumns"][1]["valueType"],
        "DOUBLE"
    );
    // Another view has a feature of the same name.
    assert_eq!(
        service["spec"]["features"][1]["featureColumns"][1]["valueType"],
        "FLOAT"
    );
    let view = stored(&document, "onDemandFeatureViews", "transformed_conv_rate");
    let copy = &view["spec"]["sources"]["driver_hourly_stats"]["featureViewProjection"];
    assert_eq!(copy["featureColumns"][1]["valueType"], "DOUBLE");
}

fn retype(desired: &mut Project, feature: &str, data_type: &str) {
    let view = &mut desired.feature_views["driver_hourly_stats"];
    let field = view.features.iter_mut().find(|field| field.name == feature);
    field.unwrap().data_type = data_type.parse().unwrap();
}

#[test]
fn copies_of_a_source_follow_it_everywhere() {
    let mut document = adopted();
    let mut desired = drivers::project();
    let source = desired.data_sources.get_mut("stats_source").unwrap();
    let DataSourceKind::File(file) = &mut source.kind else {
        panic!("a file");
    };
    file.path = "data/moved.parquet".to_owned();
    file.created_timestamp_column = None;
    let plan = apply(&mut document, &desired, false);
    assert_eq!(updated(&plan), ["data source `stats_source`"]);
    let text = document.to_json().unwrap();
    let of_project = |list: &str, name: &str| stored(&document, list, name).to_string();
    for (list, name) in [
        ("dataSources", "stats_push"),
        ("featureViews", "driver_hourly_stats"),
        ("featureViews", "driver_hourly_stats_fresh"),
        ("onDemandFeatureViews", "transformed_conv_rate"),
        ("featureServices", "driver_activity_v1"),
    ] {
        let object = of_project(list, name);
        assert!(object.contains("data/moved.parquet"), "{object}");
        assert!(!object.contains("data/stats.parquet"), "{object}");
        assert!(!object.contains("createdTimestampColumn"), "{object}");
    }
    // The other project has a source of the same name.
    assert!(text.to_string().contains("data/stats.parquet"));
}

#[test]
fn a_join_key_of_another_type_reaches_the_views_of_its_entity() {
    let mut document = adopted();
    let mut desired = drivers::project();
    desired.entities["driver"].value_type = "String".parse().unwrap();
    apply(&mut document, &desired, false);
    for (list, name) in [
        ("featureViews", "driver_hourly_stats"),
        ("labelViews", "driver_labels"),
    ] {
        let view = stored(&document, list, name);
        assert_eq!(
            view["spec"]["entityColumns"][0]["valueType"], "STRING",
            "{name}"
        );
    }
}

#[test]
fn a_join_key_that_only_the_view_types_is_retyped_by_the_view() {
    let mut document = RegistryDocument::empty();
    let mut desired = drivers::project();
    desired.entities["driver"].value_type = feature_model::DataType::Unknown(0);
    for data_type in ["Int64", "String"] {
        for view in ["driver_hourly_stats", "driver_hourly_stats_fresh"] {
            let columns = vec![drivers::field("driver_id", data_type)];
            desired.feature_views[view].entity_columns = columns;
        }
        apply(&mut document, &desired, false);
        let stored = &current(&document).feature_views["driver_hourly_stats"];
        assert_eq!(
            stored.entity_columns,
            [drivers::field("driver_id", data_type)]
        );
    }
}

#[test]
fn a_view_that_gets_another_source_keeps_nothing_of_the_old_one() {
    let mut document = adopted();
    let mut desired = drivers::project();
    let global = desired.data_sources["global_source"].clone();
    desired.feature_views["driver_hourly_stats"].batch_source = Some(global);
    let plan = apply(&mut document, &desired, false);
    assert_eq!(updated(&plan), ["feature view `driver_hourly_stats`"]);
    let view = stored(&document, "featureViews", "driver_hourly_stats");
    assert_eq!(view["spec"]["batchSource"]["name"], "global_source");
    assert!(view["spec"]["batchSource"].get("fieldMapping").is_none());
    let service = stored(&document, "featureServices", "driver_activity_v1");
    assert_eq!(
        service["spec"]["features"][0]["batchSource"]["name"],
        "global_source"
    );
    assert!(
        service["spec"]["features"][0]
            .get("timestampField")
            .is_none()
    );
}

#[test]
fn vector_settings_of_a_feature_survive_an_update() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    let mut desired = current(&document);
    desired
        .feature_views
        .retain(|_, view| view.kind == feature_model::ViewKind::Feature);
    apply(&mut document, &desired, true);
    let view = desired.feature_views.get_mut("embeddings").unwrap();
    view.features[0].description = "of a driver".to_owned();
    apply(&mut document, &desired, false);
    let feature = &stored(&document, "featureViews", "embeddings")["spec"]["features"][0];
    assert_eq!(feature["description"], "of a driver");
    assert_eq!(feature["vectorLength"], 8);
    assert_eq!(feature["vectorSearchMetric"], "cosine");
}

#[test]
fn what_feast_created_is_left_alone_until_it_is_adopted() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    let mut desired = drivers::project();
    desired.entities["driver"].description = "otherwise".to_owned();
    let plan = planned(&document, &desired, false);
    assert!(plan.is_empty(), "{plan:#?}");
    let driver = ObjectId::new(ObjectKind::Entity, "driver");
    assert!(plan.unmanaged.contains(&driver));
    for kind in [
        ObjectKind::StreamFeatureView,
        ObjectKind::LabelView,
        ObjectKind::Permission,
        ObjectKind::SavedDataset,
    ] {
        assert!(
            plan.unmanaged.iter().any(|object| object.kind == kind),
            "{kind}"
        );
    }
    apply(&mut document, &desired, true);
    assert!(document.managed(&rides()).contains(&driver));
    assert_eq!(
        current(&document).entities["driver"].description,
        "otherwise"
    );
}

#[test]
fn what_feast_created_anew_is_not_managed_any_more() {
    let mut document = RegistryDocument::empty();
    apply(&mut document, &drivers::project(), false);
    assert_eq!(document.managed(&rides()).len(), 11);
    // Feast's registry holds equal objects that were created at other times.
    let mut bytes = document.encode();
    let mut feasts = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut feasts, &drivers::project(), true);
    bytes.clear();
    bytes.extend(extension_of(&document.encode()));
    let mut mixed = EVERYTHING.to_vec();
    mixed.extend(bytes);
    let mixed = RegistryDocument::decode(&mixed).unwrap();
    assert!(mixed.managed(&rides()).is_empty());
}

/// The last field of the document: Salver's, whose number is the highest.
fn extension_of(bytes: &[u8]) -> Vec<u8> {
    // Field 72583, length-delimited.
    let tag = [0xba, 0xb8, 0x23];
    let found = bytes.windows(tag.len()).rposition(|window| window == tag);
    bytes[found.unwrap()..].to_vec()
}

#[test]
fn materializations_are_recorded_as_feast_records_them() {
    let mut document = adopted();
    let interval = MaterializationInterval {
        start_time: Timestamp::new(1, 5),
        end_time: now(),
    };
    let before = current(&document).feature_views["driver_hourly_stats"].clone();
    document
        .record_materialization(&rides(), "driver_hourly_stats", interval, 40, now())
        .unwrap();
    let after = &current(&document).feature_views["driver_hourly_stats"];
    assert_eq!(after.state, ViewState::AvailableOnline);
    let intervals = &after.materialization_intervals;
    assert_eq!(
        intervals[..intervals.len() - 1],
        before.materialization_intervals[..]
    );
    assert_eq!(intervals.last(), Some(&interval));
    document
        .record_materialization(&rides(), "driver_hourly_stats", interval, 2, now())
        .unwrap();
    let rows = &current(&document).rows_materialized;
    assert_eq!(rows["driver_hourly_stats"], 42);
    let missing = document.record_materialization(&rides(), "nothing", interval, 1, now());
    assert!(matches!(missing, Err(ApplyError::NotFound { .. })));
}

#[test]
fn a_plan_that_does_not_fit_changes_nothing() {
    let mut document = adopted();
    let desired = drivers::project();
    let empty = Project::default();
    let creates = feature_model::plan::plan(&empty, &desired, &Default::default(), false);
    let before = document.clone();
    let error = document
        .apply(&rides(), &desired, &creates, false, now())
        .unwrap_err();
    assert!(matches!(error, ApplyError::Outdated { .. }), "{error}");
    assert_eq!(document, before);
    let mut document = RegistryDocument::empty();
    let refused = document.apply(&rides(), &empty, &creates, false, now());
    let error = refused.unwrap_err();
    assert!(matches!(error, ApplyError::Undeclared { .. }), "{error}");
    assert_eq!(document, RegistryDocument::empty());
}

#[test]
fn nothing_is_taken_from_under_what_is_not_managed() {
    let mut document = adopted();
    let mut desired = drivers::project();
    desired.entities.clear();
    desired.feature_views.clear();
    desired.on_demand_feature_views.clear();
    desired.feature_services.clear();
    let plan = planned(&document, &desired, false);
    let error = document
        .apply(&rides(), &desired, &plan, false, now())
        .unwrap_err();
    // The stream view, the label view and the embeddings are Feast's.
    assert!(matches!(error, ApplyError::StillUsed { .. }), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("entity `driver` is still used by"),
        "{error}"
    );
}

#[test]
fn a_name_that_another_kind_of_view_has_is_taken() {
    let mut document = adopted();
    let mut desired = drivers::project();
    let mut view = desired.on_demand_feature_views["transformed_conv_rate"].clone();
    "embeddings".clone_into(&mut view.name);
    desired
        .on_demand_feature_views
        .insert(view.name.clone(), view);
    let plan = planned(&document, &desired, false);
    let error = document
        .apply(&rides(), &desired, &plan, false, now())
        .unwrap_err();
    assert!(matches!(error, ApplyError::NameTaken { .. }), "{error}");
}

#[test]
fn the_last_object_takes_its_project_along() {
    let mut document = RegistryDocument::empty();
    apply(&mut document, &drivers::project(), false);
    document.remove_project(&rides()).unwrap();
    assert!(document.snapshot().unwrap().projects.is_empty());
    assert_eq!(
        document.to_json().unwrap(),
        serde_json::json!({"registrySchemaVersion": "1", "salver": {}})
    );
}

#[test]
fn a_csv_source_is_told_by_the_extension_and_reaches_the_views() {
    let mut document = RegistryDocument::empty();
    let mut desired = drivers::project();
    for source in desired.data_sources.values_mut() {
        if let DataSourceKind::File(file) = &mut source.kind {
            file.format = feature_model::FileFormat::Csv;
        }
    }
    apply(&mut document, &desired, false);
    let stats = &current(&document).feature_views["driver_hourly_stats_fresh"];
    let source = stats.stream_source.as_ref().unwrap().file().unwrap();
    assert_eq!(source.format, feature_model::FileFormat::Csv);
    apply(&mut document, &drivers::project(), false);
    let stats = &current(&document).feature_views["driver_hourly_stats"];
    let source = stats.batch_source.as_ref().unwrap().file().unwrap();
    assert_eq!(source.format, feature_model::FileFormat::Parquet);
}

#[test]
fn a_request_source_that_grows_reaches_its_on_demand_view() {
    let mut document = adopted();
    let mut desired = drivers::project();
    let source = desired.data_sources.get_mut("vals_to_add").unwrap();
    let DataSourceKind::Request { schema } = &mut source.kind else {
        panic!("a request source");
    };
    schema.push(drivers::field("val_to_add_3", "Int64"));
    let plan = apply(&mut document, &desired, false);
    assert_eq!(updated(&plan), ["data source `vals_to_add`"]);
    let view = &current(&document).on_demand_feature_views["transformed_conv_rate"];
    let OnDemandSource::Request(copy) = &view.sources["vals_to_add"] else {
        panic!("a request source");
    };
    assert!(matches!(&copy.kind, DataSourceKind::Request { schema } if schema.len() == 3));
}
