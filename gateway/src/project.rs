//! A project as this process serves it: its settings, its copy of the registry, its online store.

mod cache;
mod news;
mod open;
mod plans;
mod store;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use access::{KeysUnavailable, Permit};
use feature_model::{ProjectName, RegistrySnapshot};
use online_store::{CachedReader, OnlineReader};
use registry_store::{RegistryView, Version};
use settings::FeatureStoreConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{
    ask::Shape,
    authorise::{Access, Caller, Guard, Names, Unpermitted},
    metrics::{CorruptMeter, Metrics, RequestMeter},
    names::field,
    plugins::PluginTable,
    ready::{PluginStatus, PluginsCondition, ProjectStatus, Readiness, RegistryCondition},
    resolve::{self, ResolveError, ResolveOptions, ServingPlan},
    seldom::Seldom,
    turns::{Lane, Overloaded},
    unsent::Unsent,
};
pub use cache::ProjectCache;
use news::News;
pub use open::{Opened, open};
use plans::{Asked, Plans, Reader};
use store::{Unopened, WatchedStore};

/// What a request needs of a project.
pub struct ServedProject {
    /// The project's name, as in the registry.
    pub name: ProjectName,
    /// Its `feature_store.yaml`.
    pub config: Arc<FeatureStoreConfig>,
    /// How it knows its callers.
    pub access: Access,
    /// Its online store. Whether that is there just now shows when it is read.
    pub reader: Arc<dyn OnlineReader>,
    /// What it keeps of the rows that it reads, where its settings say so.
    pub cache: Option<ProjectCache>,
    /// Counts its requests.
    pub meter: RequestMeter,
    /// One for each of its requests that may be worked on.
    pub(crate) places: Semaphore,
    /// Its replies that clients have not taken yet.
    pub unsent: Unsent,
    /// Counts its stored values that can't be decoded.
    pub corrupt_values: CorruptMeter,
    /// When the log was told of them.
    pub(crate) corrupt_told: Seldom,
    /// When the log was told of its plugins that fail.
    pub(crate) failures_told: Seldom,
    /// Where its requests wait for their turn, beside other projects.
    pub(crate) lane: OnceLock<Lane>,
    registry: watch::Receiver<RegistryView>,
    plugins: watch::Receiver<Arc<PluginTable>>,
    store: Arc<WatchedStore>,
    plans: Plans,
    /// Why nothing of it can be opened, which a start with other settings would mend.
    broken: Option<String>,
}

impl ServedProject {
    /// Serves the project of `config` to those whom `access` lets in, from the copies that come in at `registry`, the rows
    /// of `store`, and the plugins that come in at `plugins`.
    #[must_use]
    pub fn new(
        config: Arc<FeatureStoreConfig>,
        access: Access,
        registry: watch::Receiver<RegistryView>,
        plugins: watch::Receiver<Arc<PluginTable>>,
        store: Arc<dyn OnlineReader>,
        metrics: &Metrics,
    ) -> Self {
        let name = config.project.clone();
        let limits = &config.salver.limits;
        let (most, time) = (limits.max_concurrent_requests, limits.request_timeout);
        let store = Arc::new(WatchedStore::new(store, &name, time, metrics));
        let label: Arc<str> = Arc::from(name.as_str());
        Self {
            meter: metrics.of_project(Arc::clone(&label)),
            corrupt_values: metrics.of_corrupt(label),
            corrupt_told: Seldom::default(),
            failures_told: Seldom::default(),
            places: Semaphore::new(most.min(Semaphore::MAX_PERMITS)),
            unsent: Unsent::new(limits.max_unsent_bytes),
            lane: OnceLock::new(),
            name,
            config,
            access,
            reader: Arc::<WatchedStore>::clone(&store),
            cache: None,
            registry,
            plugins,
            store,
            plans: Plans::default(),
            broken: None,
        }
    }

    /// Reads through a cache from now on, where the settings have one.
    ///
    /// # Errors
    /// Where the settings of the online store can't work.
    pub async fn with_cache(self, metrics: &Metrics) -> Result<Self, online_store::Error> {
        let Some(settings) = &self.config.salver.cache else {
            return Ok(self);
        };
        let store: Arc<dyn OnlineReader> = Arc::<WatchedStore>::clone(&self.store);
        let of = (&self.config.online_store, &self.name);
        let cache = ProjectCache::open(settings, store, of.0, of.1, metrics).await?;
        Ok(Self {
            reader: Arc::<CachedReader>::clone(&cache.reader),
            cache: Some(cache),
            ..self
        })
    }

    /// A project of which nothing can be opened. Its requests are told to come back later.
    #[must_use]
    pub fn broken(
        config: Arc<FeatureStoreConfig>,
        access: Access,
        reason: String,
        metrics: &Metrics,
    ) -> Self {
        let registry = RegistryView {
            snapshot: None,
            version: Version::empty(),
            loaded_at: None,
            last_error: Some(reason.clone()),
        };
        let store = Arc::new(Unopened(reason.clone()));
        let (_, registry) = watch::channel(registry);
        let (_, plugins) = watch::channel(Arc::default());
        Self {
            broken: Some(reason),
            ..Self::new(config, access, registry, plugins, store, metrics)
        }
    }

    /// Whether a list of features of this text was in a request that was answered, so that nothing is wrong with the text.
    pub fn has_planned(&self, features: &str) -> bool {
        self.plans.knows(features)
    }

    /// How asks of this shape are answered to the caller, from a registry and from plugins that were taken when the
    /// request's body was there.
    ///
    /// # Errors
    /// Where the caller may not have it, or it can't be resolved ([`resolve::resolve`]).
    pub fn plan(
        &self,
        shape: &Shape<'_>,
        registry: &Arc<RegistrySnapshot>,
        plugins: &Arc<PluginTable>,
        caller: &Caller,
    ) -> Result<Arc<ServingPlan>, Unpermitted> {
        let options = ResolveOptions {
            online_feature_view_versioning: self.config.registry.online_feature_view_versioning,
        };
        let resolve = |permit: &Permit| resolve::resolve(shape, registry, permit, plugins, options);
        let asked = Asked {
            shape,
            registry,
            plugins,
        };
        match (&self.access, caller) {
            (Access::Open(permit), _) => self.plans.plan(asked, &Reader::Anybody(permit), resolve),
            (Access::Guarded(guard), Caller::Known(verified)) => {
                let principal = &verified.principal;
                let decide = || {
                    let names = Names::of(shape)?;
                    Ok(guard.rules(registry).permit(principal, &names)?)
                };
                let decide = &decide;
                let reader = Reader::Principal { principal, decide };
                self.plans.plan(asked, &reader, resolve)
            }
            (Access::Guarded(_), Caller::Anybody) | (Access::Closed, _) => {
                Err(ResolveError::NotPermitted.into())
            }
        }
    }

    /// One of its requests has come. Waits until it may begin.
    ///
    /// # Errors
    /// Where too many wait already, at once.
    pub(crate) async fn begin(&self) -> Result<(), Overloaded> {
        match self.lane.get() {
            Some(lane) => lane.begin().await,
            None => Ok(()),
        }
    }

    /// Waits until it is the project's turn to work.
    pub async fn turn(&self) {
        if let Some(lane) = self.lane.get() {
            lane.turn().await;
        }
    }

    /// Does a piece of the project's work.
    pub fn charged<T>(&self, work: impl FnOnce() -> T) -> T {
        match self.lane.get() {
            Some(lane) => lane.charged(work),
            None => work(),
        }
    }

    /// Waits until the project may do a long piece of work beside the reactor, for as long as what is returned is held.
    pub async fn long_turn(&self) -> Option<OwnedSemaphorePermit> {
        match self.lane.get() {
            Some(lane) => lane.long_turn().await,
            None => None,
        }
    }

    /// The plugins as of now: take them once, beside the snapshot.
    #[must_use]
    pub fn plugins(&self) -> Arc<PluginTable> {
        self.plugins.borrow().clone()
    }

    /// The registry as of now: take it once for a request, when its body is there. `None` while none was read yet.
    #[must_use]
    pub fn snapshot(&self) -> Option<Arc<RegistrySnapshot>> {
        self.registry.borrow().snapshot.clone()
    }

    /// All that is known of the registry as of now.
    #[must_use]
    pub fn registry(&self) -> RegistryView {
        self.registry.borrow().clone()
    }

    /// Whether its online store fails so often that reads of it are hardly tried.
    #[must_use]
    pub fn store_is_left_alone(&self) -> bool {
        self.store.is_left_alone()
    }

    /// Keeps asking the store whether it is there, where there is one. Never returns then.
    pub async fn tend_store(&self) {
        if self.broken.is_none() {
            self.store.tend().await;
        }
    }

    /// Logs what becomes of the registry, until it is not watched any longer. Its failures are logged where it
    /// is read.
    pub async fn follow_registry(&self) {
        let mut registry = self.registry.clone();
        let mut known = registry.borrow_and_update().clone();
        while registry.changed().await.is_ok() {
            let now = registry.borrow_and_update().clone();
            for news in News::between(&known, &now) {
                tracing::info!(
                    { field::PROJECT } = %self.name,
                    { field::REGISTRY_VERSION } = %now.version,
                    "{}",
                    news.as_str()
                );
            }
            known = now;
        }
    }

    /// Whether requests could ever be answered: there is a registry, the store has answered once, and every plugin
    /// has been tried.
    #[must_use]
    pub fn was_ready(&self) -> bool {
        let has_registry = self.registry.borrow().snapshot.is_some();
        let has_keys = self.keys_condition() != Err(KeysUnavailable::NotYet);
        self.store.has_answered() && has_registry && has_keys && self.plugins.borrow().settled
    }

    /// How the project is doing, as `/ready` tells it.
    #[must_use]
    pub fn status(&self) -> ProjectStatus {
        let view = self.registry();
        let readiness = match &self.broken {
            Some(reason) => Readiness::broken(reason.clone()),
            None => Readiness::of(
                self.registry_condition(),
                self.store.condition(),
                self.plugins_condition(),
            )
            .with_keys(self.keys_condition()),
        };
        ProjectStatus {
            project: self.name.to_string(),
            readiness,
            plugins: PluginStatus::all(&self.plugins.borrow()),
            registry_version: view.snapshot.as_ref().map(|_| view.version.to_string()),
        }
    }

    fn keys_condition(&self) -> Result<(), KeysUnavailable> {
        self.access.guard().map_or(Ok(()), Guard::check_keys)
    }

    fn plugins_condition(&self) -> PluginsCondition {
        let table = self.plugins.borrow();
        let first = table.troubled().next();
        let reason =
            first.map(|(view, _, trouble)| format!("plugin of `{view}`: {}", trouble.reason()));
        match (table.settled, reason) {
            (false, reason) => PluginsCondition::Loading(reason.unwrap_or_default()),
            (true, Some(reason)) => PluginsCondition::Troubled(reason),
            (true, None) => PluginsCondition::Serving,
        }
    }

    fn registry_condition(&self) -> RegistryCondition {
        let view = self.registry.borrow();
        match &view.snapshot {
            None => {
                let reason = view.last_error.clone();
                RegistryCondition::Absent(reason.unwrap_or_else(|| "not read yet".to_owned()))
            }
            Some(snapshot) if snapshot.projects.contains_key(&self.name) => {
                RegistryCondition::Loaded(view.last_error.clone())
            }
            Some(_) => RegistryCondition::WithoutProject,
        }
    }
}

impl fmt::Debug for ServedProject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedProject")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
