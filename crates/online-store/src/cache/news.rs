//! How a cache learns of changes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use feature_model::ProjectName;
use settings::Topology;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{moment::Clock, state::State};
use crate::{Error, OnlineReader, redis_store, sqlite_store};

/// How long after Redis was last asked rows may be told: what is told later than this after a change is told by none.
/// Below the stated second, for the time that a reply takes.
pub(super) const REDIS_LEASE: Duration = Duration::from_millis(950);
/// How long after a look at SQLite's `data_version` rows may be told.
pub(super) const SQLITE_LEASE: Duration = Duration::from_millis(20);

/// Where news of changes come from.
pub(super) enum News {
    /// From nowhere.
    None,
    /// Redis tells a task.
    Told(#[expect(dead_code, reason = "it ends when it is dropped")] Telling),
    /// SQLite is looked at when a read finds that the last look is too old.
    Looked(Polling),
}

/// A task that is told of changes.
pub(super) struct Telling(JoinHandle<()>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Takes what Redis tells.
struct RedisListener {
    store: Arc<dyn OnlineReader>,
    /// Whether the server that tells is the one that is read from; in a cluster it is one of several.
    is_alone: bool,
    state: Arc<State>,
    clock: Clock,
    project: ProjectName,
}

impl Telling {
    pub(super) async fn begin(
        store: &settings::RedisStore,
        project: &ProjectName,
        reader: &Arc<dyn OnlineReader>,
        state: &Arc<State>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let listener = RedisListener {
            store: Arc::clone(reader),
            is_alone: store.topology == Topology::Standalone,
            state: Arc::clone(state),
            clock,
            project: project.clone(),
        };
        let tracking = redis_store::track(store, project, Arc::new(listener)).await?;
        Ok(Self(tokio::spawn(tracking)))
    }
}

impl redis_store::Listener for RedisListener {
    fn began(&self) {
        // before anything is dropped that could be told without the store
        if self.is_alone {
            self.store.is_back();
        }
        self.state.invalidate_all();
    }

    fn changed(&self, key: &[u8]) {
        // a key of a project whose name ends in this one's names an entity that there is not
        if let Some(entity) = key.strip_suffix(self.project.as_str().as_bytes()) {
            self.state.invalidate(entity);
        }
    }

    fn all_changed(&self) {
        self.state.invalidate_all();
    }

    fn told_until(&self, at: Instant) {
        // all of them are heard
        if !self.state.trust.is_told() {
            self.store.is_back();
        }
        self.state.trust.confirm(self.clock.at(at));
    }

    fn lost(&self) {
        self.state.trust.lose();
    }
}

/// Looks at SQLite.
pub(super) struct Polling {
    state: Arc<State>,
    clock: Clock,
    changes: Arc<Mutex<sqlite_store::Changes>>,
    /// One read looks, the others wait for it.
    turn: tokio::sync::Mutex<()>,
}

impl Polling {
    pub(super) fn new(store: &settings::SqliteStore, state: &Arc<State>, clock: Clock) -> Self {
        Self {
            state: Arc::clone(state),
            clock,
            changes: Arc::new(Mutex::new(sqlite_store::Changes::of(store))),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Looks, where the last look is too old. A store that can't be looked at is not trusted.
    pub(super) async fn look(&self) {
        if self.state.trust.holds(self.clock.now()) {
            return;
        }
        let _turn = self.turn.lock().await;
        if self.state.trust.holds(self.clock.now()) {
            return;
        }
        let (state, clock) = (Arc::clone(&self.state), self.clock);
        let changes = Arc::clone(&self.changes);
        let looked = spawn_blocking(move || {
            let at = clock.now();
            let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
            match changes.look() {
                Ok(has_changed) => {
                    if has_changed {
                        state.invalidate_all();
                    }
                    state.trust.confirm(at);
                }
                Err(error) => {
                    tracing::debug!(%error, "changes of the online store can't be looked for");
                    state.trust.lose();
                }
            }
        });
        if let Err(error) = looked.await {
            tracing::debug!(%error, "a look for changes was interrupted");
        }
    }
}
