//! A gateway with a cache and one without, on the same Redis: to the same request they reply the same bytes.

use e2e::{Gateway, Redis, Repo};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

use super::{PATIENCE, poll, told, use_cache};

const FEATURES: [&str; 3] = ["conv_rate", "acc_rate", "avg_daily_trips"];
const DRIVERS: i64 = 24;
const REQUESTS: u32 = 100;

/// What stands in a field: a value of Feast's, bytes that are no value, or nothing.
type Field = Option<Vec<u8>>;

fn field() -> impl Strategy<Value = Field> {
    let int64 = (0_u8..128).prop_map(|number| Some(vec![0x20, number]));
    let float = any::<f32>().prop_map(|number| Some([&[0x35][..], &number.to_le_bytes()].concat()));
    let damaged = prop::collection::vec(any::<u8>(), 0..12).prop_map(Some);
    prop_oneof![4 => int64, 4 => float, 1 => damaged, 1 => Just(None)]
}

/// The event time of a row: some second of the last years, none, or no time.
fn time() -> impl Strategy<Value = Field> {
    let second = (0x80_u8..0xff).prop_map(|low| Some(vec![0x08, low, 0x80, 0x80, 0xc0, 0x06]));
    prop_oneof![8 => second, 1 => Just(None), 1 => Just(Some(vec![0xff]))]
}

fn request() -> impl Strategy<Value = (Value, &'static str)> {
    let features = prop::sample::subsequence(FEATURES.to_vec(), 1..=FEATURES.len()).prop_shuffle();
    // the last ones are of nobody
    let drivers = prop::collection::vec(1000..1003 + DRIVERS, 1..20);
    let layout = prop::sample::select(vec!["rows", "columns"]);
    (features, drivers, layout).prop_map(|(features, drivers, layout)| {
        let features = features
            .iter()
            .map(|name| format!("driver_hourly_stats:{name}"));
        let features: Vec<String> = features.collect();
        (
            json!({"features": features, "entities": {"driver_id": drivers}}),
            layout,
        )
    })
}

/// Puts random rows of all drivers in the place of what `registry-admin` has loaded, under the same names.
fn fill(redis: &Redis, runner: &mut TestRunner) {
    let like = redis.keys().pop().expect("a key");
    let fields = redis.command(&[b"HKEYS", &like]);
    let fields: Vec<&[u8]> = fields
        .items()
        .iter()
        .filter_map(|name| name.bytes())
        .collect();
    assert_eq!(fields.len(), 1 + FEATURES.len());
    let _ = redis.command(&[b"FLUSHALL"]);
    for driver in 1000..1000 + DRIVERS {
        let id = like.len() - "driver_repo".len() - 8;
        let mut key = like.clone();
        key[id..id + 8].copy_from_slice(&driver.to_le_bytes());
        for name in &fields {
            let value = match name.starts_with(b"_ts:") {
                true => drawn(&time(), runner),
                false => drawn(&field(), runner),
            };
            if let Some(value) = value {
                let _ = redis.command(&[b"HSET", &key, name, &value]);
            }
        }
    }
}

fn drawn<T: Strategy>(of: &T, runner: &mut TestRunner) -> T::Value {
    of.new_tree(runner).expect("nothing is rejected").current()
}

fn reply(gateway: &Gateway, request: &(Value, &str)) -> (Vec<u8>, String) {
    let layout = [("salver-response-layout", request.1)];
    let body = request.0.to_string();
    let reply = gateway.send("POST", "/get-online-features", &layout, body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    (reply.body.to_vec(), told(&reply).to_owned())
}

#[test]
fn random_rows_are_told_alike_with_and_without_a_cache() {
    let redis = Redis::start();
    let repo = Repo::init();
    repo.use_online_store(&redis.online_store_yaml());
    repo.materialize();
    let mut runner = TestRunner::default();
    fill(&redis, &mut runner);
    let without = Gateway::start(&repo);
    without.wait_ready();
    use_cache(&repo, "");
    let with = Gateway::start(&repo);
    let everybody: Vec<i64> = (1000..1000 + DRIVERS).collect();
    let all = json!({"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": everybody}});
    poll("a cache that is told of changes", PATIENCE, || {
        let (_, told) = reply(&with, &(all.clone(), "rows"));
        told.starts_with("hits=24").then_some(())
    });
    let mut hits = 0;
    for _ in 0..REQUESTS {
        let request = drawn(&request(), &mut runner);
        let expected = reply(&without, &request).0;
        let (told_first, _) = reply(&with, &request);
        let (told_again, cache) = reply(&with, &request);
        assert_eq!(told_first, expected, "{request:?}");
        assert_eq!(told_again, expected, "{request:?}");
        hits += u32::from(cache.ends_with("misses=0"));
    }
    assert_eq!(hits, REQUESTS);
}
