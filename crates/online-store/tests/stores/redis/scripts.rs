//! The script that writes: kept in the server, any number of features, expiry.

use std::sync::Arc;

use feature_codec::redis_key;
use feature_model::Value;
use online_store::{OnlineWriter, open_writer};
use redis::TypedCommands;
use settings::OnlineStore;

use crate::{
    redis_server::RedisServer,
    rows::{batch, driver, read_row, row, seconds, view, write_row},
    store::{Store, project_name},
};

#[tokio::test]
async fn a_server_that_forgot_the_script_gets_it_again() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let store = Store::Redis(server);
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    for number in 0..3 {
        let () = redis::cmd("SCRIPT").arg("FLUSH").query(&mut redis).unwrap();
        let report = write_row(
            &*writer,
            &stats,
            1,
            seconds(number),
            &[Value::Int64(number)],
        )
        .await;
        assert_eq!((report.written, report.stale), (1, 0));
        let found = read_row(&*reader, &stats, 1).await;
        assert_eq!(found, row(seconds(number), &[Value::Int64(number)]));
    }
    let () = redis::cmd("SCRIPT").arg("FLUSH").query(&mut redis).unwrap();
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 1);
}

/// Lua's stack, registers and constants all have limits below this.
#[tokio::test]
async fn a_view_may_have_ten_thousand_features() {
    let store = Store::redis();
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let names: Vec<String> = (0..10_000)
        .map(|index| format!("feature_{index}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stats = view("prj", "stats", &names);
    let values: Vec<Value> = (0..10_000).map(Value::Int64).collect();
    for time in [5, 6, 6] {
        assert_eq!(
            write_row(&*writer, &stats, 1, seconds(time), &values)
                .await
                .written,
            1
        );
    }
    assert_eq!(
        write_row(&*writer, &stats, 1, seconds(5), &values)
            .await
            .stale,
        1
    );
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(6), &values)
    );
    let other = view("prj", "other", &["a"]);
    write_row(&*writer, &other, 1, seconds(1), &[Value::Null]).await;
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 1);
    let Store::Redis(server) = &store else {
        unreachable!()
    };
    let key = redis_key(&driver(1), &project_name("prj"));
    assert_eq!(server.connect().hlen(key).unwrap(), 2);
}

async fn expiring_writer(server: &RedisServer, seconds: u64) -> Arc<dyn OnlineWriter> {
    let mut settings = server.settings();
    settings.key_ttl_seconds = Some(seconds);
    open_writer(&OnlineStore::Redis(settings), &project_name("prj"))
        .await
        .unwrap()
}

#[tokio::test]
async fn hashes_expire_after_the_last_write_that_counted() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let writer = expiring_writer(&server, 1_000).await;
    let stats = view("prj", "stats", &["a"]);
    let key = redis_key(&driver(1), &project_name("prj"));
    let mut left = |expire: i64| {
        let left: i64 = redis::cmd("TTL").arg(&key).query(&mut redis).unwrap();
        redis.expire(&key, expire).unwrap();
        left
    };
    write_row(&*writer, &stats, 1, seconds(10), &[Value::Null]).await;
    assert!((990..=1_000).contains(&left(500)));
    write_row(&*writer, &stats, 1, seconds(9), &[Value::Null]).await;
    assert!(
        (490..=500).contains(&left(500)),
        "a stale row prolongs nothing"
    );
    write_row(&*writer, &stats, 1, seconds(10), &[Value::Null]).await;
    assert!((990..=1_000).contains(&left(500)));
}

#[tokio::test]
async fn without_a_ttl_hashes_stay() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let store = Store::Redis(server);
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Null]).await;
    let key = redis_key(&driver(1), &project_name("prj"));
    let left: i64 = redis::cmd("TTL").arg(&key).query(&mut redis).unwrap();
    assert_eq!(left, -1);
}

/// `INFO commandstats` counts what the server ran.
fn calls(redis: &mut redis::Connection, command: &str) -> u64 {
    let info: String = redis::cmd("INFO").arg("commandstats").query(redis).unwrap();
    let line = info
        .lines()
        .find(|line| line.starts_with(&format!("cmdstat_{command}:calls=")));
    let count = line.and_then(|line| line.split(['=', ',']).nth(1));
    count.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn each_hash_is_one_script_call_and_each_lookup_one_command() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let store = Store::Redis(server);
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let views = [view("prj", "a", &["x"]), view("prj", "b", &["x", "y"])];
    let rows = |width: usize| {
        let rows = (0..500).map(|id| (driver(id), seconds(1), vec![Value::Int64(id); width]));
        batch(rows.collect())
    };
    for (view, width) in views.iter().zip([1, 2]) {
        writer.prepare(view).await.unwrap();
        writer.write(view, rows(width)).await.unwrap();
    }
    assert_eq!(calls(&mut redis, "evalsha"), 1_000);
    let keys: Vec<Vec<u8>> = (0..500).map(driver).collect();
    let prepared = views.map(|view| reader.prepare(&view.name, &view.features));
    let read = |index: usize| online_store::ViewRead {
        view: &prepared[index],
        keys: &keys,
    };
    let reads = [read(0), read(1)];
    for (hmget, hgetall) in [(499, 1), (499, 501)] {
        let found = reader
            .read(&reads, online_store::ReadOptions::default())
            .await
            .unwrap();
        assert!(
            found
                .rows
                .iter()
                .all(|rows| rows.iter().all(|row| row.is_some()))
        );
        assert_eq!(calls(&mut redis, "hmget"), hmget);
        assert_eq!(calls(&mut redis, "hgetall"), hgetall);
    }
}
