//! What a warm call costs: three columns in, two out.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feature_model::{PluginLimits, Wasi};
use plugin_host::{
    Array, Batch, Blobs, Component, Host, HostOptions, Plugin, PluginOptions, Values,
};

const HOSTILE: &[u8] = include_bytes!("../tests/fixtures/hostile.wasm");
const ROWS: [u32; 4] = [1, 100, 1000, 10_000];

fn plugin(component: &Component, transform: &str, fresh_instance: bool) -> Plugin {
    let options = PluginOptions {
        name: transform.to_owned(),
        project: "bench".to_owned(),
        transform: transform.to_owned(),
        parameters: "{}".to_owned(),
        limits: PluginLimits::default(),
        fresh_instance,
    };
    Plugin::new(component, options).expect("the fixture is well behaved")
}

fn batch(columns: Vec<Values>) -> Batch {
    Batch {
        columns: columns.into_iter().map(Array::of).collect(),
        children: Vec::new(),
    }
}

fn numbers(rows: u32) -> Batch {
    let floats = || Values::Float64((0..rows).map(f64::from).collect());
    let ints = Values::Int64((0..rows).map(i64::from).collect());
    batch(vec![floats(), floats(), ints])
}

fn texts(rows: u32) -> Batch {
    let mut blobs = Blobs {
        offsets: vec![0],
        data: Vec::new(),
    };
    for row in 0..rows {
        blobs
            .data
            .extend_from_slice(format!("driver-{row:06}").as_bytes());
        blobs.offsets.push(blobs.data.len() as u32);
    }
    let floats = Values::Float64((0..rows).map(f64::from).collect());
    let ints = Values::Int64((0..rows).map(i64::from).collect());
    batch(vec![Values::Text(blobs), floats, ints])
}

fn warm_calls(criterion: &mut Criterion, component: &Component) {
    for (name, transform) in [("numbers", "add"), ("one string column", "greet")] {
        let plugin = plugin(component, transform, false);
        let mut group = criterion.benchmark_group(name);
        for rows in ROWS {
            let inputs = match transform {
                "greet" => texts(rows),
                _ => numbers(rows),
            };
            group.throughput(Throughput::Elements(rows.into()));
            group.bench_function(format!("{rows} rows"), |bencher| {
                bencher.iter(|| plugin.call_blocking(rows, black_box(&inputs)));
            });
        }
    }
}

fn fresh_instance(criterion: &mut Criterion, component: &Component) {
    let plugin = plugin(component, "add", true);
    let inputs = numbers(1);
    criterion.bench_function("fresh instance/1 rows", |bencher| {
        bencher.iter(|| plugin.call_blocking(1, black_box(&inputs)));
    });
}

fn all(criterion: &mut Criterion) {
    let host = Host::new(HostOptions::default()).expect("an engine can be made here");
    let component = host
        .compile(HOSTILE, Wasi::None)
        .expect("the fixture is a component");
    warm_calls(criterion, &component);
    fresh_instance(criterion, &component);
}

criterion_group!(benches, all);
criterion_main!(benches);
