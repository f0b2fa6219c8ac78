//! Rows that end by themselves.

use super::*;

#[tokio::test]
async fn what_may_have_ended_already_is_told_and_not_kept() {
    let store = Store::open();
    *store.lasts.lock().unwrap() = Duration::ZERO;
    let reader = cached(&store);
    let view = reader.prepare("v", &names(&["a"]));
    let keys = [vec![1], vec![0]];
    for trips in 1..4 {
        let found = read(&reader, &view, &keys).await.unwrap();
        assert_eq!((counts(&found), store.trips()), ((0, 2), trips));
        assert!(tells(&found, 0, store.row(&view, &[1])));
    }
}

#[tokio::test]
async fn what_ended_before_somebody_joined_its_trip_is_asked_for_anew() {
    let store = Store::with_permits(0);
    *store.lasts.lock().unwrap() = Duration::ZERO;
    let reader = cached(&store);
    let view = reader.prepare("v", &names(&["a"]));
    let keys = [vec![1]];
    let join = async {
        while store.trips() == 0 {
            tokio::task::yield_now().await;
        }
        let joined = read(&reader, &view, &keys);
        let release = async { store.gate.add_permits(2) };
        tokio::join!(joined, release).0
    };
    let (first, joined) = tokio::join!(read(&reader, &view, &keys), join);
    for found in [first, joined] {
        assert!(tells(&found.unwrap(), 0, store.row(&view, &[1])));
    }
    assert_eq!(store.trips(), 2);
}

#[tokio::test]
async fn what_ends_is_read_anew_and_nothing_else() {
    let store = Store::open();
    let reader = cached(&store);
    let [a, b] = ["a", "b"].map(|view| reader.prepare(view, &names(&["x"])));
    let keys = [vec![1]];
    let time = Duration::from_millis(40);
    read(&reader, &a, &keys).await.unwrap();
    *store.lasts.lock().unwrap() = time;
    read(&reader, &b, &keys).await.unwrap();
    let read_at = std::time::Instant::now();
    while read_at.elapsed() <= time {
        tokio::task::yield_now().await;
    }
    *store.lasts.lock().unwrap() = Duration::MAX;
    for (view, hits) in [(&b, 0), (&b, 1), (&a, 1)] {
        let found = read(&reader, view, &keys).await.unwrap();
        assert_eq!(counts(&found), (hits, 1 - hits));
    }
}
