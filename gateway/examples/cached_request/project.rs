//! The project of feast-benchmarks: 250 int64 features in 25 views, and a service of the 50 of the first five.

use std::{collections::BTreeMap, ops::Range, path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use axum::{Router, body::Body};
use feature_codec::encode_entity_key;
use feature_model::{
    DataType, Entity, EntityKeyVersion, FeatureService, FeatureView, Field, Project, Projection,
    RegistrySnapshot, Tags, Timestamp, Value, ViewKind, ViewState,
};
use gateway::{
    app::App, authorise::Access, metrics::Metrics, project::ServedProject, projects::Projects,
    router,
};
use http::Request;
use online_store::{CacheOptions, CachedReader, StoredView, WriteBatch};
use registry_store::{RegistryView, Version};
use settings::FeatureStoreConfig;
use tokio::sync::watch;

pub(crate) const SERVICE: &str = "fs_50";
pub(crate) const JOIN_KEY: &str = "entity_id";

const VIEWS: i64 = 25;
const VIEWS_OF_SERVICE: i64 = 5;
const FEATURES_PER_VIEW: i64 = 10;
const CACHE_BYTES: u64 = 1 << 30;
/// 2026-01-01T00:00:00Z
const EVENT_TIME: i64 = 1_767_225_600;

const SETTINGS: &str = "\
project: bench
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
salver: {cache: {max_bytes: 1GiB}}
";

/// What is stored: uniform in [1, 10,000), as in feast-benchmarks.
pub(crate) fn value(id: i64, feature: i64) -> i64 {
    1 + (id * VIEWS * FEATURES_PER_VIEW + feature) * 7_919 % 9_999
}

/// The features of the service.
pub(crate) fn features() -> Range<i64> {
    0..VIEWS_OF_SERVICE * FEATURES_PER_VIEW
}

/// What serves the project, whose store is made in `folder` and has rows of the entities `ids`.
pub(crate) async fn router(folder: &Path, ids: &[i64]) -> Result<Router> {
    let config = settings::parse(SETTINGS, folder, &BTreeMap::new())?.config;
    store(&config, ids).await?;
    let metrics = Arc::<Metrics>::default();
    let served = served(config, &metrics).await?;
    let projects = Projects::new(Arc::new(served), Vec::new(), None);
    let app = App::new(projects, metrics, Arc::default());
    Ok(router::router(Arc::new(app)))
}

/// As the gateway opens it, but for the cache: to learn of changes in SQLite it would look at a clock and at the file.
async fn served(config: FeatureStoreConfig, metrics: &Metrics) -> Result<ServedProject> {
    let registry = RegistryView {
        snapshot: Some(Arc::new(registry(&config))),
        version: Version::empty(),
        loaded_at: None,
        last_error: None,
    };
    let access = Access::open(config.project.clone());
    let store = online_store::open_reader(&config.online_store, &config.project).await?;
    let served = ServedProject::new(
        Arc::new(config),
        access,
        watch::channel(registry).1,
        watch::channel(Arc::default()).1,
        store,
        metrics,
    );
    let store = Arc::clone(&served.reader);
    let cached = CachedReader::without_news(store, CacheOptions::new(CACHE_BYTES));
    // what its own cache would count is counted
    let mut served = served.with_cache(metrics).await?;
    served.reader = Arc::new(cached);
    Ok(served)
}

async fn store(config: &FeatureStoreConfig, ids: &[i64]) -> Result<()> {
    let writer = online_store::open_writer(&config.online_store, &config.project).await?;
    let key = |id: &i64| encode_entity_key(EntityKeyVersion::V3, &[(JOIN_KEY, &Value::Int64(*id))]);
    let keys: Vec<Vec<u8>> = ids.iter().map(key).collect::<Result<_, _>>()?;
    for view in 0..VIEWS_OF_SERVICE {
        let column = |feature| {
            let values = ids.iter().map(|id| Value::Int64(value(*id, feature)));
            values.collect::<Vec<_>>()
        };
        let batch = WriteBatch {
            keys: keys.clone(),
            event_timestamps: vec![Timestamp::from_seconds(EVENT_TIME); ids.len()],
            created_timestamps: Vec::new(),
            columns: features_of(view).map(column).collect(),
        };
        let stored = StoredView {
            project: config.project.clone(),
            name: view_name(view),
            join_keys: vec![JOIN_KEY.into()],
            features: features_of(view).map(feature_name).collect(),
        };
        writer.prepare(&stored).await?;
        let written = writer.write(&stored, batch).await?.written;
        ensure!(written == ids.len() as u64, "{written} rows were written");
    }
    Ok(())
}

/// How many rows were looked for in the cache in vain, as the metrics tell.
pub(crate) async fn misses(router: &Router) -> Result<String> {
    let request = Request::get("/metrics").body(Body::empty())?;
    let (_, text) = crate::reply(router, request).await?;
    let text = std::str::from_utf8(&text)?;
    let is_it = |line: &&str| line.starts_with("salver_cache_rows") && line.contains("\"miss\"");
    let line = text.lines().find(is_it).map(str::to_owned);
    line.context("the metrics don't tell of the cache")
}

fn registry(config: &FeatureStoreConfig) -> RegistrySnapshot {
    let mut project = Project::default();
    project.entities.insert("entity".into(), entity());
    for view in (0..VIEWS).map(view) {
        project.feature_views.insert(view.name.clone(), view);
    }
    project.feature_services.insert(SERVICE.into(), service());
    RegistrySnapshot {
        projects: [(config.project.clone(), project)].into_iter().collect(),
        ..RegistrySnapshot::default()
    }
}

fn entity() -> Entity {
    Entity {
        name: "entity".into(),
        join_key: JOIN_KEY.into(),
        value_type: DataType::Int64,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn view(index: i64) -> FeatureView {
    FeatureView {
        name: view_name(index),
        kind: ViewKind::Feature,
        entities: vec!["entity".into()],
        entity_columns: Vec::new(),
        features: fields(index),
        ttl: None,
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
    }
}

fn service() -> FeatureService {
    let projection = |view| Projection {
        view: view_name(view),
        alias: None,
        features: fields(view),
        join_key_map: BTreeMap::new(),
        version_tag: None,
    };
    FeatureService {
        name: SERVICE.into(),
        projections: (0..VIEWS_OF_SERVICE).map(projection).collect(),
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

fn view_name(index: i64) -> String {
    format!("fv_{index}")
}

pub(crate) fn feature_name(index: i64) -> String {
    format!("i{index}")
}

fn features_of(view: i64) -> Range<i64> {
    view * FEATURES_PER_VIEW..(view + 1) * FEATURES_PER_VIEW
}

fn fields(view: i64) -> Vec<Field> {
    let field = |feature| Field::new(feature_name(feature), DataType::Int64);
    features_of(view).map(field).collect()
}
