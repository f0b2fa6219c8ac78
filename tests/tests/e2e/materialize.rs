//! `materialize` loads what Feast's own `materialize` loads, whatever happens meanwhile.

use std::{collections::BTreeMap, time::Duration};

use e2e::{Redis, Repo, Resp, deadline::poll, feast, online_store_yaml};
use serde_json::{Value, json};

const SQLITE: &str = "online_store:\n  type: sqlite\n  path: data/online.db\n";
const PATIENCE: Duration = Duration::from_secs(60);
const START: &str = "2026-01-01T00:00:00Z";
const END: &str = "2026-02-01T00:00:00Z";

fn text(json: &Value) -> &str {
    json.as_str().expect("a text")
}

/// Loads the same file with both, and compares the two stores.
fn check_same_as_feast(sections: [&str; 2], stores: [Value; 2], seed: u64) {
    let repo = Repo::empty();
    let input = json!({"seed": seed, "salver": sections[0], "feast": sections[1]});
    // Event times in SQLite are in the zone of the process; Salver writes UTC.
    let made = feast::invoke(repo.path(), "typed_source.py", &input).env("TZ", "UTC");
    let made = made.run().succeeds();
    let last = made.stdout.lines().last().unwrap_or_default();
    let interval: Value = serde_json::from_str(last).expect("the program prints JSON");
    let _ = repo.admin(["apply"]).run().succeeds();
    let args = [
        "materialize",
        text(&interval["start"]),
        text(&interval["end"]),
        "--strict",
    ];
    let _ = repo.admin(args).run().succeeds();
    let told = feast::run(repo.path(), "compare_stores.py", &json!(stores));
    assert_eq!(told["differences"], json!([]), "{told:#}");
    assert!(
        told["compared"].as_u64().unwrap_or_default() > 1000,
        "{told:#}"
    );
}

#[test]
fn sqlite_holds_what_feasts_materialize_puts_there() {
    let stores = [
        json!({"sqlite": "data/online.db", "table": "prj_typed"}),
        json!({"sqlite": "feast/data/online.db", "table": "prj_typed"}),
    ];
    check_same_as_feast([SQLITE, SQLITE], stores, 21);
}

#[test]
fn redis_holds_what_feasts_materialize_puts_there() {
    let redis = Redis::start();
    let section = |db: u8| online_store_yaml(&format!("{},db={db}", redis.address()));
    let stores = [
        json!({"redis": redis.port(), "db": 0}),
        json!({"redis": redis.port(), "db": 1}),
    ];
    check_same_as_feast([&section(0), &section(1)], stores, 22);
}

/// A view whose file is gone since `apply` keeps no other from being loaded.
#[test]
fn a_view_that_fails_is_told_and_the_others_are_loaded() {
    let repo = Repo::init();
    let definitions = "\
data_sources: [{name: gone, type: file, path: data/gone.csv, timestamp_field: at}]\n\
feature_views: [{name: a_gone, entities: [driver], source: gone, features: [{name: x, type: Int64}]}]\n";
    repo.write("features/gone.yaml", definitions);
    repo.write("data/gone.csv", "driver_id,at,x\n1001,2026-01-01,5\n");
    let _ = repo.admin(["apply"]).run().succeeds();
    std::fs::remove_file(repo.path().join("data/gone.csv")).unwrap();
    let args = [
        "materialize",
        "2020-01-01",
        "2100-01-01",
        "--output",
        "json",
    ];
    let outcome = repo.admin(args).run().exits(1);
    let outcome = outcome.complains("1 of 2 feature views were not loaded");
    let outcome = outcome.complains("could not load feature view `a_gone`");
    let loaded = outcome.json();
    assert_eq!(loaded[0]["view"], "driver_hourly_stats", "{loaded}");
    assert_eq!(loaded[0]["written"], 5, "{loaded}");
}

/// A repository with a file that takes a while to load.
fn wide(online_store: &str) -> Repo {
    let repo = Repo::empty();
    let settings = "project: prj\nprovider: local\nregistry: data/registry.db\n";
    let tail = "entity_key_serialization_version: 3\n";
    repo.write(
        "feature_store.yaml",
        format!("{settings}{online_store}{tail}"),
    );
    let size = json!({"rows": 60_000, "entities": 20_000, "features": 10});
    let _ = feast::run(repo.path(), "wide_source.py", &size);
    let _ = repo.admin(["apply"]).run().succeeds();
    repo
}

type Contents = BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>>;

fn contents(redis: &Redis) -> Contents {
    let hash = |key: &Vec<u8>| {
        let reply = redis.command(&[b"HGETALL", key]);
        let words: Vec<Vec<u8>> = reply
            .items()
            .iter()
            .filter_map(Resp::bytes)
            .map(<[u8]>::to_vec)
            .collect();
        words
            .chunks_exact(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect()
    };
    redis
        .keys()
        .into_iter()
        .map(|key| (key.clone(), hash(&key)))
        .collect()
}

/// What a load without trouble leaves behind.
fn loaded_at_once() -> Contents {
    let redis = Redis::start();
    let repo = wide(&redis.online_store_yaml());
    let _ = repo.admin(["materialize", START, END]).run().succeeds();
    contents(&redis)
}

fn rows_in(redis: &Redis) -> i64 {
    match redis.command(&[b"DBSIZE"]) {
        Resp::Integer(rows) => rows,
        other => panic!("DBSIZE answers {other:?}"),
    }
}

/// The intervals that the registry has of the view.
fn intervals(repo: &Repo) -> usize {
    let described = repo.admin(["feature-views", "describe", "wide", "--output", "json"]);
    let described = described.run().succeeds();
    let described: Value = serde_json::from_str(&described.stdout).expect("JSON is asked for");
    described["materialization_intervals"]
        .as_array()
        .expect("a list")
        .len()
}

#[test]
fn a_load_that_is_killed_half_way_and_run_again_gives_the_same() {
    let redis = Redis::start();
    let repo = wide(&redis.online_store_yaml());
    let mut loading = repo.admin(["materialize", START, END]).start();
    poll("the first rows", PATIENCE, || {
        (rows_in(&redis) > 0).then_some(())
    });
    loading.kill();
    let _ = loading.wait(PATIENCE);
    assert!(
        rows_in(&redis) < 20_000,
        "the load was over before it could be killed"
    );
    assert_eq!(intervals(&repo), 0, "what isn't loaded isn't recorded");
    let _ = repo.admin(["materialize", START, END]).run().succeeds();
    assert_eq!(intervals(&repo), 1);
    assert!(contents(&redis) == loaded_at_once(), "the stores differ");
}

#[test]
fn of_two_loads_at_once_the_newest_rows_remain() {
    let redis = Redis::start();
    let repo = wide(&redis.online_store_yaml());
    let older = repo
        .admin(["materialize", START, "2026-01-01T08:00:00Z"])
        .start();
    let newer = repo.admin(["materialize", START, END]).start();
    for loading in [older, newer] {
        let _ = loading.wait(PATIENCE).succeeds();
    }
    assert_eq!(
        intervals(&repo),
        2,
        "neither forgets what the other has recorded"
    );
    assert!(contents(&redis) == loaded_at_once(), "the stores differ");
}

#[test]
fn rows_that_cannot_be_read_are_told_of_and_strict_refuses_them() {
    let repo = wide(SQLITE);
    repo.replace(
        "features/wide.yaml",
        "name: f9\n    type: Float64",
        "name: f9\n    type: Int32",
    );
    repo.write(
        "data/wide.csv",
        "id,at,f9\n1,2026-01-01,5\n2,2026-01-01,6000000000\n,2026-01-01,7\n",
    );
    let before = repo.read("features/wide.yaml");
    let csv = before
        .replace("data/wide.parquet", "data/wide.csv")
        .replace("  type: file\n", "  type: file\n  format: csv\n");
    let keep = csv.find("  - name: f0").expect("the first feature");
    let last = csv.find("  - name: f9").expect("the last feature");
    repo.write(
        "features/wide.yaml",
        format!("{}{}", &csv[..keep], &csv[last..]),
    );
    let _ = repo.admin(["apply", "--yes"]).run().succeeds();
    let refused = repo
        .admin(["materialize", START, END, "--strict"])
        .run()
        .exits(1);
    assert!(
        refused.stderr.contains("a row can't be read: row"),
        "{refused}"
    );
    assert_eq!(intervals(&repo), 0);
    let loaded = repo
        .admin(["materialize", START, END, "--output", "json"])
        .run()
        .succeeds();
    let summary: Value = serde_json::from_str(&loaded.stdout).expect("JSON is asked for");
    assert_eq!(summary[0]["written"], json!(1));
    assert_eq!(summary[0]["rejected"], json!(2));
    assert!(
        loaded
            .stderr
            .contains("(id=2): `f9`: 6000000000 is out of range of Int32"),
        "{loaded}"
    );
    assert!(
        loaded
            .stderr
            .contains("(id=null): `id`: the join key is null"),
        "{loaded}"
    );
    assert_eq!(intervals(&repo), 1);
}

#[test]
fn wrong_asks_are_refused_before_anything_is_written() {
    let repo = wide(SQLITE);
    let refused = repo.admin(["materialize", END, START]).run().exits(1);
    assert!(refused.stderr.contains("is before the start"), "{refused}");
    let refused = repo
        .admin(["materialize", START, END, "-v", "wid"])
        .run()
        .exits(1);
    assert!(refused.stderr.contains("did you mean `wide`?"), "{refused}");
    let _ = repo.admin(["materialize", START, END]).run().succeeds();
    let refused = repo
        .admin(["materialize-incremental", START])
        .run()
        .exits(1);
    assert!(
        refused
            .stderr
            .contains("is loaded up to 2026-02-01T00:00:00Z already"),
        "{refused}"
    );
    assert_eq!(intervals(&repo), 1);
}
