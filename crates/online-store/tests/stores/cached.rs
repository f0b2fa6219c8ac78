//! A cached reader over real stores, and what becomes of it when they fail.

mod cluster;
mod ends;
mod faults;
mod news;
mod rights;
mod sqlite;

use std::{sync::Arc, time::Duration};

use feature_model::Value;
use online_store::{
    CacheOptions, CacheReport, CachedReader, Error, Freshness, OnlineReader, OnlineWriter,
    StoredView, ViewRead, open_cached_reader, open_reader,
};
use settings::OnlineStore;

use crate::{
    rows::{decoded, driver, seconds, view, write_row},
    store::project_name,
};

/// What is promised: no row is told longer after it changed.
const BOUND: Duration = Duration::from_secs(1);

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reader of one view of integers, through a cache.
struct House {
    reader: CachedReader,
    stats: StoredView,
}

/// An integer that was read, and what the cache says about it.
type Read = Result<(Option<i64>, CacheReport), Error>;

impl House {
    async fn open(store: &OnlineStore) -> Self {
        Self::with(store, CacheOptions::new(1 << 24)).await
    }

    async fn with(store: &OnlineStore, options: CacheOptions) -> Self {
        let inner = open_reader(store, &project_name("prj")).await.unwrap();
        Self::over(inner, store, options).await
    }

    /// With something between the cache and the store.
    async fn over(
        inner: Arc<dyn OnlineReader>,
        store: &OnlineStore,
        options: CacheOptions,
    ) -> Self {
        let project = project_name("prj");
        let reader = open_cached_reader(inner, store, &project, options).await;
        Self {
            reader: reader.unwrap(),
            stats: view("prj", "stats", &["a"]),
        }
    }

    async fn read(&self, id: i64, freshness: Freshness) -> Read {
        let prepared = self.reader.prepare(&self.stats.name, &self.stats.features);
        let keys = [driver(id)];
        let read = ViewRead {
            view: &prepared,
            keys: &keys,
        };
        let found = self.reader.read(&[read], freshness.into()).await?;
        let row = decoded(found.rows.get(0, 0));
        let value = row.and_then(|(_, mut values)| values.remove(0));
        let value = value.map(|value| match value {
            Value::Int64(value) => value,
            other => panic!("{other:?}"),
        });
        Ok((value, found.cache.unwrap()))
    }

    /// Reads until what is read is as wanted.
    async fn until(&self, id: i64, is_wanted: impl Fn(&Read) -> bool) -> Read {
        let reading = async {
            loop {
                let read = self.read(id, Freshness::Cached).await;
                if is_wanted(&read) {
                    return read;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.unwrap()
    }

    async fn until_hit(&self, id: i64) -> Option<i64> {
        let is_hit = |read: &Read| read.as_ref().is_ok_and(|(_, report)| report.hits == 1);
        self.until(id, is_hit).await.unwrap().0
    }
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Writes the integer of a driver, at a time that makes it the newest.
async fn write(writer: &Arc<dyn OnlineWriter>, id: i64, value: i64) {
    let stats = view("prj", "stats", &["a"]);
    write_row(
        writer.as_ref(),
        &stats,
        id,
        seconds(value),
        &[Value::Int64(value)],
    )
    .await;
}
