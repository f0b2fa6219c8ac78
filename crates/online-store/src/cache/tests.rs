mod deadlines;
mod ends;

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use feature_model::Timestamp;
use futures::future::join_all;
use proptest::prelude::*;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    Error, Found, Freshness, Held, OnlineReader, PreparedView, ReadOptions, StoredRow, StoredRows,
    ViewRead, read::Columns,
};
use std::sync::Arc;

/// A store whose value of a feature is its name and the key's, but for what is told otherwise.
struct Store {
    trips: AtomicU64,
    is_away: AtomicBool,
    /// Reads wait here.
    gate: Semaphore,
    versions: Mutex<HashMap<Vec<u8>, u8>>,
    /// How long rows last.
    lasts: Mutex<Duration>,
}

impl Store {
    fn open() -> Arc<Self> {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }

    fn with_permits(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            trips: AtomicU64::new(0),
            is_away: AtomicBool::new(false),
            gate: Semaphore::new(permits),
            versions: Mutex::default(),
            lasts: Mutex::new(Duration::MAX),
        })
    }

    fn trips(&self) -> u64 {
        self.trips.load(Ordering::SeqCst)
    }

    /// No row where the key begins with 0; no value of a feature that begins with `x`.
    fn row(&self, view: &PreparedView, key: &[u8]) -> Option<StoredRow> {
        let version = self.versions.lock().unwrap().get(key).copied();
        let value = |feature: &String| {
            let text = [
                view.name().as_bytes(),
                feature.as_bytes(),
                key,
                version.as_slice(),
            ];
            (!feature.starts_with('x')).then(|| text.concat())
        };
        (key.first() != Some(&0)).then(|| {
            let at = Timestamp::from_seconds(7);
            StoredRow::new(at, view.features().iter().map(value))
        })
    }
}

impl Store {
    /// As the replies of two pipelines bring them, with every other key: rows side by side.
    fn rows(&self, views: &[ViewRead<'_>]) -> StoredRows {
        let absent = views.iter().map(|read| (Columns::All, read.keys.len()));
        let mut rows = StoredRows::absent(absent);
        for first in [0, 1] {
            let (mut memory, mut places) = (Vec::new(), Vec::new());
            for (view, read) in views.iter().enumerate() {
                let keys = read.keys.iter().enumerate().skip(first).step_by(2);
                for (index, key) in keys {
                    if let Some(row) = self.row(read.view, key) {
                        places.push((view, index, memory.len()));
                        memory.extend_from_slice(&row.as_ref().packed());
                    }
                }
            }
            let piece = rows.hold(memory.into());
            for (view, key, start) in places {
                rows.put(view, key, piece, start);
            }
        }
        rows
    }
}

#[async_trait::async_trait]
impl OnlineReader for Store {
    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        self.trips.fetch_add(1, Ordering::SeqCst);
        let let_in = async {
            self.gate.acquire().await.unwrap().forget();
            Ok(())
        };
        options.bound("test", let_in).await?;
        self.ping().await?;
        let lasts = |read: &ViewRead<'_>| vec![*self.lasts.lock().unwrap(); read.keys.len()];
        Ok(Found {
            lasts: match options.asks_lasts {
                true => views.iter().map(lasts).collect(),
                false => Vec::new(),
            },
            ..Found::uncached(self.rows(views))
        })
    }

    async fn ping(&self) -> Result<(), Error> {
        match self.is_away.load(Ordering::SeqCst) {
            false => Ok(()),
            true => Err(Error::Unavailable {
                store: "test".to_owned(),
                reason: "away".to_owned(),
            }),
        }
    }
}

fn cached(store: &Arc<Store>) -> CachedReader {
    let store: Arc<dyn OnlineReader> = Arc::clone(store) as _;
    CachedReader::without_news(store, CacheOptions::new(1 << 20))
}

/// A cache over a cache, which tells some of the columns that it keeps.
fn cached_twice(store: &Arc<Store>) -> CachedReader {
    CachedReader::without_news(Arc::new(cached(store)), CacheOptions::new(1 << 20))
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Reads the keys of one view.
async fn read(
    reader: &dyn OnlineReader,
    view: &Arc<PreparedView>,
    keys: &[Vec<u8>],
) -> Result<Found, Error> {
    reader
        .read(&[ViewRead { view, keys }], ReadOptions::default())
        .await
}

fn counts(found: &Found) -> (u64, u64) {
    let report = found.cache.unwrap();
    (report.hits, report.misses)
}

/// Whether the row of this key of the first view is that.
fn tells(found: &Found, key: usize, row: Option<StoredRow>) -> bool {
    found.rows.get(0, key) == row.as_ref().map(StoredRow::as_ref)
}

#[tokio::test]
async fn what_was_read_is_told_again_and_so_is_what_is_not_there() {
    let store = Store::open();
    let reader = cached(&store);
    let view = reader.prepare("v", &names(&["a", "x"]));
    let keys = [vec![1], vec![0]];
    let first = read(&reader, &view, &keys).await.unwrap();
    assert_eq!(counts(&first), (0, 2));
    assert_eq!(first.cache.unwrap().oldest, None);
    let second = read(&reader, &view, &keys).await.unwrap();
    assert_eq!(counts(&second), (2, 0));
    assert!(second.cache.unwrap().oldest.is_some());
    assert_eq!(first.rows, second.rows);
    let row = second.rows.get(0, 0).unwrap();
    assert_eq!(
        (row.value(0), row.value(1)),
        (Some(Held::of(b"va\x01")), None)
    );
    assert_eq!(second.rows.get(0, 1), None);
    assert_eq!(store.trips(), 1);
}

#[tokio::test]
async fn a_feature_that_is_new_to_the_cache_is_loaded_with_all_that_came_before() {
    let store = Store::open();
    let reader = cached(&store);
    let keys = [vec![1]];
    let a = reader.prepare("v", &names(&["a"]));
    read(&reader, &a, &keys).await.unwrap();
    let cb = reader.prepare("v", &names(&["c", "b"]));
    assert_eq!(counts(&read(&reader, &cb, &keys).await.unwrap()), (0, 1));
    let all = reader.prepare("v", &names(&["b", "a", "c", "b"]));
    for view in [&a, &cb, &all] {
        let found = read(&reader, view, &keys).await.unwrap();
        assert_eq!(counts(&found), (1, 0), "{view:?}");
        assert!(tells(&found, 0, store.row(view, &[1])));
    }
}

#[tokio::test]
async fn what_many_miss_is_fetched_once() {
    let store = Store::with_permits(0);
    let reader = cached(&store);
    let view = reader.prepare("v", &names(&["a"]));
    let keys = [vec![1], vec![2]];
    let reads = (0..50).map(|_| read(&reader, &view, &keys));
    let release = async {
        while store.trips() == 0 {
            tokio::task::yield_now().await;
        }
        store.gate.add_permits(1);
    };
    let (found, ()) = tokio::join!(join_all(reads), release);
    for found in &found {
        let found = found.as_ref().unwrap();
        assert!(tells(found, 0, store.row(&view, &[1])));
        assert!(tells(found, 1, store.row(&view, &[2])));
    }
    assert_eq!(store.trips(), 1);
}

#[tokio::test]
async fn who_waits_for_a_read_that_was_given_up_is_answered() {
    let store = Store::with_permits(0);
    let reader = Arc::new(cached(&store));
    let view = reader.prepare("v", &names(&["a"]));
    let ask = || {
        let (reader, view) = (Arc::clone(&reader), Arc::clone(&view));
        tokio::spawn(async move { read(reader.as_ref(), &view, &[vec![1]]).await })
    };
    let first = ask();
    while store.trips() == 0 {
        tokio::task::yield_now().await;
    }
    let second = ask();
    first.abort();
    assert!(first.await.is_err());
    store.gate.add_permits(1);
    assert_eq!(counts(&second.await.unwrap().unwrap()), (0, 1));
    assert_eq!(store.trips(), 1);
}

#[tokio::test]
async fn a_failure_is_told_and_not_kept() {
    let store = Store::open();
    let reader = cached(&store);
    let view = reader.prepare("v", &names(&["a"]));
    store.is_away.store(true, Ordering::SeqCst);
    let error = read(&reader, &view, &[vec![1]]).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    store.is_away.store(false, Ordering::SeqCst);
    assert_eq!(
        counts(&read(&reader, &view, &[vec![1]]).await.unwrap()),
        (0, 1)
    );
}

#[tokio::test]
async fn a_current_read_asks_the_store_and_is_kept() {
    let store = Store::open();
    let reader = cached(&store);
    let view = reader.prepare("v", &names(&["a"]));
    let keys = [vec![1]];
    read(&reader, &view, &keys).await.unwrap();
    store.versions.lock().unwrap().insert(vec![1], b'2');
    let asked = ViewRead {
        view: &view,
        keys: &keys,
    };
    let current = reader
        .read(&[asked], Freshness::Current.into())
        .await
        .unwrap();
    assert_eq!(counts(&current), (0, 1));
    let after = read(&reader, &view, &keys).await.unwrap();
    assert_eq!((counts(&after), after.rows), ((1, 0), current.rows));
}

#[tokio::test]
async fn a_view_that_another_reader_prepared_is_read_past_the_cache() {
    let store = Store::open();
    let reader = cached(&store);
    let foreign = [
        cached(&store).prepare("v", &names(&["a"])),
        store.prepare("v", &names(&["a"])),
    ];
    for view in foreign {
        let found = read(&reader, &view, &[vec![1]]).await.unwrap();
        assert_eq!(found.cache, None);
        assert!(tells(&found, 0, store.row(&view, &[1])));
    }
}

/// A view, features and keys, by their numbers.
type Asked = (u8, Vec<u8>, Vec<u8>);

fn requests() -> impl Strategy<Value = Vec<Vec<Asked>>> {
    let keys = prop::collection::btree_set(0_u8..6, 0..5)
        .prop_map(|keys| keys.into_iter().collect::<Vec<u8>>());
    let one = (0_u8..4, prop::collection::vec(0_u8..6, 0..5), keys);
    prop::collection::vec(prop::collection::vec(one, 0..4), 1..12)
}

fn feature(number: &u8) -> String {
    ["a", "b", "c", "x", "xy", ""][usize::from(*number)].to_owned()
}

proptest! {
    #[test]
    fn what_comes_out_of_the_cache_is_what_the_store_has(requests in requests()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = Store::open();
            for reader in [cached(&store), cached_twice(&store)] {
                for request in &requests {
                    let asked: Vec<_> = request
                        .iter()
                        .map(|(view, features, keys)| {
                            let features: Vec<String> = features.iter().map(feature).collect();
                            let keys: Vec<Vec<u8>> = keys.iter().map(|key| vec![*key]).collect();
                            (reader.prepare(&format!("v{view}"), &features), keys)
                        })
                        .collect();
                    let reads: Vec<_> = asked.iter().map(|(view, keys)| ViewRead { view, keys }).collect();
                    let found = reader.read(&reads, ReadOptions::default()).await.unwrap();
                    let expected = store.read(&reads, ReadOptions::default()).await.unwrap();
                    prop_assert_eq!(&found.rows, &expected.rows);
                    let rows = found.rows.iter().map(|rows| rows.len()).sum::<usize>();
                    let (hits, misses) = counts(&found);
                    prop_assert_eq!(hits + misses, rows as u64);
                    let again = reader.read(&reads, ReadOptions::default()).await.unwrap();
                    prop_assert_eq!(&again.rows, &expected.rows);
                    prop_assert_eq!(counts(&again), (rows as u64, 0));
                }
            }
            Ok(())
        })?;
    }
}
