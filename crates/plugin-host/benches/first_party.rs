//! What a warm call of plugins that were written with `plugin-sdk` costs: three columns of numbers in and two out, one
//! column of texts in, and two of embeddings.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::{fs, hint::black_box, path::Path};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use feature_model::{PluginLimits, Wasi};
use plugin_host::{Array, Batch, Blobs, Host, HostOptions, Lists, Plugin, PluginOptions, Values};

const ROWS: [u32; 3] = [1, 100, 1000];
const DIMENSIONS: u32 = 384;

fn plugin(host: &Host, name: &str, transform: &str, parameters: &str) -> Plugin {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let component = plugins.join(name).join(format!("{name}.wasm"));
    let bytes = fs::read(component).expect("the component is committed");
    let component = host
        .compile(&bytes, Wasi::None)
        .expect("the plugin is well formed");
    let options = PluginOptions {
        name: transform.to_owned(),
        project: "bench".to_owned(),
        transform: transform.to_owned(),
        parameters: parameters.to_owned(),
        limits: PluginLimits::default(),
        fresh_instance: false,
    };
    Plugin::new(&component, options).expect("the plugin is well behaved")
}

fn batch(columns: Vec<Values>, children: Vec<Array>) -> Batch {
    let columns = columns.into_iter().map(Array::of).collect();
    Batch { columns, children }
}

fn numbers(rows: u32) -> Batch {
    let floats = Values::Float64((0..rows).map(f64::from).collect());
    let integers = || Values::Int64((0..rows).map(i64::from).collect());
    batch(vec![floats, integers(), integers()], Vec::new())
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
    batch(vec![Values::Text(blobs)], Vec::new())
}

fn embeddings(rows: u32) -> Batch {
    let lists = |elements| {
        let offsets = (0..=rows).map(|row| row * DIMENSIONS).collect();
        Values::List(Lists { offsets, elements })
    };
    let numbers = || Array::of(Values::Float32(vec![0.5; (rows * DIMENSIONS) as usize]));
    batch(vec![lists(0), lists(1)], vec![numbers(), numbers()])
}

fn measure(criterion: &mut Criterion, name: &str, plugin: &Plugin, inputs: fn(u32) -> Batch) {
    let mut group = criterion.benchmark_group(name);
    for rows in ROWS {
        let inputs = inputs(rows);
        plugin
            .call_blocking(rows, &inputs)
            .expect("the plugin computes");
        group.throughput(Throughput::Elements(rows.into()));
        group.bench_function(format!("{rows} rows"), |bencher| {
            bencher.iter(|| plugin.call_blocking(rows, black_box(&inputs)));
        });
    }
}

fn benches(criterion: &mut Criterion) {
    let host = Host::new(HostOptions::default()).expect("a host needs nothing of its machine");
    let plain = plugin(&host, "driver_conv_rate", "driver_conv_rate", "{}");
    measure(criterion, "driver_conv_rate", &plain, numbers);
    let hash = plugin(&host, "text_hash", "murmur3_bucket", r#"{"buckets": 100}"#);
    measure(criterion, "murmur3_bucket", &hash, texts);
    let cosine = plugin(&host, "vector_similarity", "cosine_similarity", "{}");
    measure(criterion, "cosine_similarity of 384", &cosine, embeddings);
}

criterion_group!(first_party, benches);
criterion_main!(first_party);
