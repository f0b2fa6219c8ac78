//! Slots move from one master to another.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
};

use super::work::{ROWS, Work, reader, writer};
use crate::redis_cluster::RedisCluster;

fn slots_of_rows(cluster: &RedisCluster) -> BTreeSet<u16> {
    (0..ROWS).map(|id| cluster.slot_of(id)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_slots_move_no_read_and_no_write_fails() {
    let cluster = Arc::new(RedisCluster::start());
    let writer = writer(cluster.settings()).await;
    let reader = reader(cluster.reader_settings()).await;
    let work = Work::new();
    work.safe
        .store(work.write(writer.as_ref()).await.unwrap(), Ordering::SeqCst);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let (work, reader) = (Arc::clone(&work), Arc::clone(&reader));
        tasks.spawn(async move { work.read_on(reader.as_ref()).await });
    }
    let moving = Arc::clone(&cluster);
    let mover = tokio::task::spawn_blocking(move || {
        let slots = slots_of_rows(&moving);
        let slots: Vec<u16> = slots.into_iter().take(60).collect();
        let mut moved = 0;
        for some in slots.chunks(20) {
            some.iter().for_each(|slot| moving.begin_move(*slot));
            moved += some
                .iter()
                .map(|slot| moving.move_keys(*slot))
                .sum::<usize>();
            some.iter().for_each(|slot| moving.end_move(*slot));
        }
        moved
    });
    while !mover.is_finished() {
        work.safe
            .store(work.write(writer.as_ref()).await.unwrap(), Ordering::SeqCst);
    }
    assert!(mover.await.unwrap() >= 60);
    work.safe
        .store(work.write(writer.as_ref()).await.unwrap(), Ordering::SeqCst);
    let reads = work.reads.load(Ordering::Relaxed);
    while work.reads.load(Ordering::Relaxed) < reads + 20 {
        tokio::task::yield_now().await;
    }
    work.is_over.store(true, Ordering::Relaxed);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(work.failed.load(Ordering::Relaxed), 0);
    assert!(
        work.moving.load(Ordering::Relaxed) > 0,
        "no read met a slot on its way"
    );
}
