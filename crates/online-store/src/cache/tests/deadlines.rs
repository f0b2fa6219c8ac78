//! Who waits how long for a trip that several wait for.

use std::pin::pin;

use tokio::time::Instant;

use super::*;

fn within(seconds: u64) -> ReadOptions {
    ReadOptions {
        deadline: Some(Instant::now() + Duration::from_secs(seconds)),
        ..ReadOptions::default()
    }
}

/// A store that keeps its readers waiting, a cache before it, and a view.
fn gated() -> (Arc<Store>, Arc<CachedReader>, Arc<PreparedView>) {
    let store = Store::with_permits(0);
    let reader = Arc::new(cached(&store));
    let view = reader.prepare("v", &names(&["a"]));
    (store, reader, view)
}

async fn ask(
    reader: &CachedReader,
    view: &Arc<PreparedView>,
    options: ReadOptions,
) -> Result<Found, Error> {
    let keys = [vec![1]];
    reader
        .read(&[ViewRead { view, keys: &keys }], options)
        .await
}

fn is_late(found: &Result<Found, Error>) -> bool {
    matches!(found, Err(Error::Late { .. }))
}

#[tokio::test(start_paused = true)]
async fn each_waits_as_long_as_it_can_and_the_trip_as_long_as_the_last() {
    for patient in [within(10), ReadOptions::default()] {
        let (store, reader, view) = gated();
        let began = Instant::now();
        let mut patient = pin!(async {
            // joins the trip of the one who is in a hurry
            while store.trips() == 0 {
                tokio::task::yield_now().await;
            }
            ask(&reader, &view, patient).await
        });
        let hurried = ask(&reader, &view, within(1));
        tokio::select! {
            hurried = hurried => assert!(is_late(&hurried), "{hurried:?}"),
            found = &mut patient => panic!("{found:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(2));
        store.gate.add_permits(1);
        assert_eq!(counts(&patient.await.unwrap()), (0, 1));
        assert_eq!(store.trips(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trip_ends_with_the_last_who_waits_and_the_next_one_makes_another() {
    let (store, reader, view) = gated();
    let (one, other) = (within(1), within(3));
    let (one, other) = tokio::join!(ask(&reader, &view, one), ask(&reader, &view, other));
    assert!(is_late(&one) && is_late(&other), "{one:?} {other:?}");
    assert_eq!(store.trips(), 1);
    // the trip's own task may come after those who waited
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    // it would go to the trip that has ended, if that still waited
    store.gate.add_permits(1);
    assert_eq!(
        counts(&ask(&reader, &view, within(1)).await.unwrap()),
        (0, 1)
    );
    assert_eq!(store.trips(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_told_however_late_it_is() {
    let (store, reader, view) = gated();
    store.gate.add_permits(1);
    ask(&reader, &view, within(1)).await.unwrap();
    assert_eq!(
        counts(&ask(&reader, &view, within(0)).await.unwrap()),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_view_of_another_reader_is_read_until_the_deadline_of_who_asks() {
    let (store, reader, _) = gated();
    let foreign = store.prepare("v", &names(&["a"]));
    let options = within(1);
    let keys = [vec![1]];
    let reads = [ViewRead {
        view: &foreign,
        keys: &keys,
    }];
    let found = reader.read(&reads, options).await;
    assert!(is_late(&found), "{found:?}");
}
