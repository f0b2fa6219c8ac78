//! Rows of several servers.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use feature_model::Value;
use online_store::{Error, Freshness, ViewRead};
use settings::{ReadFrom, RedisStore};

use super::work::{Work, reader, writer};
use crate::{
    redis_cluster::{RedisCluster, until},
    redis_server::RedisServer,
    rows::{batch, driver, row, seconds, try_read, view, write_row},
    store::until_it_answers,
};

fn count(server: &RedisServer, what: &str) -> i64 {
    redis::cmd(what).query(&mut server.connect()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_spread_over_the_masters_and_read_by_who_may_only_read() {
    let cluster = RedisCluster::start();
    let writer = writer(cluster.settings()).await;
    let stats = view("prj", "stats", &["a"]);
    writer.prepare(&stats).await.unwrap();
    let rows = (0..2_000).map(|id| (driver(id), seconds(id), vec![Value::Int64(id)]));
    let report = writer.write(&stats, batch(rows.collect())).await.unwrap();
    assert_eq!((report.written, report.stale), (2_000, 0));
    let counts: Vec<i64> = cluster
        .masters()
        .iter()
        .map(|server| count(server, "DBSIZE"))
        .collect();
    assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
    // one server is enough to find the others, and one that isn't there does no harm
    let settings = RedisStore {
        nodes: vec![
            ("127.0.0.1".to_owned(), 1),
            ("127.0.0.1".to_owned(), cluster.replicas()[0].port),
        ],
        ..cluster.reader_settings()
    };
    let reader = reader(settings).await;
    reader.ping().await.unwrap();
    for most in [1, 50, 2_000] {
        let keys: Vec<Vec<u8>> = (0..most).map(driver).collect();
        let found = try_read(reader.as_ref(), &stats, &keys).await.unwrap();
        for (id, found) in (0..most).zip(found) {
            assert_eq!(found, row(seconds(id), &[Value::Int64(id)]));
        }
    }
    assert!(writer.has_data(&stats).await.unwrap());
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 2_000);
    assert!(!writer.has_data(&stats).await.unwrap());
}

#[tokio::test]
async fn a_server_that_forgot_the_script_gets_it_again() {
    let cluster = RedisCluster::start();
    let writer = writer(cluster.settings()).await;
    let work = Work::new();
    for server in cluster.masters() {
        work.write(writer.as_ref()).await.unwrap();
        let () = redis::cmd("SCRIPT")
            .arg("FLUSH")
            .query(&mut server.connect())
            .unwrap();
    }
    let written = work.write(writer.as_ref()).await.unwrap();
    work.safe.store(written, Ordering::SeqCst);
    let reader = reader(cluster.settings()).await;
    work.read(reader.as_ref()).await.unwrap();
}

#[tokio::test]
async fn replicas_answer_where_they_are_wanted_and_the_reply_says_so() {
    let mut cluster = RedisCluster::start();
    let writer = writer(cluster.settings()).await;
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    until("the replica has the row", || {
        cluster
            .replicas()
            .iter()
            .map(|server| count(server, "DBSIZE"))
            .sum::<i64>()
            == 1
    });
    let settings = RedisStore {
        read_from: ReadFrom::ReplicaPreferred,
        ..cluster.reader_settings()
    };
    let reader = reader(settings).await;
    let prepared = reader.prepare("stats", &stats.features);
    let keys = [driver(1)];
    let read = ViewRead {
        view: &prepared,
        keys: &keys,
    };
    let asked = async |freshness: Freshness| {
        let found = reader.read(&[read], freshness.into()).await.unwrap();
        assert!(found.rows.get(0, 0).is_some());
        found.from_replica
    };
    // the others hear only after a while that there is a replica
    let began = Instant::now();
    while !asked(Freshness::Cached).await {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::task::yield_now().await;
    }
    assert!(!asked(Freshness::Current).await);
    cluster.servers[3..].iter_mut().for_each(RedisServer::stop);
    assert!(!asked(Freshness::Cached).await);
}

#[tokio::test]
async fn a_cluster_that_is_away_at_the_start_is_found_later() {
    let mut cluster = RedisCluster::start();
    let settings = cluster.settings();
    cluster
        .servers
        .iter()
        .for_each(|server| server.signal("STOP"));
    let settings = RedisStore {
        socket_timeout: Some(Duration::from_millis(200)),
        socket_connect_timeout: Some(Duration::from_millis(200)),
        ..settings
    };
    let reader = reader(settings).await;
    let began = Instant::now();
    let error = reader.ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    cluster
        .servers
        .iter_mut()
        .for_each(|server| server.signal("CONT"));
    until_it_answers(reader.as_ref()).await;
}

#[tokio::test]
async fn a_server_of_its_own_is_no_cluster() {
    let server = RedisServer::start();
    let settings = RedisStore {
        topology: settings::Topology::Cluster,
        ..server.settings()
    };
    let error = reader(settings).await.ping().await.unwrap_err();
    assert!(
        error.to_string().contains("cluster support disabled"),
        "{error}"
    );
}
