//! `registry-admin` applies and materializes random files of every type, and Feast's SDK reads from the same
//! registry and store what Feast makes of each value.

use e2e::{Redis, RedisCluster, Repo, feast};
use serde_json::{Value, json};

const SQLITE: &str = "online_store:\n  type: sqlite\n  path: data/online.db\n";

fn check(online_store: &str, seed: u64, whole_seconds: bool) {
    let repo = Repo::empty();
    let head = "project: prj\nprovider: local\nregistry: data/registry.db\n";
    let tail = "entity_key_serialization_version: 3\n";
    repo.write("feature_store.yaml", format!("{head}{online_store}{tail}"));
    let input = json!({"seed": seed, "whole_seconds": whole_seconds});
    let interval = feast::run(repo.path(), "random_source.py", &input);
    let _ = repo.admin(["apply"]).run().succeeds();
    let (start, end) = (text(&interval["start"]), text(&interval["end"]));
    let _ = repo
        .admin(["materialize", start, end, "--strict"])
        .run()
        .succeeds();
    check_what_feast_reads(&repo);
    // Once more changes nothing: rows of equal event time replace those that are there.
    let _ = repo.admin(["materialize", start, end]).run().succeeds();
    check_what_feast_reads(&repo);
}

fn check_what_feast_reads(repo: &Repo) {
    // Event times in SQLite are in the zone of the process; Salver writes UTC.
    let program = feast::invoke(repo.path(), "feast_reads.py", &json!({})).env("TZ", "UTC");
    let outcome = program.run().succeeds();
    let last = outcome.stdout.lines().last().unwrap_or_default();
    let told: Value = serde_json::from_str(last).expect("the program prints JSON");
    assert_eq!(told["differences"], json!([]), "{told:#}");
    let compared = told["compared"].as_u64().unwrap_or_default();
    assert!(compared > 200, "only {compared} values were compared");
}

fn text(json: &Value) -> &str {
    json.as_str().expect("a text")
}

#[test]
fn feast_reads_from_redis_what_salver_has_materialized() {
    for seed in [11, 12] {
        let redis = Redis::start();
        check(&redis.online_store_yaml(), seed, false);
    }
}

#[test]
fn feast_reads_from_a_redis_cluster_what_salver_has_materialized() {
    let cluster = RedisCluster::start();
    check(&cluster.online_store_yaml(), 15, false);
}

#[test]
fn feast_reads_from_sqlite_what_salver_has_materialized() {
    for seed in [13, 14] {
        check(SQLITE, seed, true);
    }
}
