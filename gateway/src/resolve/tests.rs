use access::Permit;

use super::{KeyPart, Output, ResolveError, ResolveOptions, ServingPlan, resolve};
use crate::{ask::Ask, fixture, join_key::KeyType, plugins::PluginTable};

const PLAIN: ResolveOptions = ResolveOptions {
    online_feature_view_versioning: false,
};
const VERSIONED: ResolveOptions = ResolveOptions {
    online_feature_view_versioning: true,
};

fn plan_with(body: &str, options: ResolveOptions) -> Result<ServingPlan, ResolveError> {
    let ask = Ask::parse(body.as_bytes(), 100).expect(body);
    let (snapshot, permit) = (fixture::snapshot(), fixture::permit());
    resolve(
        &ask.shape,
        &snapshot,
        &permit,
        &PluginTable::default(),
        options,
    )
}

fn plan(body: &str) -> ServingPlan {
    plan_with(body, PLAIN).expect(body)
}

fn refused(body: &str) -> String {
    plan_with(body, PLAIN).expect_err(body).to_string()
}

/// A body for features, with one value for each of the keys.
fn ask(features: &[&str], keys: &[&str]) -> String {
    let entities: serde_json::Map<_, _> = keys
        .iter()
        .map(|key| ((*key).to_owned(), serde_json::json!([1])))
        .collect();
    serde_json::json!({"features": features, "entities": entities}).to_string()
}

fn service(name: &str, keys: &[&str], full: bool) -> String {
    let mut body: serde_json::Value = serde_json::from_str(&ask(&[], keys)).unwrap();
    body["feature_service"] = name.into();
    body["full_feature_names"] = full.into();
    body.to_string()
}

#[test]
fn names_come_in_request_order_join_keys_first() {
    let plan = plan(
        r#"{"features": ["stats:trips", "multi:label", "stats:acc_rate"], "entities": {"driver_id": [1], "customer_id": [1]}}"#,
    );
    assert_eq!(
        plan.names,
        ["driver_id", "customer_id", "trips", "label", "acc_rate"]
    );
    let reads: Vec<_> = plan
        .reads
        .iter()
        .map(|read| (read.stored_view.as_str(), read.features.join(",")))
        .collect();
    assert_eq!(
        reads,
        [
            ("stats", "trips,acc_rate".to_owned()),
            ("multi", "label".to_owned())
        ]
    );
    assert_eq!(plan.feature_count, 3);
    assert_eq!(
        plan.outputs[4],
        Output::Feature {
            read: 0,
            feature: 1
        }
    );
    assert_eq!(
        plan.metadata,
        br#"{"feature_names":["driver_id","customer_id","trips","label","acc_rate"]}"#
    );
}

#[test]
fn views_with_the_same_join_keys_share_their_keys() {
    let plan = plan(&ask(
        &["stats:trips", "loading:speed", "zones:area"],
        &["driver_id", "zone_id"],
    ));
    let key_sets: Vec<_> = plan.reads.iter().map(|read| read.key_set).collect();
    assert_eq!(key_sets, [0, 0, 1]);
    assert_eq!(plan.typed.len(), 2);
    assert_eq!(plan.typed[0].key_type, KeyType::Int64);
    assert_eq!(plan.typed[1].key_type, KeyType::Inferred);
}

#[test]
fn a_service_brings_aliases_and_join_key_maps() {
    let keys = ["driver_id", "second_driver", "customer_id"];
    let plan = plan(&service("two_drivers", &keys, true));
    assert_eq!(
        plan.names,
        [
            "driver_id",
            "second_driver",
            "customer_id",
            "stats__trips",
            "m2__trips",
            "m2__label"
        ]
    );
    let mapped = &plan.key_sets[plan.reads[1].key_set].parts;
    let join_keys: Vec<_> = mapped
        .iter()
        .map(|part| match part {
            KeyPart::Column { join_key, typed } => {
                (join_key.as_str(), plan.typed[*typed].field.as_str())
            }
            KeyPart::Entityless => ("", ""),
        })
        .collect();
    assert_eq!(
        join_keys,
        [
            ("customer_id", "customer_id"),
            ("driver_id", "second_driver")
        ]
    );
    assert_eq!(plan.reads[1].stored_view, "multi");
}

#[test]
fn a_join_key_that_nothing_needs_is_told_as_it_was_given() {
    let plan = plan(&ask(
        &["stats:trips"],
        &["customer_id", "driver_id", "val_to_add"],
    ));
    assert_eq!(plan.names, ["customer_id", "driver_id", "trips"]);
    assert_eq!(plan.outputs[..2], [Output::Given(0), Output::Key(0)]);
}

#[test]
fn a_join_key_of_several_types_is_told_as_it_was_given_in_any_order() {
    for features in [
        ["stats:trips", "labels:color"],
        ["labels:color", "stats:trips"],
    ] {
        let plan = plan(&ask(&features, &["driver_id"]));
        assert_eq!(plan.outputs[0], Output::Given(0));
        assert_eq!(plan.typed.len(), 2);
    }
    let of_one = plan(&ask(&["labels:color"], &["driver_id"]));
    assert_eq!(of_one.outputs[0], Output::Key(0));
}

#[test]
fn an_entity_name_stands_for_its_join_key() {
    let plan = plan(&ask(&["stats:trips"], &["driver"]));
    assert_eq!(plan.names, ["driver_id", "trips"]);
    assert_eq!(
        refused(&ask(&["stats:trips"], &["driver", "driver_id"])),
        "`entities.driver` and `entities.driver_id` both give join key `driver_id`; give one"
    );
}

#[test]
fn views_without_entities_take_any_list_to_count_rows_by() {
    let counted = plan(&ask(&["entityless:level"], &["whatever"]));
    assert_eq!(counted.names, ["level"]);
    assert_eq!(counted.key_sets[0].parts, [KeyPart::Entityless]);
    let with_join_key = plan(&ask(&["entityless:level"], &["driver_id"]));
    assert_eq!(with_join_key.names, ["driver_id", "level"]);
    assert_eq!(
        plan(&ask(&["entityless:level"], &["__dummy_id"])).names,
        ["level"]
    );
    let mixed = refused(&ask(
        &["entityless:level", "stats:trips"],
        &["whatever", "driver_id"],
    ));
    assert!(
        mixed.starts_with("`entities.whatever` is neither"),
        "{mixed}"
    );
}

#[test]
fn full_names_tell_views_apart() {
    let body = r#"{"features": ["stats:trips", "multi:trips"], "entities": {"driver_id": [1], "customer_id": ["a"]}"#;
    assert_eq!(
        refused(&format!("{body}}}")),
        "`stats:trips` and `multi:trips` are both told as `trips`; set `full_feature_names` to true, or ask for \
         one of them"
    );
    let full = plan(&format!("{body}, \"full_feature_names\": true}}"));
    assert_eq!(full.names[2..], ["stats__trips", "multi__trips"]);
    assert_eq!(
        refused(
            r#"{"features": ["stats:trips", "stats@latest:trips"], "entities": {"driver_id": [1]}, "full_feature_names": true}"#
        ),
        "`stats:trips` and `stats:trips` are both told as `stats__trips`; ask for each feature once"
    );
}

#[test]
fn what_is_not_known_is_told_with_what_was_perhaps_meant() {
    for (features, keys, message) in [
        (
            "stat:trips",
            "driver_id",
            "`features`: there is no feature view `stat`; did you mean `stats`?",
        ),
        (
            "weather:x",
            "driver_id",
            "`features`: there is no feature view `weather`",
        ),
        (
            "stats:trip",
            "driver_id",
            "`features`: feature view `stats` has no feature `trip`; did you mean `trips`?",
        ),
        (
            "stats:driver_id",
            "driver_id",
            "`features`: feature view `stats` has no feature `driver_id`",
        ),
        (
            "stats:trips",
            "driverid",
            "`entities.driverid` is neither a join key nor request data of this project; did you mean `driver_id`?",
        ),
        (
            "stats:trips",
            "x",
            "`entities.x` is neither a join key nor request data of this project; this request needs `driver_id`",
        ),
        (
            "stats",
            "driver_id",
            "`features`: `stats` is no feature reference; write `<feature_view>:<feature>` or \
             `<feature_view>@v<number>:<feature>`",
        ),
    ] {
        assert_eq!(refused(&ask(&[features], &[keys])), message);
    }
    assert_eq!(
        refused(&service("stats_servic", &["driver_id"], false)),
        "`feature_service`: there is no feature service `stats_servic`; did you mean `stats_service`?"
    );
}

#[test]
fn all_parts_of_a_composite_key_are_needed() {
    assert_eq!(
        refused(&ask(&["multi:trips"], &["driver_id"])),
        "`entities` lacks `customer_id`; feature view `multi` is looked up by `customer_id` and `driver_id`"
    );
    assert_eq!(
        refused(&ask(&["multi:trips"], &["val_to_add"])),
        "`entities` lacks `customer_id` and `driver_id`; feature view `multi` is looked up by `customer_id` and \
         `driver_id`"
    );
    let mapped = refused(&service("two_drivers", &["driver_id", "customer_id"], true));
    assert!(
        mapped.starts_with("`entities` lacks `second_driver`; feature view `multi`"),
        "{mapped}"
    );
}

#[test]
fn on_demand_views_are_served_where_feast_has_stored_them() {
    let stored = plan(&ask(&["computed_before:ratio"], &["driver_id"]));
    assert_eq!(stored.reads[0].stored_view, "computed_before");
    assert_eq!(stored.reads[0].ttl, None);
    let expected = ResolveError::TransformUnavailable {
        view: "computed".to_owned(),
    };
    let direct = ask(&["computed:ratio"], &["driver_id", "val_to_add"]);
    assert_eq!(plan_with(&direct, PLAIN), Err(expected.clone()));
    let by_service = service("on_demand", &["driver_id"], false);
    assert_eq!(plan_with(&by_service, PLAIN), Err(expected));
}

#[test]
fn a_view_is_served_in_any_state_but_not_when_it_is_disabled() {
    assert_eq!(
        plan(&ask(&["loading:speed"], &["driver_id"])).reads.len(),
        1
    );
    assert_eq!(
        refused(&ask(&["off:trips"], &["driver_id"])),
        "feature view `off` is disabled; enable it (`feast feature-views enable off`) or ask without it"
    );
}

#[test]
fn a_join_key_that_no_entity_key_can_have_is_told() {
    let told = refused(&ask(&["scored:rank"], &["score"]));
    assert!(
        told.contains("join key `score` is declared as Float64"),
        "{told}"
    );
}

#[test]
fn versions_are_stored_apart_where_the_configuration_says_so() {
    let stored = |reference: &str, options| {
        let planned = plan_with(&ask(&[reference], &["driver_id"]), options);
        planned.map(|plan| plan.reads[0].stored_view.clone())
    };
    assert_eq!(stored("versioned:count", PLAIN).unwrap(), "versioned");
    assert_eq!(
        stored("versioned@latest:count", PLAIN).unwrap(),
        "versioned"
    );
    assert_eq!(
        stored("versioned:count", VERSIONED).unwrap(),
        "versioned_v2"
    );
    assert_eq!(
        stored("versioned@v1:count", VERSIONED).unwrap(),
        "versioned_v1"
    );
    assert_eq!(
        stored("versioned@v0:count", VERSIONED).unwrap(),
        "versioned"
    );
    // the registry tells the features of the newest version only
    assert!(stored("versioned@v1:gone", VERSIONED).is_ok());
    assert!(stored("versioned@v2:gone", VERSIONED).is_err());
    let off = stored("versioned@v0:count", PLAIN).unwrap_err().to_string();
    assert!(
        off.contains("enable_online_feature_view_versioning"),
        "{off}"
    );
    assert_eq!(
        stored("versioned@v3:count", VERSIONED)
            .unwrap_err()
            .to_string(),
        "`features`: feature view `versioned` has no version v3; its newest is v2"
    );
}

#[test]
fn versions_are_told_where_they_are_asked_for() {
    let body = r#"{"features": ["versioned:count", "stats:trips", "versioned@v1:count"],
        "entities": {"driver_id": [1]}, "full_feature_names": true, "include_feature_view_version_metadata": true}"#;
    let plan = plan_with(body, VERSIONED).unwrap();
    assert_eq!(
        plan.names[1..],
        ["versioned__count", "stats__trips", "versioned@v1__count"]
    );
    assert_eq!(
        String::from_utf8(plan.metadata).unwrap(),
        r#"{"feature_names":["driver_id","versioned__count","stats__trips","versioned@v1__count"],"feature_view_metadata":[{"name":"versioned","version":2},{"name":"stats"}]}"#
    );
}

#[test]
fn an_empty_service_tells_the_join_keys_only() {
    let plan = plan(&service("empty", &["driver_id"], false));
    assert_eq!(plan.names, ["driver_id"]);
    assert!(plan.reads.is_empty());
}

#[test]
fn a_project_that_nobody_applied_is_told() {
    let ask = Ask::parse(br#"{"features": ["v:f"], "entities": {"k": [1]}}"#, 1).unwrap();
    let other = Permit::without_authentication("other".parse().unwrap());
    let error = resolve(
        &ask.shape,
        &fixture::snapshot(),
        &other,
        &PluginTable::default(),
        PLAIN,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the registry has no project `other` yet; apply its definitions first"
    );
}
