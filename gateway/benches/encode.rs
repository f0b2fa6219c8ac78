//! Writing a reply: 50 int64 features of one view for 1 and for 100 entities, as in feast-benchmarks' data set.
#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use access::Permit;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use feature_codec::encode_value;
use feature_model::{
    DataType, Entity, EntityKeyVersion, FeatureView, Field, Project, ProjectName, RegistrySnapshot,
    Tags, Timestamp, Ttl, Value, ViewKind, ViewState,
};
use gateway::{
    ask::Ask,
    encode::{Beside, EncodeOptions, encode},
    plugins::PluginTable,
    read::Stored,
    resolve::{ResolveOptions, ServingPlan, resolve},
    rows::{RowOptions, Rows},
    transform::Computed,
};
use online_store::StoredRow;
use settings::{NonFinite, ResponseLayout};

const FEATURES: usize = 50;
const NOW: i64 = 1_767_312_000;

/// What the stages before have made of a request.
struct Request {
    plan: ServingPlan,
    rows: Rows,
    stored: Stored,
}

fn request(entities: usize) -> Request {
    let body = serde_json::json!({
        "features": (0..FEATURES).map(|index| format!("view:feature_{index}")).collect::<Vec<_>>(),
        "entities": {"entity": (0..entities).map(|index| 1_000 + index).collect::<Vec<_>>()},
    });
    let body = body.to_string();
    let ask = Ask::parse(body.as_bytes(), entities).expect("a request");
    let name: ProjectName = "prj".parse().expect("a name");
    let snapshot = RegistrySnapshot {
        projects: [(name.clone(), project())].into_iter().collect(),
        ..RegistrySnapshot::default()
    };
    let options = ResolveOptions {
        online_feature_view_versioning: false,
    };
    let permit = Permit::without_authentication(name);
    let plugins = PluginTable::default();
    let plan = resolve(&ask.shape, &snapshot, &permit, &plugins, options).expect("a plan");
    let options = RowOptions {
        key_version: EntityKeyVersion::V3,
        max_values: usize::MAX,
    };
    let rows = Rows::new(&plan, &ask.rows, options).expect("rows");
    let stored = vec![(0..entities).map(|entity| Some(row(entity))).collect()];
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

fn project() -> Project {
    let mut project = Project::default();
    let entity = Entity {
        name: "entity".into(),
        join_key: "entity".into(),
        value_type: DataType::Int64,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    project.entities.insert(entity.name.clone(), entity);
    let fields = (0..FEATURES).map(|index| Field::new(format!("feature_{index}"), DataType::Int64));
    let view = FeatureView {
        name: "view".into(),
        kind: ViewKind::Feature,
        entities: vec!["entity".into()],
        entity_columns: Vec::new(),
        features: fields.collect(),
        ttl: Ttl::new(86_400, 0),
        batch_source: None,
        stream_source: None,
        online: true,
        enabled: true,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
        state: ViewState::Unspecified,
        materialization_intervals: Vec::new(),
        current_version_number: 0,
    };
    project.feature_views.insert(view.name.clone(), view);
    project
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
