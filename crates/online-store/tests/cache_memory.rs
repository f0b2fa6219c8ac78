//! What a full cache takes. The only test of its process, so that nothing else grows.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that can't go on fails its test"
)]

use std::sync::Arc;

use async_trait::async_trait;
use feature_codec::{encode_entity_key, encode_value};
use feature_model::{EntityKeyVersion, Timestamp, Value};
use online_store::{
    CacheOptions, CachedReader, Error, Found, OnlineReader, ReadOptions, StoredRow, ViewRead,
};

/// Every entity has a row of floats.
struct Floats;

#[async_trait]
impl OnlineReader for Floats {
    async fn read(&self, views: &[ViewRead<'_>], _: ReadOptions) -> Result<Found, Error> {
        let mut value = Vec::new();
        encode_value(&Value::Float(0.5), &mut value);
        let row = |features: usize| {
            let values = (0..features).map(|_| Some(&value));
            Some(StoredRow::new(Timestamp::from_seconds(7), values))
        };
        let rows = |read: &ViewRead<'_>| {
            let features = read.view.features().len();
            read.keys.iter().map(|_| row(features)).collect()
        };
        Ok(Found::uncached(views.iter().map(rows).collect::<Vec<_>>()))
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}

const MIB: u64 = 1 << 20;

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_ascii_whitespace().nth(1);
    kib.unwrap().parse::<u64>().unwrap() * 1024
}

/// A driver's entity key: 46 bytes, as long as a user's name of 8 letters makes it.
fn keys(ids: std::ops::Range<u64>) -> Vec<Vec<u8>> {
    let key = |id| {
        let name = Value::String(format!("{id:010}"));
        encode_entity_key(EntityKeyVersion::V3, &[("customer_id", &name)]).unwrap()
    };
    ids.map(key).collect()
}

async fn fill(reader: &CachedReader, views: usize, rows: u64) -> u64 {
    let features: Vec<String> = (0..10).map(|index| format!("feature_{index}")).collect();
    let prepared: Vec<_> = (0..views)
        .map(|view| reader.prepare(&format!("view_{view}"), &features))
        .collect();
    let before = resident_bytes();
    for start in (0..rows).step_by(100) {
        let keys = keys(start..start + 100);
        let reads: Vec<_> = prepared
            .iter()
            .map(|view| ViewRead { view, keys: &keys })
            .collect();
        reader.read(&reads, ReadOptions::default()).await.unwrap();
    }
    resident_bytes() - before
}

fn cache(max_bytes: u64) -> CachedReader {
    CachedReader::without_news(Arc::new(Floats), CacheOptions::new(max_bytes))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_cache_takes_what_it_may_and_a_small_row_600_bytes() {
    let rows = 150_000;
    let roomy = cache(1 << 40);
    let bytes_per_row = fill(&roomy, 1, rows).await / rows;
    assert!(bytes_per_row <= 600, "{bytes_per_row} bytes a row");
    let rows = |found: Found| found.cache.map(|report| report.hits);
    let kept = keys(0..10);
    let view = roomy.prepare("view_0", &["feature_0".to_owned()]);
    let read = ViewRead {
        view: &view,
        keys: &kept,
    };
    let found = roomy.read(&[read], ReadOptions::default()).await.unwrap();
    assert_eq!(rows(found), Some(10));
    // kept to the end, so that none takes the memory of the one before
    let mut caches = vec![roomy];
    for views in [1, 25] {
        let max_bytes = 32 * MIB;
        let full = cache(max_bytes);
        let grown = fill(&full, views, 200_000 / views as u64).await;
        assert!(grown <= max_bytes * 5 / 4, "{views} views: {grown} bytes");
        // a cache that keeps next to nothing would pass as well
        assert!(grown >= max_bytes * 3 / 4, "{views} views: {grown} bytes");
        caches.push(full);
    }
}
