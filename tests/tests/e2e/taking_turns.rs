//! Feast and Salver on one registry, one after the other.

use e2e::{Gateway, Repo, feast, now};
use serde_json::{Value, json};

const DEFINITIONS: &str = include_str!("../../feast/driver_definitions.py");
/// A service without on-demand views, which Feast's SDK can answer from what Salver wrote.
const STORED_SERVICE: &str = "
feature_services:
  - name: stored_only
    features:
      - feature_view: driver_hourly_stats
        features: [avg_daily_trips, conv_rate]
";
const STORED_SERVICE_OF_FEAST: &str = "
stored_only = FeatureService(
    name=\"stored_only\", features=[driver_hourly_stats[[\"avg_daily_trips\", \"conv_rate\"]]]
)
";
const NO_CHANGE: i32 = 0;
const CHANGES: i32 = 2;

/// The example in YAML, and the same in Python for `feast apply`.
fn repository() -> Repo {
    let repo = Repo::init();
    repo.write("features/stored_only.yaml", STORED_SERVICE);
    // what Feast's Python files can't say
    repo.replace(
        "features/on_demand_feature_views.yaml",
        "    plugin:\n      path: plugins/driver_conv_rate.wasm\n",
        "",
    );
    let definitions = format!("{DEFINITIONS}{STORED_SERVICE_OF_FEAST}");
    repo.write("definitions.py", definitions);
    repo
}

fn feast_cli(repo: &Repo, args: &[&str]) {
    let _ = feast::cli(repo.path(), args).run().succeeds();
}

fn plan(repo: &Repo, code: i32) -> String {
    let plan = repo.admin(["plan", "--detailed-exitcode"]).run();
    plan.exits(code).stdout
}

#[test]
fn what_feast_applied_needs_no_change_and_is_served() {
    let repo = repository();
    feast_cli(&repo, &["apply"]);
    let plan = plan(&repo, NO_CHANGE);
    assert!(!plan.contains("nmanaged"), "{plan}");
    feast_cli(&repo, &["materialize", "2020-01-01T00:00:00", &now()]);
    let gateway = Gateway::start(&repo);
    check_served(&repo, &gateway);
    let _ = gateway
        .features(&json!({"features": ["transformed_conv_rate:conv_rate_plus_val1"],
                          "entities": {"driver_id": [1001], "val_to_add": [1], "val_to_add_2": [2]}}))
        .error(501, "transform_unavailable");
}

/// The gateway's values are those of Feast's SDK.
fn check_served(repo: &Repo, gateway: &Gateway) {
    let request =
        json!({"feature_service": "stored_only", "entities": {"driver_id": [1001, 1004]}});
    let expected = feast::run(
        repo.path(),
        "online_features.py",
        &json!({"requests": [request]}),
    );
    assert!(expected[0].get("error").is_none(), "{expected}");
    let reply = gateway.columns(&request).ok();
    for name in ["driver_id", "avg_daily_trips", "conv_rate"] {
        let names = reply["metadata"]["feature_names"]
            .as_array()
            .expect("names");
        let index = names
            .iter()
            .position(|it| it == name)
            .expect("every feature");
        let (found, wanted) = (
            &reply["results"][index]["values"],
            &expected[0]["values"][name],
        );
        assert!(same(found, wanted), "{name}: {found} != {wanted}");
    }
}

/// The SDK widens float32.
fn same(found: &Value, wanted: &Value) -> bool {
    let float32 = |value: &Value| value.to_string().parse::<f32>().ok();
    let lists = found.as_array().zip(wanted.as_array());
    lists.is_some_and(|(found, wanted)| {
        let mut pairs = found.iter().zip(wanted);
        found.len() == wanted.len()
            && pairs.all(|(found, wanted)| !found.is_null() && float32(found) == float32(wanted))
    })
}

#[test]
fn what_salver_applied_feast_lists_reads_materializes_and_applies() {
    let repo = repository();
    let _ = repo.admin(["apply"]).run().succeeds();
    check_lists(&repo);
    feast_cli(&repo, &["materialize", "2020-01-01T00:00:00", &now()]);
    check_sdk_answers(&repo);
    check_served(&repo, &Gateway::start(&repo));
    feast_cli(&repo, &["apply"]);
    check_lists(&repo);
    assert!(plan(&repo, NO_CHANGE).starts_with("No changes"));
    // Now the on-demand views are Feast's Python, and Feast computes them.
    let request = json!({"feature_service": "driver_activity_v1",
                         "entities": {"driver_id": [1001], "val_to_add": [1], "val_to_add_2": [2]}});
    let answer = feast::run(
        repo.path(),
        "online_features.py",
        &json!({"requests": [request]}),
    );
    assert!(
        answer[0]["values"]["conv_rate_plus_val1"][0].is_number(),
        "{answer}"
    );
}

fn check_lists(repo: &Repo) {
    let lists = feast::run(repo.path(), "every_list.py", &json!({}));
    for (method, names) in [
        ("list_entities", json!(["driver"])),
        ("list_feature_views", json!(["driver_hourly_stats"])),
        (
            "list_on_demand_feature_views",
            json!(["transformed_conv_rate"]),
        ),
        (
            "list_feature_services",
            json!(["driver_activity_v1", "driver_activity_v2", "stored_only"]),
        ),
        (
            "list_data_sources",
            json!([
                "driver_hourly_stats_source",
                "driver_stats_push_source",
                "vals_to_add"
            ]),
        ),
        ("list_projects", json!(["driver_repo"])),
    ] {
        assert_eq!(lists["store"][method], names, "{method}");
    }
    let count = lists["registry"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    assert!(count >= 10, "{lists:#}");
}

/// Stored features come as they are. On-demand ones fail when they are asked for, saying who serves them.
fn check_sdk_answers(repo: &Repo) {
    let entities = json!({"driver_id": [1001], "val_to_add": [1], "val_to_add_2": [2]});
    let services = ["stored_only", "driver_activity_v1", "driver_activity_v2"];
    let requests =
        services.map(|service| json!({"feature_service": service, "entities": entities}));
    let answers = feast::run(
        repo.path(),
        "online_features.py",
        &json!({"requests": requests}),
    );
    assert!(
        answers[0]["values"]["avg_daily_trips"][0].is_number(),
        "{answers:#}"
    );
    for answer in [&answers[1], &answers[2]] {
        let error = &answer["error"]["message"];
        assert!(
            error.to_string().contains("served by Salver"),
            "{answers:#}"
        );
    }
}

#[test]
fn turns_go_on_and_on() {
    let repo = repository();
    for turn in 0..3 {
        repo.write(
            "features/stored_only.yaml",
            STORED_SERVICE.replace("stored_only", &format!("turn_{turn}")),
        );
        let definitions = format!("{DEFINITIONS}{STORED_SERVICE_OF_FEAST}");
        repo.write(
            "definitions.py",
            definitions.replace("stored_only", &format!("turn_{turn}")),
        );
        plan(&repo, CHANGES);
        let _ = repo.admin(["apply"]).run().succeeds();
        plan(&repo, NO_CHANGE);
        feast_cli(&repo, &["apply"]);
        plan(&repo, NO_CHANGE);
        let _ = repo
            .admin(["materialize-incremental", &now()])
            .run()
            .succeeds();
        feast_cli(&repo, &["materialize-incremental", &now()]);
        plan(&repo, NO_CHANGE);
    }
    let view = repo.admin(["registry-dump"]).run().succeeds().json()["featureViews"][0].clone();
    let intervals = view["meta"]["materializationIntervals"]
        .as_array()
        .map(Vec::len);
    assert_eq!(intervals, Some(6), "{view:#}");
}

#[test]
fn what_feast_declares_otherwise_is_left_alone_until_it_is_adopted() {
    let repo = repository();
    feast_cli(&repo, &["apply"]);
    repo.replace("features/feature_views.yaml", "ttl: 1d", "ttl: 2d");
    let _ = repo
        .admin(["plan", "--detailed-exitcode"])
        .run()
        .exits(NO_CHANGE)
        .says("feature view `driver_hourly_stats`");
    let adopt = repo.admin(["apply", "--adopt"]).run().succeeds();
    let _ = adopt.says("ttl: 1d -> 2d");
    let view = repo.admin(["registry-dump"]).run().succeeds().json()["featureViews"][0].clone();
    assert_eq!(view["spec"]["ttl"], "172800s");
    plan(&repo, NO_CHANGE);
}
