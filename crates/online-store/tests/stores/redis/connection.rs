//! Redis goes away and comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use feature_model::Value;
use online_store::{Error, OnlineReader, open_reader, open_writer};
use settings::OnlineStore;

use crate::{
    redis_server::RedisServer,
    rows::{batch, driver, read_row, row, seconds, try_read, view, write_row},
    store::{Store, project_name, until_it_answers},
};

async fn impatient_reader(server: &RedisServer) -> Arc<dyn OnlineReader> {
    let mut settings = server.settings();
    settings.socket_timeout = Some(Duration::from_millis(200));
    settings.socket_connect_timeout = Some(Duration::from_millis(200));
    open_reader(&OnlineStore::Redis(settings), &project_name("prj"))
        .await
        .unwrap()
}

async fn assert_unavailable_within(reader: &dyn OnlineReader, limit: Duration) {
    let started = Instant::now();
    let error = try_read(reader, &view("prj", "stats", &["a"]), &[driver(1)])
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(started.elapsed() < limit, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_server_that_went_away_and_came_back_is_found_again() {
    let mut server = RedisServer::start();
    let store = |server: &RedisServer| OnlineStore::Redis(server.settings());
    let reader = open_reader(&store(&server), &project_name("prj"))
        .await
        .unwrap();
    let writer = open_writer(&store(&server), &project_name("prj"))
        .await
        .unwrap();
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    assert!(read_row(&*reader, &stats, 1).await.is_some());
    server.stop();
    for _ in 0..50 {
        assert_unavailable_within(&*reader, Duration::from_secs(2)).await;
    }
    let rows = batch(vec![(driver(1), seconds(1), vec![Value::Null])]);
    let error = writer.write(&stats, rows).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    server.restart();
    until_it_answers(&*reader).await;
    assert_eq!(read_row(&*reader, &stats, 1).await, None);
    // The script is gone with the old server.
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(2)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &[Value::Int64(2)])
    );
}

/// Each read is over another connection than the one before, where the machine has several cores.
#[tokio::test]
async fn no_connection_tells_of_an_outage_after_another_has_answered() {
    let mut server = RedisServer::start();
    let store = OnlineStore::Redis(server.settings());
    let reader = open_reader(&store, &project_name("prj")).await.unwrap();
    let stats = view("prj", "stats", &["a"]);
    for _ in 0..8 {
        assert_eq!(read_row(&*reader, &stats, 1).await, None);
    }
    for _ in 0..3 {
        server.stop();
        assert_unavailable_within(&*reader, Duration::from_secs(2)).await;
        // the outage lasts: another connection notices it later than the first
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_unavailable_within(&*reader, Duration::from_secs(2)).await;
        server.restart();
        until_it_answers(&*reader).await;
        for _ in 0..20 {
            assert_eq!(read_row(&*reader, &stats, 1).await, None);
        }
    }
}

#[tokio::test]
async fn a_server_that_is_away_at_the_start_is_found_later() {
    let mut server = RedisServer::start();
    server.stop();
    let reader = impatient_reader(&server).await;
    assert_unavailable_within(&*reader, Duration::from_secs(2)).await;
    server.restart();
    until_it_answers(&*reader).await;
}

#[tokio::test]
async fn a_closed_connection_costs_no_request() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let store = Store::Redis(server);
    let reader = store.reader("prj").await;
    for _ in 0..20 {
        let () = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "normal"])
            .query(&mut redis)
            .unwrap();
        reader.ping().await.unwrap();
        assert_eq!(
            read_row(&*reader, &view("prj", "stats", &["a"]), 1).await,
            None
        );
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_found_again() {
    let server = RedisServer::start();
    let reader = impatient_reader(&server).await;
    until_it_answers(&*reader).await;
    server.signal("STOP");
    for _ in 0..8 {
        assert_unavailable_within(&*reader, Duration::from_secs(3)).await;
    }
    server.signal("CONT");
    until_it_answers(&*reader).await;
}

/// 192.0.2.0/24 belongs to nobody: packets are dropped, or the network says so at once.
#[tokio::test]
async fn an_address_that_never_answers_takes_the_connect_timeout() {
    let server = RedisServer::start();
    let mut settings = server.settings();
    settings.nodes = vec![("192.0.2.1".to_owned(), 6379)];
    settings.socket_connect_timeout = Some(Duration::from_millis(200));
    let store = OnlineStore::Redis(settings);
    let reader = open_reader(&store, &project_name("prj")).await.unwrap();
    let started = Instant::now();
    // All wait for one attempt; whoever comes after it fails at once.
    let pings = (0..100).map(|_| reader.ping());
    for outcome in futures::future::join_all(pings).await {
        assert!(matches!(outcome, Err(Error::Unavailable { .. })));
    }
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn many_reads_share_the_connections() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let store = Store::Redis(server);
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    let rows = (0..200).map(|id| (driver(id), seconds(id), vec![Value::Int64(id)]));
    writer.write(&stats, batch(rows.collect())).await.unwrap();
    let reads = (0..200).map(|id| read_row(&*reader, &stats, id));
    for (id, found) in (0..).zip(futures::future::join_all(reads).await) {
        assert_eq!(found, row(seconds(id), &[Value::Int64(id)]));
    }
    let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut redis).unwrap();
    // At most four for reading, one for writing, one of this test.
    assert!(clients.lines().count() <= 6, "{clients}");
}
