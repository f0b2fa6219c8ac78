//! A cache over a cluster: each master tells of its own keys.

use std::time::Instant;

use online_store::{Freshness, open_writer};
use settings::OnlineStore;

use super::{BOUND, House, write};
use crate::{
    redis_cluster::RedisCluster,
    store::{project_name, until_it_answers},
};

/// Drivers whose rows are on all masters, but for a chance in a million.
const DRIVERS: i64 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_on_any_master_is_seen_also_after_a_fail_over() {
    let mut cluster = RedisCluster::start();
    let settings = OnlineStore::Redis(cluster.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    let house = House::open(&OnlineStore::Redis(cluster.reader_settings())).await;
    for value in [1, 2] {
        for id in 0..DRIVERS {
            write(&writer, id, value).await;
            let written = Instant::now();
            let is_new =
                |read: &super::Read| read.as_ref().is_ok_and(|(read, _)| *read == Some(value));
            house.until(id, is_new).await.unwrap();
            assert!(written.elapsed() < BOUND, "{:?}", written.elapsed());
            assert_eq!(house.until_hit(id).await, Some(value));
        }
    }
    cluster.replicate();
    cluster.servers[2].stop();
    // the time after which nothing may be told that the servers don't vouch for
    let stopped = Instant::now();
    while stopped.elapsed() < BOUND {
        tokio::task::yield_now().await;
    }
    // the rows of the other masters, too: whether any of them is missing is not known
    for id in 0..DRIVERS {
        if let Ok((_, report)) = house.read(id, Freshness::Cached).await {
            assert_eq!(report.hits, 0);
        }
    }
    cluster.until_served();
    until_it_answers(&house.reader).await;
    for id in 0..DRIVERS {
        assert_eq!(house.until_hit(id).await, Some(2));
        write(&writer, id, 3).await;
        let written = Instant::now();
        let is_new = |read: &super::Read| read.as_ref().is_ok_and(|(read, _)| *read == Some(3));
        house.until(id, is_new).await.unwrap();
        assert!(written.elapsed() < BOUND, "{:?}", written.elapsed());
    }
}

/// Its heir may be a server that nobody hears yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_on_its_way_to_another_master_is_told_and_not_kept() {
    let cluster = RedisCluster::start();
    let settings = OnlineStore::Redis(cluster.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let house = House::open(&settings).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    let slot = cluster.slot_of(1);
    cluster.begin_move(slot);
    assert_eq!(cluster.move_keys(slot), 1);
    // from here on it is read from the heir
    let is_missed = |read: &super::Read| read.as_ref().is_ok_and(|(_, report)| report.hits == 0);
    house.until(1, is_missed).await.unwrap();
    for value in 2..50 {
        write(&writer, 1, value).await;
        let (read, report) = house.read(1, Freshness::Cached).await.unwrap();
        assert_eq!((read, report.hits), (Some(value), 0));
    }
    cluster.end_move(slot);
    assert_eq!(house.until_hit(1).await, Some(49));
}
