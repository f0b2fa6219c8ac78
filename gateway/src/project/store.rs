use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use feature_model::ProjectName;
use online_store::{Error, Found, Freshness, OnlineReader, PreparedView, ViewRead};

use crate::{
    metrics::{Call, Metrics, Operation, Outcome, StoreMeter},
    names::field,
    ready::StoreCondition,
};

/// How often a store that answers is asked whether it still does.
const PING_EVERY: Duration = Duration::from_secs(5);

/// How often a store that doesn't answer is asked.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// An online store that counts and times its calls, and remembers whether the last one was answered.
pub(super) struct WatchedStore {
    inner: Arc<dyn OnlineReader>,
    project: ProjectName,
    read: StoreMeter,
    ping: StoreMeter,
    health: Health,
}

/// Written when it changes; a read that finds all well touches one atomic.
#[derive(Default)]
struct Health {
    state: AtomicU8,
    has_answered: AtomicBool,
    reason: Mutex<String>,
}

const NEVER: u8 = 0;
const REFUSING: u8 = 1;
const ANSWERING: u8 = 2;
const FAILING: u8 = 3;

impl WatchedStore {
    /// Watches `inner`, which nobody has asked anything yet.
    pub(super) fn new(
        inner: Arc<dyn OnlineReader>,
        project: &ProjectName,
        metrics: &Metrics,
    ) -> Self {
        let label: Arc<str> = Arc::from(project.as_str());
        let meter = |operation| {
            let project = Arc::clone(&label);
            metrics.of_store(Call { project, operation })
        };
        Self {
            inner,
            project: project.clone(),
            read: meter(Operation::Read),
            ping: meter(Operation::Ping),
            health: Health::default(),
        }
    }

    /// How the store is doing.
    pub(super) fn condition(&self) -> StoreCondition {
        let reason = || self.health.reason().clone();
        match self.health.state.load(Ordering::Acquire) {
            NEVER => StoreCondition::Silent(reason()),
            REFUSING => StoreCondition::Refusing(reason()),
            ANSWERING => StoreCondition::Answering,
            _ => StoreCondition::Failing(reason()),
        }
    }

    /// Whether the store has answered once.
    pub(super) fn has_answered(&self) -> bool {
        self.health.has_answered.load(Ordering::Acquire)
    }

    /// Asks the store again and again whether it is there, so that its state is known without requests.
    pub(super) async fn tend(&self) {
        loop {
            let pause = match self.ping().await {
                Ok(()) => PING_EVERY,
                Err(_) => RETRY_EVERY,
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn observe<T>(
        &self,
        meter: &StoreMeter,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut pending = Pending {
            meter,
            began: Instant::now(),
            outcome: Outcome::Abandoned,
        };
        let answer = answer.await;
        pending.outcome = answer.as_ref().map_or_else(outcome, |_| Outcome::Ok);
        drop(pending);
        self.note(answer.as_ref().err());
        answer
    }

    /// A change is logged, what stays is not: a store that is away must not fill the disk.
    fn note(&self, error: Option<&Error>) {
        match error {
            None => {
                if self.health.answered() {
                    tracing::info!({ field::PROJECT } = %self.project, "the online store answers");
                }
            }
            Some(error) => {
                let is_final = !matches!(error, Error::Unavailable { .. });
                if self.health.failed(is_final, error) {
                    let project = &self.project;
                    tracing::warn!({ field::PROJECT } = %project, %error, "the online store fails");
                }
            }
        }
    }
}

/// In the place of a store that can't be opened.
pub(super) struct Unopened(pub(super) String);

#[async_trait]
impl OnlineReader for Unopened {
    async fn read(&self, _: &[ViewRead<'_>], _: Freshness) -> Result<Found, Error> {
        self.ping().await.map(|()| Found::default())
    }

    async fn ping(&self) -> Result<(), Error> {
        Err(Error::Config {
            reason: self.0.clone(),
        })
    }
}

/// A call on its way. Counted when dropped, so that those are counted too for which nobody waits any longer.
struct Pending<'a> {
    meter: &'a StoreMeter,
    began: Instant,
    outcome: Outcome,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.meter.called(self.outcome, self.began.elapsed());
    }
}

fn outcome(error: &Error) -> Outcome {
    match error {
        Error::Unavailable { .. } => Outcome::Unavailable,
        Error::Corrupt { .. } => Outcome::Corrupt,
        Error::Denied { .. } => Outcome::Denied,
        Error::Config { .. } => Outcome::Config,
    }
}

impl Health {
    fn reason(&self) -> std::sync::MutexGuard<'_, String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether that is news.
    fn answered(&self) -> bool {
        // looked at first, as writing a line that all cores read is what costs
        if self.state.load(Ordering::Relaxed) == ANSWERING {
            return false;
        }
        self.has_answered.store(true, Ordering::Release);
        self.state.swap(ANSWERING, Ordering::AcqRel) != ANSWERING
    }

    /// Whether that is news.
    fn failed(&self, is_final: bool, error: &Error) -> bool {
        let mut reason = self.reason();
        let before = self.state.load(Ordering::Acquire);
        let after = match (is_final, self.has_answered.load(Ordering::Acquire)) {
            (true, _) => REFUSING,
            (false, true) => FAILING,
            (false, false) => NEVER,
        };
        let is_first = reason.is_empty();
        *reason = error.to_string();
        self.state.store(after, Ordering::Release);
        is_first || before != after
    }
}

#[async_trait]
impl OnlineReader for WatchedStore {
    fn prepare(&self, view: &str, features: &[String]) -> Arc<PreparedView> {
        self.inner.prepare(view, features)
    }

    async fn read(&self, views: &[ViewRead<'_>], freshness: Freshness) -> Result<Found, Error> {
        self.observe(&self.read, self.inner.read(views, freshness))
            .await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.observe(&self.ping, self.inner.ping()).await
    }
}

#[cfg(test)]
mod tests;
