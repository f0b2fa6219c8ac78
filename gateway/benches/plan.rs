//! From the bytes of a request to its plan, where a request of the same shape was answered before: 50 features by
//! reference, and by a feature service, for 1 entity and for 100.
#![allow(missing_docs, reason = "a benchmark")]

mod fixture;

use std::{collections::BTreeMap, hint::black_box, path::Path, sync::Arc};

use async_trait::async_trait;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use feature_model::{FeatureService, Projection, RegistrySnapshot, Tags};
use gateway::{
    ask::Ask,
    authorise::{Access, Caller},
    metrics::Metrics,
    plugins::PluginTable,
    project::ServedProject,
};
use online_store::{Error, Found, OnlineReader, ReadOptions, ViewRead};
use registry_store::{RegistryView, Version};
use serde_json::{Value, json};
use tokio::sync::watch;

use fixture::FEATURES;

/// Nothing is read here.
struct Nowhere;

#[async_trait]
impl OnlineReader for Nowhere {
    async fn read(&self, _: &[ViewRead<'_>], _: ReadOptions) -> Result<Found, Error> {
        Ok(Found::default())
    }

    async fn ping(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// The project with a service of all features.
fn registry() -> RegistrySnapshot {
    let service = FeatureService {
        name: "service".into(),
        projections: vec![Projection {
            view: "view".into(),
            alias: None,
            features: fixture::fields(),
            join_key_map: BTreeMap::new(),
            version_tag: None,
        }],
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    let mut project = fixture::project();
    let services = &mut project.feature_services;
    services.insert(service.name.clone(), service);
    fixture::registry(project)
}

fn project(registry: &Arc<RegistrySnapshot>) -> ServedProject {
    let text = "project: prj\nregistry: registry.db\n";
    let loaded = settings::parse(text, Path::new("/repo"), &BTreeMap::new()).expect("settings");
    let view = RegistryView {
        snapshot: Some(Arc::clone(registry)),
        version: Version::empty(),
        loaded_at: None,
        last_error: None,
    };
    let access = Access::open(loaded.config.project.clone());
    ServedProject::new(
        Arc::new(loaded.config),
        access,
        watch::channel(view).1,
        watch::channel(Arc::default()).1,
        Arc::new(Nowhere),
        &Metrics::default(),
    )
}

fn body(what: Value, entities: usize) -> String {
    let mut body = what;
    body["entities"] = json!({"entity": fixture::ids(entities)});
    body.to_string()
}

fn plans(c: &mut Criterion) {
    let registry = Arc::new(registry());
    let project = project(&registry);
    let plugins = Arc::<PluginTable>::default();
    let by_reference = json!({"features": fixture::references()});
    let by_service = json!({"feature_service": "service"});
    for (name, what) in [("references", by_reference), ("service", by_service)] {
        let mut group = c.benchmark_group(format!("ask and plan, {name}"));
        for entities in [1, 100] {
            let body = body(what.clone(), entities);
            let id = BenchmarkId::from_parameter(format!("{entities}x{FEATURES}"));
            group.bench_function(id, |b| {
                b.iter(|| {
                    let is_known = |features: &str| project.has_planned(features);
                    let body = black_box(body.as_bytes());
                    let ask = Ask::parse_knowing(body, entities, &is_known).expect("a request");
                    let plan = project.plan(&ask.shape, &registry, &plugins, &Caller::Anybody);
                    plan.expect("a plan")
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, plans);
criterion_main!(benches);
