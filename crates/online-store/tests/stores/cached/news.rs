//! What another process writes.

use std::time::Instant;

use online_store::Freshness;

use super::{BOUND, House, write};
use crate::{conformance::for_both_stores, store::Store};

for_both_stores!(
    what_another_writes_is_seen_in_time,
    a_row_that_comes_and_goes_is_seen_in_time,
    a_current_read_sees_it_at_once,
);

async fn what_another_writes_is_seen_in_time(store: &Store) {
    let writer = store.writer("prj").await;
    write(&writer, 1, 1).await;
    write(&writer, 2, 1).await;
    let house = House::open(&store.settings()).await;
    for value in 2..12 {
        house.until_hit(1).await;
        house.until_hit(2).await;
        write(&writer, 1, value).await;
        let written = Instant::now();
        let is_new = |read: &super::Read| read.as_ref().is_ok_and(|(read, _)| *read == Some(value));
        house.until(1, is_new).await.unwrap();
        assert!(written.elapsed() < BOUND, "{:?}", written.elapsed());
    }
    assert_eq!(house.until_hit(2).await, Some(1));
}

async fn a_row_that_comes_and_goes_is_seen_in_time(store: &Store) {
    let writer = store.writer("prj").await;
    write(&writer, 1, 1).await;
    let house = House::open(&store.settings()).await;
    assert_eq!(house.until_hit(2).await, None);
    write(&writer, 2, 5).await;
    let written = Instant::now();
    let is_there = |read: &super::Read| read.as_ref().is_ok_and(|(read, _)| *read == Some(5));
    house.until(2, is_there).await.unwrap();
    assert!(written.elapsed() < BOUND, "{:?}", written.elapsed());
    house.until_hit(2).await;
    writer.remove_view(&house.stats).await.unwrap();
    let removed = Instant::now();
    let is_gone = |read: &super::Read| read.as_ref().is_ok_and(|(read, _)| read.is_none());
    house.until(2, is_gone).await.unwrap();
    assert!(removed.elapsed() < BOUND, "{:?}", removed.elapsed());
}

async fn a_current_read_sees_it_at_once(store: &Store) {
    let writer = store.writer("prj").await;
    write(&writer, 1, 1).await;
    let house = House::open(&store.settings()).await;
    for value in 2..30 {
        house.until_hit(1).await;
        write(&writer, 1, value).await;
        let (current, report) = house.read(1, Freshness::Current).await.unwrap();
        assert_eq!((current, report.misses), (Some(value), 1));
        let (after, _) = house.read(1, Freshness::Cached).await.unwrap();
        assert_eq!(after, Some(value));
    }
}
