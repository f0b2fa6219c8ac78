//! Reads with a deadline, of a Redis that doesn't answer for a while.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use feature_model::Value;
use futures::future::join_all;
use online_store::{Error, OnlineReader, ReadOptions, StoredView};

use crate::{
    redis_server::RedisServer,
    rows::{Row, batch, driver, row, seconds, try_read_with, view},
    store::Store,
};

const ROWS: i64 = 50;

fn within(time: Duration) -> ReadOptions {
    ReadOptions {
        deadline: Some(tokio::time::Instant::now() + time),
        ..ReadOptions::default()
    }
}

/// A store with [`ROWS`] rows, and a reader that has read of it on all of its connections.
async fn stocked() -> (Store, Arc<dyn OnlineReader>, StoredView) {
    let store = Store::redis();
    let stats = view("prj", "stats", &["a"]);
    let rows = (0..ROWS).map(|id| (driver(id), seconds(id), vec![Value::Int64(id)]));
    let writer = store.writer("prj").await;
    writer.write(&stats, batch(rows.collect())).await.unwrap();
    let reader = store.reader("prj").await;
    for id in 0..ROWS {
        assert_row(
            &read(&*reader, &stats, id, ReadOptions::default()).await,
            id,
        );
    }
    (store, reader, stats)
}

fn server(store: &Store) -> &RedisServer {
    match store {
        Store::Redis(server) => server,
        Store::Cluster(_) | Store::Sqlite(_) => panic!("another store"),
    }
}

async fn read(
    reader: &dyn OnlineReader,
    stats: &StoredView,
    id: i64,
    options: ReadOptions,
) -> Result<Vec<Row>, Error> {
    try_read_with(reader, stats, &[driver(id)], options).await
}

fn assert_row(found: &Result<Vec<Row>, Error>, id: i64) {
    let expected = [row(seconds(id), &[Value::Int64(id)])];
    assert_eq!(found.as_ref().unwrap(), &expected);
}

/// How often rows were asked for since the server was told to forget how often.
fn commands(redis: &mut redis::Connection) -> u64 {
    let told: String = redis::cmd("INFO").arg("commandstats").query(redis).unwrap();
    let calls = |line: &str| -> Option<u64> {
        let (name, stats) = line.split_once(":calls=")?;
        let is_read = matches!(name, "cmdstat_hmget" | "cmdstat_hgetall");
        is_read.then(|| stats.split(',').next()?.parse().ok())?
    };
    told.lines().filter_map(calls).sum()
}

#[tokio::test]
async fn a_read_whose_time_is_over_is_not_sent() {
    let (store, reader, stats) = stocked().await;
    let mut redis = server(&store).connect();
    let () = redis::cmd("CONFIG")
        .arg("RESETSTAT")
        .query(&mut redis)
        .unwrap();
    for id in 0..ROWS {
        let late = read(&*reader, &stats, id, within(Duration::ZERO)).await;
        assert!(matches!(late, Err(Error::Late { .. })), "{late:?}");
    }
    assert_eq!(commands(&mut redis), 0);
    assert_row(&read(&*reader, &stats, 1, ReadOptions::default()).await, 1);
    assert_eq!(commands(&mut redis), 1);
}

#[tokio::test]
async fn what_some_give_up_while_redis_hangs_is_nothing_to_the_others() {
    let (store, reader, stats) = stocked().await;
    let server = server(&store);
    server.signal("STOP");
    let began = Instant::now();
    let patient = (0..ROWS).map(|id| read(&*reader, &stats, id, ReadOptions::default()));
    let hurried = async {
        let time = Duration::from_millis(50);
        let reads = (0..ROWS).map(|id| read(&*reader, &stats, id, within(time)));
        for found in join_all(reads).await {
            assert!(matches!(found, Err(Error::Late { .. })), "{found:?}");
        }
        // less than the time after which the connections would be given up
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "{:?}",
            began.elapsed()
        );
        server.signal("CONT");
    };
    let (patient, ()) = tokio::join!(join_all(patient), hurried);
    for (id, found) in (0..).zip(patient) {
        assert_row(&found, id);
    }
    // their replies came late, and are taken for nobody else's
    for id in 0..ROWS {
        assert_row(
            &read(&*reader, &stats, id, ReadOptions::default()).await,
            id,
        );
    }
}
