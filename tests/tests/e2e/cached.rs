//! A gateway with a cache: what it tells is what is in the store, and it says what came out of the cache.

mod outages;
mod rights;
mod same_bytes;

use std::time::Duration;

use e2e::{Gateway, Redis, Reply, Repo, deadline::poll};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// A repository with a cache, whose values are in Redis.
fn cached_on(redis: &Redis, more: &str) -> Repo {
    let repo = Repo::init();
    repo.use_online_store(&redis.online_store_yaml());
    use_cache(&repo, more);
    repo.materialize();
    repo
}

fn use_cache(repo: &Repo, more: &str) {
    let salver = format!("\nsalver:\n  cache: {{max_bytes: 64MiB{more}}}");
    repo.replace("feature_store.yaml", "\nsalver:", &salver);
}

fn request() -> Value {
    json!({
        "features": ["driver_hourly_stats:conv_rate", "driver_hourly_stats:avg_daily_trips"],
        "entities": {"driver_id": [1001, 1002, 4711]},
    })
}

fn ask(gateway: &Gateway) -> Reply {
    gateway.columns(&request())
}

fn asked_anew(gateway: &Gateway) -> Reply {
    let headers = [
        ("Salver-Response-Layout", "columns"),
        ("Cache-Control", "no-cache"),
    ];
    gateway.send(
        "POST",
        "/get-online-features",
        &headers,
        request().to_string(),
    )
}

fn told(reply: &Reply) -> &str {
    reply.header("salver-cache").unwrap_or_default()
}

/// Asks until all of it comes out of the cache.
fn warm(gateway: &Gateway) -> Reply {
    poll("an answer out of the cache", PATIENCE, || {
        let reply = ask(gateway);
        (told(&reply) == "hits=3, misses=0").then_some(reply)
    })
}

/// Another program writes another value for driver 1001.
fn write(redis: &Redis, trips: u8) {
    let is_it = |key: &Vec<u8>| key.windows(2).any(|two| two == [0xe9, 0x03]);
    let key = redis.keys().into_iter().find(is_it).expect("driver 1001");
    let field = redis.command(&[b"HKEYS", &key]);
    let fields = field.items().iter().filter_map(|field| field.bytes());
    for field in fields.filter(|field| !field.starts_with(b"_ts:")) {
        // an int64 of Feast's `Value`
        let _ = redis.command(&[b"HSET", &key, field, &[0x20, trips]]);
    }
}

fn trips(reply: &Reply) -> Value {
    reply.ok()["results"][2]["values"][0].clone()
}

#[test]
fn rows_come_out_of_the_cache_and_a_reply_is_the_same_byte_by_byte() {
    let redis = Redis::start();
    let repo = cached_on(&redis, "");
    let gateway = Gateway::start(&repo);
    let first = ask(&gateway);
    assert_eq!(told(&first), "hits=0, misses=3", "{:?}", first.headers);
    assert_eq!(first.header("age"), None);
    let second = warm(&gateway);
    assert!(second.header("age").is_some());
    assert_eq!(second.body, first.body);
    let anew = asked_anew(&gateway);
    assert_eq!(told(&anew), "hits=0, misses=3");
    assert_eq!(anew.body, first.body);
    let metrics = gateway.get("/metrics").text();
    for line in [
        "salver_cache_rows_total{project=\"driver_repo\",outcome=\"hit\"} ",
        "salver_cache_rows_total{project=\"driver_repo\",outcome=\"stale\"} 0",
        "salver_cache_up{project=\"driver_repo\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
}

#[test]
fn without_the_section_there_is_no_cache_and_no_header() {
    let redis = Redis::start();
    let repo = Repo::init();
    repo.use_online_store(&redis.online_store_yaml());
    repo.materialize();
    let gateway = Gateway::start(&repo);
    for _ in 0..2 {
        let reply = ask(&gateway);
        assert_eq!((reply.status, reply.header("salver-cache")), (200, None));
    }
    let metrics = gateway.get("/metrics").text();
    assert!(!metrics.contains("salver_cache_up{"), "{metrics}");
}

#[test]
fn what_another_program_writes_to_redis_is_told_without_being_asked_for() {
    let redis = Redis::start();
    let repo = cached_on(&redis, "");
    let gateway = Gateway::start(&repo);
    for value in [7, 8, 9] {
        let _ = warm(&gateway);
        write(&redis, value);
        let _ = poll("the new value", PATIENCE, || {
            let reply = ask(&gateway);
            (trips(&reply) == json!(value)).then_some(reply)
        });
    }
    let _ = redis.command(&[b"FLUSHALL"]);
    let _ = poll("an empty store", PATIENCE, || {
        let reply = ask(&gateway);
        trips(&reply).is_null().then_some(reply)
    });
}

#[test]
fn sqlite_is_looked_at_for_changes() {
    let repo = Repo::init();
    use_cache(&repo, "");
    let _ = repo.admin(["apply"]).run().succeeds();
    let gateway = Gateway::start(&repo);
    let before = warm(&gateway);
    assert!(trips(&before).is_null());
    repo.materialize();
    let _ = poll("what was materialized", PATIENCE, || {
        let reply = ask(&gateway);
        (!trips(&reply).is_null()).then_some(reply)
    });
    let _ = warm(&gateway);
}
