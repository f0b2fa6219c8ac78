//! Servers fail.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use online_store::{Error, OnlineWriter};
use settings::RedisStore;

use super::work::{Work, reader, writer};
use crate::redis_cluster::RedisCluster;

/// Longer than a fail-over takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes until a write has been done, at most for the time that a fail-over takes.
async fn write_in_the_end(work: &Work, writer: &dyn OnlineWriter) -> i64 {
    let writing = async {
        loop {
            match work.write(writer).await {
                Ok(number) => return number,
                Err(Error::Unavailable { .. }) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, writing).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_is_killed_under_load_is_followed_by_its_replica() {
    let mut cluster = RedisCluster::start();
    let writer = writer(cluster.settings()).await;
    let reader = reader(cluster.reader_settings()).await;
    let work = Work::new();
    for _ in 0..5 {
        let written = work.write(writer.as_ref()).await.unwrap();
        cluster.replicate();
        work.safe.store(written, Ordering::SeqCst);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (work, reader) = (Arc::clone(&work), Arc::clone(&reader));
        tasks.spawn(async move { work.read_on(reader.as_ref()).await });
    }
    cluster.servers[0].stop();
    let killed = Instant::now();
    let written = write_in_the_end(&work, writer.as_ref()).await;
    // the slots of the others can't be written either until all have a master, and none is lost later
    work.safe.store(written, Ordering::SeqCst);
    while work.read(reader.as_ref()).await.is_err() {
        assert!(killed.elapsed() < PATIENCE, "{:?}", killed.elapsed());
    }
    let reads = work.reads.load(Ordering::Relaxed);
    while work.reads.load(Ordering::Relaxed) < reads + 100 {
        work.safe
            .store(work.write(writer.as_ref()).await.unwrap(), Ordering::SeqCst);
    }
    work.is_over.store(true, Ordering::Relaxed);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(work.failed.load(Ordering::Relaxed) > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_hangs_is_followed_by_its_replica() {
    let cluster = RedisCluster::start();
    let settings = RedisStore {
        socket_timeout: Some(Duration::from_millis(300)),
        ..cluster.settings()
    };
    let writer = writer(settings.clone()).await;
    let reader = reader(settings).await;
    let work = Work::new();
    let written = work.write(writer.as_ref()).await.unwrap();
    cluster.replicate();
    work.safe.store(written, Ordering::SeqCst);
    work.read(reader.as_ref()).await.unwrap();
    cluster.servers[1].signal("STOP");
    let stopped = Instant::now();
    loop {
        let began = Instant::now();
        let read = work.read(reader.as_ref()).await;
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        match read {
            Ok(_) => break,
            Err(error) => assert!(matches!(error, Error::Unavailable { .. }), "{error}"),
        }
        assert!(stopped.elapsed() < PATIENCE);
    }
    work.safe.store(
        write_in_the_end(&work, writer.as_ref()).await,
        Ordering::SeqCst,
    );
    work.read(reader.as_ref()).await.unwrap();
    // the old master comes back as a replica, and tells nothing of its own
    cluster.servers[1].signal("CONT");
    for _ in 0..200 {
        work.read(reader.as_ref()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_slot_has_no_server_left_a_read_says_so_within_seconds() {
    let mut cluster = RedisCluster::start();
    let writer = writer(cluster.settings()).await;
    let reader = reader(cluster.settings()).await;
    let work = Work::new();
    work.write(writer.as_ref()).await.unwrap();
    work.read(reader.as_ref()).await.unwrap();
    cluster.servers[3].stop();
    cluster.servers[0].stop();
    for _ in 0..50 {
        let began = Instant::now();
        let error = work.read(reader.as_ref()).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
    }
    reader.ping().await.unwrap();
}
