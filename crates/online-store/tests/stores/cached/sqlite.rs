use std::time::Instant;

use super::{BOUND, House, Read, write};
use crate::store::Store;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_replaced_is_not_remembered() {
    let store = Store::sqlite();
    let writer = store.writer("prj").await;
    write(&writer, 1, 1).await;
    let house = House::open(&store.settings()).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    let Store::Sqlite(folder) = &store else {
        return;
    };
    for suffix in ["", "-wal", "-shm"] {
        let file = folder.path().join(format!("online.db{suffix}"));
        std::fs::remove_file(file).unwrap();
    }
    write(&writer, 1, 2).await;
    let replaced = Instant::now();
    let is_new = |read: &Read| read.as_ref().is_ok_and(|(value, _)| *value == Some(2));
    house.until(1, is_new).await.unwrap();
    assert!(replaced.elapsed() < BOUND, "{:?}", replaced.elapsed());
    assert_eq!(house.until_hit(1).await, Some(2));
}
