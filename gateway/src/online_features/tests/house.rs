use std::{collections::BTreeMap, path::Path, sync::Arc};

use axum::{Router, body::Body, response::Response};
use bytes::Bytes;
use feature_codec::encode_entity_key;
use feature_model::{EntityKeyVersion, RegistrySnapshot, Timestamp, Value};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use online_store::{OnlineWriter, StoredView, WriteBatch};
use registry_store::{RegistryView, Version};
use settings::FeatureStoreConfig;
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::{
    app::App, authorise::Access, fixture, metrics::Metrics, plugins::PluginTable,
    project::ServedProject, projects::Projects, request_id, router::router,
};

/// 2026-01-01T00:00:00Z
pub(super) const NEW_YEAR: i64 = 1_767_225_600;

/// A gateway of the fixture's project, and a writer for its store.
pub(super) struct House {
    router: Router,
    app: Arc<App>,
    writer: Arc<dyn OnlineWriter>,
    snapshot: Option<RegistrySnapshot>,
    plugins: PluginTable,
    _folder: TempDir,
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default()
    }
}

fn config(folder: &Path, salver: &str) -> FeatureStoreConfig {
    let text = format!(
        "project: prj\nprovider: local\nregistry: registry.db\n\
         online_store: {{type: sqlite, path: online.db}}\n\
         entity_key_serialization_version: 3\nsalver: {{{salver}}}\n"
    );
    let loaded = settings::parse(&text, folder, &BTreeMap::new());
    loaded.unwrap().config
}

impl House {
    pub(super) async fn new() -> Self {
        Self::configured("").await
    }

    /// With these keys under `salver`.
    pub(super) async fn configured(salver: &str) -> Self {
        Self::with(salver, Some(fixture::snapshot())).await
    }

    pub(super) async fn with(salver: &str, snapshot: Option<RegistrySnapshot>) -> Self {
        Self::with_plugins(salver, snapshot, PluginTable::default()).await
    }

    pub(super) async fn with_plugins(
        salver: &str,
        snapshot: Option<RegistrySnapshot>,
        plugins: PluginTable,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), salver);
        let project = &config.project;
        let reader = online_store::open_reader(&config.online_store, project)
            .await
            .unwrap();
        let writer = online_store::open_writer(&config.online_store, project)
            .await
            .unwrap();
        let (_, registry) = watch::channel(RegistryView {
            snapshot: snapshot.clone().map(Arc::new),
            version: Version::empty(),
            loaded_at: None,
            last_error: None,
        });
        let metrics = Arc::<Metrics>::default();
        let (_, table) = watch::channel(Arc::new(plugins.clone()));
        let served = ServedProject::new(
            Arc::new(config),
            Access::open(fixture::project_name()),
            registry,
            table,
            reader,
            &metrics,
        );
        let projects = Projects::new(Arc::new(served), Vec::new(), None);
        let app = Arc::new(App::new(projects, metrics, Arc::default()));
        Self {
            router: router(Arc::clone(&app)),
            app,
            writer,
            snapshot,
            plugins,
            _folder: folder,
        }
    }

    /// Its project.
    pub(super) fn project(&self) -> &ServedProject {
        self.app.projects.first()
    }

    /// What its registry holds.
    pub(super) fn snapshot(&self) -> RegistrySnapshot {
        self.snapshot.clone().unwrap_or_default()
    }

    /// What it knows of its plugins.
    pub(super) fn plugins(&self) -> PluginTable {
        self.plugins.clone()
    }

    /// Stores one row.
    pub(super) async fn store(
        &self,
        view: &str,
        key: &[(&str, Value)],
        seconds: i64,
        features: &[(&str, Value)],
    ) {
        let parts: Vec<_> = key.iter().map(|(name, value)| (*name, value)).collect();
        let view = StoredView {
            project: fixture::project_name(),
            name: view.to_owned(),
            join_keys: key.iter().map(|(name, _)| (*name).to_owned()).collect(),
            features: features
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        };
        let batch = WriteBatch {
            keys: vec![encode_entity_key(EntityKeyVersion::V3, &parts).unwrap()],
            event_timestamps: vec![Timestamp::from_seconds(seconds)],
            created_timestamps: Vec::new(),
            columns: features
                .iter()
                .map(|(_, value)| vec![value.clone()])
                .collect(),
        };
        self.writer.prepare(&view).await.unwrap();
        assert_eq!(self.writer.write(&view, batch).await.unwrap().written, 1);
    }

    /// Stores the statistics of one driver.
    pub(super) async fn store_stats(
        &self,
        driver: i64,
        seconds: i64,
        conv_rate: f32,
        trips: Value,
    ) {
        let features = [
            ("conv_rate", Value::Float(conv_rate)),
            ("acc_rate", Value::Null),
            ("trips", trips),
        ];
        let key = [("driver_id", Value::Int64(driver))];
        self.store("stats", &key, seconds, &features).await;
    }

    pub(super) async fn ask(&self, body: &str) -> Reply {
        self.ask_with(&[], body).await
    }

    pub(super) async fn ask_with(&self, headers: &[(&str, &str)], body: &str) -> Reply {
        Reply::read(self.send(headers, body).await).await
    }

    /// The reply as it is handed to the connection.
    pub(super) async fn send(&self, headers: &[(&str, &str)], body: &str) -> Response {
        let mut request = Request::post("/get-online-features").header(request_id::HEADER, "r-1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Whether `/metrics` has this line.
    pub(super) async fn tells(&self, sample: &str) -> bool {
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let metrics = Reply::read(response).await;
        metrics.text().lines().any(|line| line == sample)
    }
}
