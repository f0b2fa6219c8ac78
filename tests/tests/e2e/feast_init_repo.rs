//! The repository that `feast init` makes, applied and materialized by Feast, served by the gateway.

use std::path::{Path, PathBuf};

use e2e::{Gateway, Repo, admin_at, feast, now};
use serde_json::{Value, json};

/// `feast init` and `feast apply`. Returns the folder of `feature_store.yaml`.
pub(crate) fn feasts_repository(repo: &Repo) -> PathBuf {
    let _ = feast::cli(repo.path(), ["init", "my_project"])
        .run()
        .succeeds();
    let folder = repo.at("my_project/feature_repo");
    let _ = feast::cli(&folder, ["apply"]).run().succeeds();
    folder
}

/// `feast materialize`, and some labels.
pub(crate) fn load(folder: &Path) {
    let materialize = ["materialize", "2020-01-01T00:00:00", &now()];
    let _ = feast::cli(folder, materialize).run().succeeds();
    let labels = json!({
        "push_source": "driver_quality_labels_push",
        "rows": {
            "driver_id": [1001, 1002],
            "event_timestamp": [now(), now()],
            "is_reliable": [1, 0],
            "quality_score": [0.5, 0.25],
            "reviewer_notes": ["fine", "late"],
            "labeler": ["ann", "bob"],
        },
    });
    let _ = feast::run(folder, "push.py", &labels);
}

const VIEWS: [(&str, &[&str]); 2] = [
    ("driver_hourly_stats", FEATURES),
    ("driver_hourly_stats_fresh", FEATURES),
];
const FEATURES: &[&str] = &[
    "conv_rate",
    "acc_rate",
    "avg_daily_trips",
    "driver_metadata",
    "driver_config",
    "driver_profile",
];

#[test]
fn it_is_served_whole_but_for_its_on_demand_views() {
    let repo = Repo::empty();
    let folder = feasts_repository(&repo);
    load(&folder);
    let gateway = Gateway::start_at(&folder);
    for (view, features) in VIEWS {
        check_view(&folder, &gateway, view, features);
    }
    check_labels(&gateway);
    check_on_demand_views(&gateway);
}

/// Each feature has the value that Feast's SDK reads.
fn check_view(folder: &Path, gateway: &Gateway, view: &str, features: &[&str]) {
    let references: Vec<_> = features.iter().map(|it| format!("{view}:{it}")).collect();
    let request = json!({"features": references, "entities": {"driver_id": [1001, 1003, 1005]}});
    let input = json!({"requests": [request]});
    let expected = feast::run(folder, "online_features.py", &input);
    let reply = gateway.columns(&request).ok();
    for (index, feature) in features.iter().enumerate() {
        let column = &reply["results"][index + 1];
        assert_eq!(
            column["statuses"],
            json!(["PRESENT", "PRESENT", "PRESENT"]),
            "{view}:{feature}"
        );
        for row in 0..3 {
            let (found, wanted) = (&column["values"][row], &expected[0]["values"][feature][row]);
            assert!(
                same(found, wanted),
                "{view}:{feature} of row {row}: {found} != {wanted}"
            );
        }
    }
}

/// The SDK widens float32, and parses JSON and structs out of their strings.
fn same(found: &Value, wanted: &Value) -> bool {
    let float32 = |value: &Value| value.to_string().parse::<f32>().ok();
    let parsed = |value: &Value| {
        let text = value.as_str()?;
        serde_json::from_str::<Value>(text).ok()
    };
    found == wanted
        || (found.is_number() && float32(found) == float32(wanted))
        || parsed(found).as_ref() == Some(wanted)
}

fn check_labels(gateway: &Gateway) {
    let reply = gateway.columns(&json!({
        "features": ["driver_quality_labels:is_reliable", "driver_quality_labels:quality_score",
                     "driver_quality_labels:reviewer_notes", "driver_quality_labels:labeler"],
        "entities": {"driver_id": [1001, 1002, 1003]},
    }));
    let columns = &reply.ok()["results"];
    let values: Vec<_> = (1..5).map(|index| &columns[index]["values"]).collect();
    assert_eq!(
        json!(values),
        json!([
            [1, 0, null],
            [0.5, 0.25, null],
            ["fine", "late", null],
            ["ann", "bob", null]
        ])
    );
    assert_eq!(
        columns[1]["statuses"],
        json!(["PRESENT", "PRESENT", "NOT_FOUND"])
    );
}

fn check_on_demand_views(gateway: &Gateway) {
    let entities = json!({"driver_id": [1001], "val_to_add": [1], "val_to_add_2": [2]});
    for asked in [
        json!({"features": ["transformed_conv_rate:conv_rate_plus_val1"], "entities": entities}),
        json!({"feature_service": "driver_activity_v1", "entities": entities}),
        json!({"feature_service": "driver_activity_v3", "entities": entities}),
    ] {
        let _ = gateway.features(&asked).error(501, "transform_unavailable");
    }
}

#[test]
fn registry_admin_lists_it_and_leaves_it_alone() {
    let repo = Repo::empty();
    let folder = feasts_repository(&repo);
    let admin = |args: &[&str]| admin_at(&folder, args).run().succeeds();
    let views = admin(&["feature-views", "list"]);
    let _ = views
        .says("driver_hourly_stats")
        .says("driver_hourly_stats_fresh");
    // Nothing is declared: nothing is to be done.
    std::fs::create_dir(folder.join("features")).expect("feast init makes none");
    let before = std::fs::read(folder.join("data/registry.db")).expect("feast apply wrote it");
    let plan = admin(&["plan", "--detailed-exitcode"]);
    let _ = plan.says("Unmanaged");
    let after = std::fs::read(folder.join("data/registry.db")).expect("still there");
    assert_eq!(before, after);
}
