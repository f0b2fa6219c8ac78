//! Fields that this release doesn't know, through every command of `registry-admin`.

use std::collections::BTreeSet;

use e2e::{Repo, feast, now};
use serde_json::{Value, json};

type Marks = BTreeSet<(u64, String)>;

fn unknown_fields(repo: &Repo, mark: bool) -> Marks {
    let input = json!({"registry": "data/registry.db", "mark": mark});
    let told = feast::run(repo.path(), "unknown_fields.py", &input);
    let pairs = told.as_array().expect("a list").iter();
    pairs
        .map(|pair| {
            let number = pair[0].as_u64().expect("a number");
            (number, pair[1].as_str().expect("a path").to_owned())
        })
        .collect()
}

/// A registry that Salver applied and Feast materialized, with a mark in every message.
fn marked() -> (Repo, Marks) {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let materialize = ["materialize", "2020-01-01T00:00:00", &now()];
    let _ = feast::cli(repo.path(), materialize).run().succeeds();
    let marks = unknown_fields(&repo, true);
    assert!(marks.len() > 100, "{marks:?}");
    (repo, marks)
}

fn check(repo: &Repo, before: &Marks, what: &str) {
    let after = unknown_fields(repo, false);
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "{what} lost {lost:?}");
}

#[test]
fn they_survive_every_command() {
    let (repo, marks) = marked();
    for command in [
        vec!["validate"],
        vec!["plan"],
        vec!["apply"],
        vec!["entities", "list"],
        vec!["feature-views", "describe", "driver_hourly_stats"],
        vec!["registry-dump"],
        vec!["materialize", "2020-01-01", &now()],
        vec!["materialize-incremental", &now()],
        vec!["apply", "--adopt"],
    ] {
        let _ = repo.admin(&command).run().succeeds();
        check(&repo, &marks, &command.join(" "));
    }
}

#[test]
fn they_survive_an_update_of_each_object() {
    let (repo, marks) = marked();
    repo.replace(
        "features/entities.yaml",
        "the licence",
        "the driving licence",
    );
    repo.replace(
        "features/data_sources.yaml",
        "timestamp_field: event_timestamp",
        "timestamp_field: event_timestamp\n    owner: ann",
    );
    repo.replace("features/feature_views.yaml", "ttl: 1d", "ttl: 2d");
    repo.replace(
        "features/feature_views.yaml",
        "type: Int64",
        "type: Int64\n        tags: {unit: trips}",
    );
    repo.replace(
        "features/on_demand_feature_views.yaml",
        "- name: transformed_conv_rate",
        "- name: transformed_conv_rate\n    description: sums",
    );
    repo.replace(
        "features/feature_services.yaml",
        "- name: driver_activity_v1",
        "- name: driver_activity_v1\n    owner: ann",
    );
    let applied = repo.admin(["apply"]).run().succeeds();
    let _ = applied.says("5 to update");
    check(&repo, &marks, "apply");
}

#[test]
fn deletes_take_only_what_they_delete() {
    let (repo, marks) = marked();
    let services = repo.read("features/feature_services.yaml");
    let end = services
        .find("  - name: driver_activity_v2")
        .expect("the second service");
    repo.write("features/feature_services.yaml", &services[..end]);
    let _ = repo.admin(["apply", "--yes"]).run().succeeds();
    let after = unknown_fields(&repo, false);
    for (_, path) in marks.difference(&after) {
        assert!(path.starts_with("/feature_services"), "{path}");
    }
    let _ = repo.admin(["teardown", "--yes"]).run().succeeds();
    let left: Value = repo.admin(["registry-dump"]).run().succeeds().json();
    assert!(left.get("featureViews").is_none(), "{left:#}");
    let top: Vec<_> = unknown_fields(&repo, false)
        .into_iter()
        .filter(|(_, path)| path.is_empty())
        .collect();
    assert_eq!(top.len(), 1);
}
