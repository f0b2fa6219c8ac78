//! Writing a reply: 50 int64 features of one view for 1 and for 100 entities, as in feast-benchmarks' data set.
#![allow(missing_docs, reason = "a benchmark")]

mod fixture;

use std::hint::black_box;

use access::Permit;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feature_codec::encode_value;
use feature_model::{EntityKeyVersion, Timestamp, Value};
use gateway::{
    ask::Ask,
    encode::{Beside, EncodeOptions, encode},
    plugins::PluginTable,
    resolve::{ResolveOptions, ServingPlan, resolve},
    rows::{RowOptions, Rows},
    transform::Computed,
};
use online_store::{StoredRow, StoredRows};
use settings::{NonFinite, ResponseLayout};

use fixture::FEATURES;

const NOW: i64 = 1_767_312_000;

/// What the stages before have made of a request.
struct Request {
    plan: ServingPlan,
    rows: Rows,
    stored: StoredRows,
}

fn request(entities: usize) -> Request {
    let body = serde_json::json!({
        "features": fixture::references(),
        "entities": {"entity": fixture::ids(entities)},
    });
    let body = body.to_string();
    let ask = Ask::parse(body.as_bytes(), entities).expect("a request");
    let snapshot = fixture::registry(fixture::project());
    let options = ResolveOptions {
        online_feature_view_versioning: false,
    };
    let permit = Permit::without_authentication(fixture::name());
    let plugins = PluginTable::default();
    let plan = resolve(&ask.shape, &snapshot, &permit, &plugins, options).expect("a plan");
    let options = RowOptions {
        key_version: EntityKeyVersion::V3,
        max_values: usize::MAX,
    };
    let rows = Rows::new(&plan, &ask.rows, options).expect("rows");
    let stored = vec![(0..entities).map(|entity| Some(row(entity))).collect()].into();
    Request { plan, rows, stored }
}

fn row(entity: usize) -> StoredRow {
    let values = (0..FEATURES).map(|feature| {
        let spread = (entity * FEATURES + feature) * 7_919 % 9_999;
        let mut bytes = Vec::new();
        encode_value(&Value::Int64(1 + spread as i64), &mut bytes);
        Some(bytes)
    });
    StoredRow::new(Timestamp::from_seconds(NOW - 3_600), values)
}

fn replies(c: &mut Criterion) {
    for (name, layout, told) in [
        ("encode columns", ResponseLayout::Columns, true),
        ("encode rows", ResponseLayout::Rows, true),
        (
            "encode columns, values only",
            ResponseLayout::Columns,
            false,
        ),
    ] {
        let mut group = c.benchmark_group(name);
        for entities in [1, 100] {
            let asked = request(entities);
            let options = EncodeOptions {
                layout,
                beside: Beside {
                    statuses: told,
                    event_timestamps: told,
                },
                non_finite: NonFinite::Null,
                now: Timestamp::from_seconds(NOW),
            };
            group.throughput(Throughput::Elements((entities * FEATURES) as u64));
            let id = BenchmarkId::from_parameter(format!("{entities}x{FEATURES}"));
            group.bench_function(id, |b| {
                let computed = Computed::default();
                b.iter(|| {
                    let Request { plan, rows, stored } = black_box(&asked);
                    encode(plan, rows, stored, &computed, options)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, replies);
criterion_main!(benches);
