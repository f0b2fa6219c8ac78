//! Feast fills a store, and the gateway answers as Feast would, but for the differences that the README
//! names: statuses and ttl are told honestly, float32 is printed shortest, what JSON has no number for is
//! null, and features come in the order of the request.

use std::collections::BTreeSet;

use e2e::{Gateway, Redis, RedisCluster, Repo, feast};
use serde_json::{Value, json};

use crate::same_value::same;

const SQLITE: &str = "online_store:\n  type: sqlite\n  path: data/online.db\n";
const NO_ROW: &str = "1970-01-01T00:00:00Z";

/// What Feast answers, and what it stored, for one request.
struct Case {
    request: Value,
    feast: Value,
    states: Value,
}

fn repo(online_store: &str, others: &str) -> Repo {
    let repo = Repo::empty();
    let head = "project: prj\nprovider: local\nregistry: data/registry.db\n";
    repo.write(
        "feature_store.yaml",
        format!("{head}{online_store}{others}"),
    );
    repo.write("data/.keep", "");
    repo
}

/// Feast's answers after it has filled the store, in a process of that time zone.
fn filled_by_feast(repo: &Repo, seed: u64, zone: &str) -> Vec<Case> {
    let program = feast::invoke(repo.path(), "feast_writes.py", &json!({"seed": seed}));
    let outcome = program.env("TZ", zone).run().succeeds();
    let last = outcome.stdout.lines().last().unwrap_or_default();
    let told: Value = serde_json::from_str(last).expect("the program prints JSON");
    items(&told["cases"])
        .iter()
        .map(|case| Case {
            request: case["request"].clone(),
            feast: case["reply"].clone(),
            states: case["states"].clone(),
        })
        .collect()
}

fn check_all(repo: &Repo, cases: &[Case]) {
    let gateway = Gateway::start(repo);
    let mut cells = 0;
    for case in cases {
        let reply = gateway.columns(&case.request).ok();
        cells += check(case, &reply);
    }
    assert!(cells > 500, "only {cells} values were compared");
}

/// Compares two replies, and returns how many values they have in common.
fn check(case: &Case, salver: &Value) -> usize {
    let names = names_of(salver);
    let ours: BTreeSet<_> = names.iter().collect();
    let feast_names = names_of(&case.feast);
    assert_eq!(ours, feast_names.iter().collect(), "{}", case.request);
    let mut cells = 0;
    for (place, name) in names.iter().enumerate() {
        let feast_place = feast_names.iter().position(|other| other == name);
        let feast_place = feast_place.expect("both have the same names");
        let feast = &case.feast["results"][feast_place];
        let salver = &salver["results"][place];
        let rows = items(&feast["values"]).len();
        assert_eq!(items(&salver["values"]).len(), rows, "{name}");
        for row in 0..rows {
            // The columns of join keys are echoed: there is no state of them.
            let state = case.states[name][row].as_str().unwrap_or("present");
            check_cell(state, &cell(feast, row), &cell(salver, row), name);
        }
        cells += rows;
    }
    cells
}

fn names_of(reply: &Value) -> Vec<String> {
    let names = items(&reply["metadata"]["feature_names"]).iter();
    names
        .map(|name| name.as_str().expect("names are text").to_owned())
        .collect()
}

fn items(json: &Value) -> &[Value] {
    json.as_array().expect("an array")
}

#[derive(Debug)]
struct Cell<'a> {
    value: &'a Value,
    status: &'a Value,
    event_timestamp: &'a Value,
}

fn cell(column: &Value, row: usize) -> Cell<'_> {
    Cell {
        value: &column["values"][row],
        status: &column["statuses"][row],
        event_timestamp: &column["event_timestamps"][row],
    }
}

fn check_cell(state: &str, feast: &Cell<'_>, salver: &Cell<'_>, name: &str) {
    let told = format!("`{name}` is stored as {state}; Feast: {feast:?}; Salver: {salver:?}");
    let status = match state {
        "present" => "PRESENT",
        "null" => "NULL_VALUE",
        "missing" => "NOT_FOUND",
        "expired" => "OUTSIDE_MAX_AGE",
        other => panic!("unknown state `{other}`"),
    };
    assert_eq!(salver.status, status, "{told}");
    let event_timestamp = match state {
        "missing" => &json!(NO_ROW),
        _ => feast.event_timestamp,
    };
    assert_eq!(salver.event_timestamp, event_timestamp, "{told}");
    if state == "present" {
        assert!(same(feast.value, salver.value), "{told}");
    } else {
        assert_eq!(salver.value, &Value::Null, "{told}");
    }
}

#[test]
fn what_feast_writes_to_redis_is_answered_as_feast_answers() {
    for seed in [1, 2] {
        let redis = Redis::start();
        let repo = repo(&redis.online_store_yaml(), "");
        let cases = filled_by_feast(&repo, seed, "UTC");
        check_all(&repo, &cases);
    }
}

#[test]
fn what_feast_writes_to_a_redis_cluster_is_answered_as_feast_answers() {
    let cluster = RedisCluster::start();
    let repo = repo(&cluster.online_store_yaml(), "");
    let cases = filled_by_feast(&repo, 7, "UTC");
    check_all(&repo, &cases);
}

#[test]
fn what_feast_writes_to_sqlite_is_answered_as_feast_answers() {
    for seed in [3, 4] {
        let repo = repo(SQLITE, "");
        let cases = filled_by_feast(&repo, seed, "UTC");
        check_all(&repo, &cases);
    }
}

#[test]
fn event_times_are_right_where_feast_wrote_sqlite_in_another_time_zone() {
    let zone = "America/New_York";
    let repo = repo(SQLITE, &format!("salver:\n  sqlite_timezone: {zone}\n"));
    let cases = filled_by_feast(&repo, 5, zone);
    check_all(&repo, &cases);
}

#[test]
fn entity_keys_of_the_older_layout_are_found() {
    let older = "entity_key_serialization_version: 2\n";
    let redis = Redis::start();
    for online_store in [redis.online_store_yaml().as_str(), SQLITE] {
        let repo = repo(online_store, older);
        let cases = filled_by_feast(&repo, 6, "UTC");
        check_all(&repo, &cases);
    }
}

/// `crates/feature-codec` is tested with bytes that were recorded once.
#[test]
fn the_recorded_bytes_are_those_that_the_pinned_feast_writes() {
    let recorded = include_str!("../../../crates/feature-codec/tests/golden.json");
    let folder = Repo::empty();
    let program = feast::invoke(folder.path(), "record_golden.py", &Value::Null);
    let outcome = program.run().succeeds();
    assert!(
        outcome.stdout == recorded,
        "record them again: `python tests/feast/record_golden.py > crates/feature-codec/tests/golden.json`"
    );
}
