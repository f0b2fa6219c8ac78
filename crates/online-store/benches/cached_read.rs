//! A read whose rows are all kept: 50 features of one view, and of five views, of one entity and of a hundred, among ten
//! thousand.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench that can't go on fails"
)]

use std::{hint::black_box, sync::Arc};

use async_trait::async_trait;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use feature_codec::{encode_entity_key, encode_value};
use feature_model::{EntityKeyVersion, Timestamp, Value};
use futures::FutureExt;
use online_store::{
    CacheOptions, CachedReader, Error, Found, OnlineReader, PreparedView, ReadOptions, StoredRow,
    ViewRead,
};

const ENTITIES: i64 = 10_000;
const FEATURES: usize = 50;

/// Every entity has a row of integers.
struct Integers;

#[async_trait]
impl OnlineReader for Integers {
    async fn read(&self, views: &[ViewRead<'_>], _: ReadOptions) -> Result<Found, Error> {
        let mut value = Vec::new();
        encode_value(&Value::Int64(123_456), &mut value);
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

fn prepared(reader: &CachedReader, views: usize) -> Vec<Arc<PreparedView>> {
    let features: Vec<String> = (0..FEATURES / views)
        .map(|index| format!("feature_{index}"))
        .collect();
    let view = |index| reader.prepare(&format!("view_{views}_{index}"), &features);
    (0..views).map(view).collect()
}

fn reads<'a>(views: &'a [Arc<PreparedView>], keys: &'a [Vec<u8>]) -> Vec<ViewRead<'a>> {
    views.iter().map(|view| ViewRead { view, keys }).collect()
}

fn cached_read(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let reader = CachedReader::without_news(Arc::new(Integers), CacheOptions::new(1 << 30));
    let key = |id| encode_entity_key(EntityKeyVersion::V3, &[("driver_id", &Value::Int64(id))]);
    let keys: Vec<Vec<u8>> = (0..ENTITIES).map(|id| key(id).unwrap()).collect();
    let mut group = criterion.benchmark_group("cached read of 50 features");
    for views in [1, 5, 25] {
        let views = prepared(&reader, views);
        let all = reads(&views, &keys);
        runtime
            .block_on(reader.read(&all, ReadOptions::default()))
            .unwrap();
        for entities in [1, 100] {
            let name = format!("{} views", views.len());
            let mut chunks = keys.chunks(entities).cycle();
            group.bench_function(BenchmarkId::new(name, entities), |bencher| {
                bencher.iter(|| {
                    let reads = reads(&views, chunks.next().unwrap());
                    let found = reader.read(black_box(&reads), ReadOptions::default());
                    // nothing is waited for where all is there
                    let found = found.now_or_never().unwrap().unwrap();
                    assert_eq!(found.cache.unwrap().misses, 0);
                    found
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, cached_read);
criterion_main!(benches);
