use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{Router, body::Body, response::Response};
use bytes::Bytes;
use feature_model::{RegistrySnapshot, Timestamp};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use online_store::{Error, Found, OnlineReader, ReadOptions, ViewRead};
use registry_store::{RegistryView, Version};
use serde_json::Value;
use settings::{FeatureStoreConfig, Limits};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

use crate::{
    app::App, authorise::Access, fixture, metrics::Metrics, plugins::PluginTable,
    project::ServedProject, projects::Projects, router::router,
};

/// What the store does when it is asked.
#[derive(Clone, Debug)]
pub(super) enum Does {
    /// It has no rows.
    Answer,
    Fail(Error),
    /// It never answers, until the test gives a permit.
    Wait(Arc<Semaphore>),
    Panic,
}

struct Store(Arc<Mutex<Does>>);

#[async_trait]
impl OnlineReader for Store {
    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        options.bound("test", self.ping()).await?;
        let rows = views.iter().map(|view| vec![None; view.keys.len()]);
        Ok(Found::uncached(rows.collect::<Vec<_>>()))
    }

    async fn ping(&self) -> Result<(), Error> {
        let does = self.0.lock().unwrap().clone();
        match does {
            Does::Answer => Ok(()),
            Does::Fail(error) => Err(error),
            Does::Wait(release) => {
                release.acquire().await.unwrap().forget();
                Ok(())
            }
            Does::Panic => panic!("the store panicked"),
        }
    }
}

/// A project of this name never gets a registry.
pub(super) const LATE: &str = "late";

/// An app with one project, whose registry and store a test can turn.
pub(super) struct House {
    pub(super) app: Arc<App>,
    pub(super) router: Router,
    /// One for each project.
    stores: BTreeMap<String, Arc<Mutex<Does>>>,
    registry: watch::Sender<RegistryView>,
    plugins: watch::Sender<Arc<PluginTable>>,
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

pub(super) fn unavailable() -> Error {
    Error::Unavailable {
        store: "redis:6379".into(),
        reason: "connection refused".into(),
    }
}

fn config(project: &str, limits: Limits) -> FeatureStoreConfig {
    let text = format!(
        "project: {project}\nprovider: local\nregistry: registry.db\n\
         online_store: {{type: sqlite, path: online.db}}\n\
         entity_key_serialization_version: 3\n"
    );
    let loaded = settings::parse(&text, Path::new("repo"), &BTreeMap::new()).unwrap();
    let mut config = loaded.config;
    config.salver.limits = limits;
    config
}

impl House {
    /// A project that has a registry, and whose store has not been asked yet.
    pub(super) fn new(limits: Limits) -> Self {
        let house = Self::without_registry(limits);
        house.load(fixture::snapshot());
        house
    }

    pub(super) fn without_registry(limits: Limits) -> Self {
        Self::of(&["prj"], limits)
    }

    /// Several projects of one registry, which was not read yet, each with a store. None of them is the default.
    pub(super) fn of(projects: &[&str], limits: Limits) -> Self {
        Self::with_default(projects, None, limits)
    }

    /// The same, with one for requests that name none.
    pub(super) fn with_default(projects: &[&str], default: Option<&str>, limits: Limits) -> Self {
        let open = |name: &str| Access::open(name.parse().unwrap());
        Self::with_access(projects, default, limits, open)
    }

    /// The same, where each project knows its callers as `access` says.
    pub(super) fn with_access(
        projects: &[&str],
        default: Option<&str>,
        limits: Limits,
        access: impl Fn(&str) -> Access,
    ) -> Self {
        let stores = projects.iter().map(|name| {
            let store = Arc::new(Mutex::new(Does::Answer));
            ((*name).to_owned(), store)
        });
        let stores: BTreeMap<_, _> = stores.collect();
        let absent = RegistryView {
            snapshot: None,
            version: Version::empty(),
            loaded_at: None,
            last_error: None,
        };
        let (registry, view) = watch::channel(absent.clone());
        let (_, never) = watch::channel(absent);
        let (plugins, table) = watch::channel(Arc::new(PluginTable {
            settled: true,
            ..PluginTable::default()
        }));
        let metrics = Arc::<Metrics>::default();
        let served = projects.iter().map(|name| {
            let config = Arc::new(config(name, limits.clone()));
            let store = Arc::new(Store(Arc::clone(&stores[*name])));
            Arc::new(ServedProject::new(
                config,
                access(name),
                if *name == LATE { &never } else { &view }.clone(),
                table.clone(),
                store,
                &metrics,
            ))
        });
        let mut served: Vec<_> = served.collect();
        let first = served.remove(0);
        let default = default.map(|name| name.parse().unwrap());
        let projects = Projects::new(first, served, default.as_ref());
        let app = Arc::new(App::new(projects, Arc::clone(&metrics), Arc::default()));
        let router = router(Arc::clone(&app));
        Self {
            app,
            router,
            stores,
            registry,
            plugins,
        }
    }

    /// What the projects know of their plugins.
    pub(super) fn set_plugins(&self, table: PluginTable) {
        self.plugins.send_replace(Arc::new(table));
    }

    pub(super) fn load(&self, snapshot: RegistrySnapshot) {
        self.registry.send_replace(RegistryView {
            snapshot: Some(Arc::new(snapshot)),
            version: Version::empty(),
            loaded_at: Some(Timestamp::now()),
            last_error: None,
        });
    }

    pub(super) fn registry_fails(&self, error: &str) {
        self.registry
            .send_modify(|view| view.last_error = Some(error.to_owned()));
    }

    pub(super) fn store_does(&self, does: Does) {
        for store in self.stores.values() {
            *store.lock().unwrap() = does.clone();
        }
    }

    pub(super) fn store_of(&self, project: &str, does: Does) {
        *self.stores[project].lock().unwrap() = does;
    }

    /// Asks the store once, as the process does all the time.
    pub(super) async fn ping(&self) {
        let _ = self.app.projects.first().reader.ping().await;
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// A request for features that the fixture's project can answer.
    pub(super) async fn ask(&self) -> Reply {
        self.send(ask(Body::from(ASK))).await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::of(self.router.clone().oneshot(request).await.unwrap()).await
    }
}

/// The body of that request.
pub(super) const ASK: &str = r#"{"features": ["stats:trips"], "entities": {"driver_id": [1001]}}"#;

pub(super) fn ask(body: Body) -> Request<Body> {
    Request::post("/get-online-features").body(body).unwrap()
}

/// The same, of the project that the path names.
pub(super) fn ask_below(project: &str) -> Request<Body> {
    let path = format!("/projects/{project}/get-online-features");
    Request::post(path).body(Body::from(ASK)).unwrap()
}

impl Reply {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// Checks that this is an error as clients know it, and returns its code.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/json");
        let body = self.json();
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert!(!body["detail"].as_str().unwrap().is_empty());
        body["code"].as_str().unwrap().to_owned()
    }
}
