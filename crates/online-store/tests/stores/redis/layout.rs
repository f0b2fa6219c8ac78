//! The bytes in Redis are those of Feast 0.67.

use std::collections::BTreeMap;

use feature_codec::{encode_timestamp, redis_key, timestamp_field, value_field};
use feature_model::Value;
use online_store::Error;
use redis::TypedCommands;

use crate::{
    redis_server::RedisServer,
    rows::{driver, read_row, row, seconds, view, write_row},
    store::{Store, project_name},
};

fn server(store: &Store) -> &RedisServer {
    match store {
        Store::Redis(server) => server,
        Store::Cluster(_) | Store::Sqlite(_) => panic!("a redis store"),
    }
}

/// Feast wrote this hash for `driver_hourly_stats` of the docs' repository.
#[tokio::test]
async fn a_row_is_the_hash_that_feast_writes() {
    let store = Store::redis();
    let writer = store.writer("prj").await;
    let stats = view(
        "prj",
        "driver_hourly_stats",
        &["conv_rate", "acc_rate", "avg_daily_trips"],
    );
    let values = [Value::Float(0.1), Value::Null, Value::Int64(0)];
    let time = "2024-01-01T00:00:00.123456Z".parse().unwrap();
    write_row(&*writer, &stats, 1001, time, &values).await;
    let mut key =
        b"\x01\0\0\0\x02\0\0\0\x09\0\0\0driver_id\x04\0\0\0\x08\0\0\0\xe9\x03\0\0\0\0\0\0".to_vec();
    key.extend(b"prj");
    let hash: BTreeMap<Vec<u8>, Vec<u8>> = redis::cmd("HGETALL")
        .arg(key)
        .query(&mut server(&store).connect())
        .unwrap();
    let expected: [(&[u8], &[u8]); 4] = [
        (b"\x61\x60\xe3\xda", b"\x35\xcd\xcc\xcc\x3d"),
        (b"\xfa\x5e\x58\xad", b""),
        (b"\x18\xa5\xe5\xa3", b"\x20\0"),
        (
            b"_ts:driver_hourly_stats",
            b"\x08\x80\x81\xc8\xac\x06\x10\x80\x94\xef\x3a",
        ),
    ];
    let expected = expected.map(|(field, value)| (field.to_vec(), value.to_vec()));
    assert_eq!(hash, BTreeMap::from(expected));
}

/// Values without `_ts:<view>` are left over, such as features that were dropped from a view.
#[tokio::test]
async fn a_row_without_its_time_is_absent() {
    let store = Store::redis();
    let reader = store.reader("prj").await;
    let stats = view("prj", "stats", &["a"]);
    let key = redis_key(&driver(1), &project_name("prj"));
    let field = value_field("stats", "a");
    server(&store)
        .connect()
        .hset(key, field.as_slice(), b"\x20\x01")
        .unwrap();
    assert_eq!(read_row(&*reader, &stats, 1).await, None);
}

#[tokio::test]
async fn what_is_no_row_is_damaged_and_no_other_row_with_it() {
    let store = Store::redis();
    let reader = store.reader("prj").await;
    let stats = view("prj", "stats", &["a"]);
    let mut redis = server(&store).connect();
    let key = |id| redis_key(&driver(id), &project_name("prj"));
    redis.set(key(1), "text").unwrap();
    redis
        .hset(key(2), timestamp_field("stats"), b"\xff\xff")
        .unwrap();
    let writer = store.writer("prj").await;
    write_row(&*writer, &stats, 4, seconds(7), &[Value::Int64(1)]).await;
    let keys = [1, 2, 4, 5].map(driver);
    let prepared = reader.prepare(&stats.name, &stats.features);
    let read = online_store::ViewRead {
        view: &prepared,
        keys: &keys,
    };
    let found = reader
        .read(&[read], online_store::ReadOptions::default())
        .await
        .unwrap();
    for (key, named) in ["no hash", "event time"].into_iter().enumerate() {
        let row = found.rows.get(0, key).unwrap();
        let damage = row.damage().unwrap();
        assert!(damage.contains(named), "{damage}");
        assert!(damage.contains("0100000002000000090000006472"), "{damage}");
        assert_eq!(row.values().collect::<Vec<_>>(), [None]);
    }
    let row = crate::rows::decoded(found.rows.get(0, 2));
    assert_eq!(row, crate::rows::row(seconds(7), &[Value::Int64(1)]));
    assert_eq!(found.rows.get(0, 3), None);
}

#[tokio::test]
async fn a_key_of_another_type_is_no_reason_to_write_over_it() {
    let store = Store::redis();
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    let key = redis_key(&driver(1), &project_name("prj"));
    server(&store).connect().set(&key, "text").unwrap();
    let rows = crate::rows::batch(vec![(driver(1), seconds(1), vec![Value::Null])]);
    let error = writer.write(&stats, rows).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    assert!(!writer.has_data(&stats).await.unwrap());
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 0);
    assert_eq!(
        server(&store).connect().get(&key).unwrap().as_deref(),
        Some("text")
    );
}

/// A row whose time nobody can read is lost to everybody; a new one repairs it.
#[tokio::test]
async fn a_row_replaces_one_whose_time_is_garbage() {
    let store = Store::redis();
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let key = redis_key(&driver(1), &project_name("prj"));
    let garbage: [&[u8]; 6] = [
        b"\xff",
        b"\x08",
        b"\x08\xff\xff",
        b"\x0a\x01x",
        b"\x08\x01\x09",
        &[0x80; 30],
    ];
    for (index, bytes) in garbage.into_iter().enumerate() {
        let stats = view("prj", &format!("stats_{index}"), &["a"]);
        server(&store)
            .connect()
            .hset(&key, timestamp_field(&stats.name), bytes)
            .unwrap();
        write_row(&*writer, &stats, 1, seconds(-1), &[Value::Int64(1)]).await;
        let expected = row(seconds(-1), &[Value::Int64(1)]);
        assert_eq!(read_row(&*reader, &stats, 1).await, expected, "{bytes:?}");
    }
}

/// Protobuf allows a field to come twice, and zeros to be written.
#[tokio::test]
async fn times_that_another_program_spelt_otherwise_are_compared() {
    let store = Store::redis();
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    let spellings: [&[u8]; 3] = [
        b"\x08\x01\x08\x0a",
        b"\x08\x8a\x00\x10\x00",
        b"\x10\x00\x08\x0a",
    ];
    for (id, bytes) in (0..).zip(spellings) {
        let key = redis_key(&driver(id), &project_name("prj"));
        server(&store)
            .connect()
            .hset(key, timestamp_field("stats"), bytes)
            .unwrap();
        let older = write_row(&*writer, &stats, id, seconds(9), &[Value::Null]).await;
        assert_eq!((older.written, older.stale), (0, 1), "{bytes:?}");
        let equal = write_row(&*writer, &stats, id, seconds(10), &[Value::Null]).await;
        assert_eq!((equal.written, equal.stale), (1, 0), "{bytes:?}");
    }
    assert_eq!(encode_timestamp(seconds(10)), b"\x08\x0a");
}

#[tokio::test]
async fn the_last_view_of_a_hash_takes_the_hash_along() {
    let store = Store::redis();
    let writer = store.writer("prj").await;
    let (a, b) = (view("prj", "a", &["x"]), view("prj", "b", &["x", "y"]));
    write_row(&*writer, &a, 1, seconds(1), &[Value::Int64(1)]).await;
    write_row(&*writer, &b, 1, seconds(1), &[Value::Int64(1), Value::Null]).await;
    let mut redis = server(&store).connect();
    let key = redis_key(&driver(1), &project_name("prj"));
    assert_eq!(redis.hlen(&key).unwrap(), 5);
    writer.remove_view(&b).await.unwrap();
    assert_eq!(redis.hlen(&key).unwrap(), 2);
    // A feature that the view had once goes with the last view.
    redis.hset(&key, b"left", "over").unwrap();
    writer.remove_view(&a).await.unwrap();
    assert!(!redis.exists(&key).unwrap());
}

/// A key may end in the project's name and still not be of the project.
#[tokio::test]
async fn keys_that_only_look_like_rows_stay() {
    let store = Store::redis();
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Null]).await;
    let project = project_name("prj");
    let mut longer = driver(1);
    longer.extend(b"x");
    let mut redis = server(&store).connect();
    let strangers = [
        redis_key(&longer, &project),
        redis_key(&driver(1)[..30], &project),
        b"prj".to_vec(),
    ];
    for key in &strangers {
        redis.hset(key, timestamp_field("stats"), "").unwrap();
    }
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 1);
    for key in &strangers {
        assert!(redis.exists(key).unwrap(), "{key:?}");
    }
}
