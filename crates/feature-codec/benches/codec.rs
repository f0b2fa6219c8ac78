//! What a value and a key cost between Feast's bytes and Rust: 100 keys of one int64, and 50 values.
#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feature_codec::{EntityKeyEncoder, decode_scalar, decode_value, encode_value};
use feature_model::{EntityKeyVersion, Value};

const KEYS: i64 = 100;
const VALUES: i64 = 50;

fn keys(c: &mut Criterion) {
    let names = std::iter::once("entity_id");
    let encoder = EntityKeyEncoder::new(EntityKeyVersion::V3, names).expect("a join key");
    let ids: Vec<Value> = (0..KEYS).map(|id| Value::Int64(1_000 + id)).collect();
    let mut group = c.benchmark_group("entity keys");
    group.throughput(Throughput::Elements(ids.len() as u64));
    group.bench_function("encode", |b| {
        b.iter(|| {
            let keys = black_box(&ids).iter().map(|id| encoder.encode(&[id]));
            keys.collect::<Result<Vec<_>, _>>()
        });
    });
    group.finish();
}

fn values(c: &mut Criterion) {
    for (name, value) in [
        (
            "int64 values",
            (|index| Value::Int64(index * 7_919 % 9_999)) as fn(i64) -> Value,
        ),
        ("float64 values", |index| {
            Value::Double(1.0 / (3 + index) as f64)
        }),
        ("texts", |index| Value::String(format!("text {index}"))),
    ] {
        let bytes_of = |index| {
            let mut bytes = Vec::new();
            encode_value(&value(index), &mut bytes);
            bytes
        };
        let stored: Vec<Vec<u8>> = (0..VALUES).map(bytes_of).collect();
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(stored.len() as u64));
        group.bench_function("decode", |b| {
            b.iter(|| {
                black_box(&stored)
                    .iter()
                    .filter(|it| decode_value(it).is_ok())
                    .count()
            });
        });
        group.bench_function("decode in place", |b| {
            b.iter(|| {
                black_box(&stored)
                    .iter()
                    .filter(|it| decode_scalar(it).is_some())
                    .count()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, keys, values);
criterion_main!(benches);
