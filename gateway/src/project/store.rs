mod breaker;
mod silence;

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use feature_model::ProjectName;
use online_store::{Error, Found, OnlineReader, PreparedView, ReadOptions, ViewRead};
use tokio::time::Instant;

use crate::{
    metrics::{Call, Metrics, Operation, Outcome, StoreMeter},
    names::field,
    ready::StoreCondition,
};
use breaker::Breaker;
use silence::Silence;

/// How often a store that answers is asked whether it still does.
const PING_EVERY: Duration = Duration::from_secs(5);

/// How often a store that doesn't answer is asked.
const RETRY_EVERY: Duration = Duration::from_millis(500);

/// A call for which nobody waits any longer has failed where it took so long, and more than half of the time that a
/// request has.
const SLOW: Duration = Duration::from_secs(1);

/// An online store that counts and times its calls, remembers whether the last one was answered, and leaves the store
/// alone where several were not.
pub(super) struct WatchedStore {
    inner: Arc<dyn OnlineReader>,
    project: ProjectName,
    read: StoreMeter,
    ping: StoreMeter,
    health: Health,
    breaker: Breaker,
    silence: Silence,
    /// How long a call takes that counts as failed, though the store has not said so.
    slow: Duration,
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
    /// Watches `inner`, which nobody has asked anything yet, for requests that have so much time.
    pub(super) fn new(
        inner: Arc<dyn OnlineReader>,
        project: &ProjectName,
        request_timeout: Duration,
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
            breaker: Breaker::default(),
            silence: Silence::default(),
            slow: SLOW.min(request_timeout / 2),
        }
    }

    /// How the store is doing.
    pub(super) fn condition(&self) -> StoreCondition {
        let reason = || self.health.reason().clone();
        match self.health.state.load(Ordering::Acquire) {
            NEVER => StoreCondition::Silent(reason()),
            REFUSING => StoreCondition::Refusing(reason()),
            _ if self.is_left_alone() => StoreCondition::Failing(self.left_alone()),
            ANSWERING => StoreCondition::Answering,
            _ => StoreCondition::Failing(reason()),
        }
    }

    fn left_alone(&self) -> String {
        let reason = self.health.reason();
        format!("left alone but for a call now and then, as calls have failed: {reason}")
    }

    /// Whether the store has answered once.
    pub(super) fn has_answered(&self) -> bool {
        self.health.has_answered.load(Ordering::Acquire)
    }

    /// Asks the store again and again whether it is there, so that its state is known without requests.
    pub(super) async fn tend(&self) {
        loop {
            let is_well = self.ping().await.is_ok() && self.silence.is_over();
            let pause = if is_well { PING_EVERY } else { RETRY_EVERY };
            tokio::time::sleep(pause).await;
        }
    }

    async fn observe<T>(
        &self,
        meter: &StoreMeter,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut pending = Pending {
            store: self,
            meter,
            began: Instant::now(),
            outcome: Outcome::Abandoned,
        };
        let answer = answer.await;
        pending.outcome = answer.as_ref().map_or_else(outcome, |_| Outcome::Ok);
        drop(pending);
        if !matches!(answer, Err(Error::Late { .. })) {
            self.note(answer.as_ref().err());
        }
        answer
    }

    /// A call was made, and what is known of the store by that. That it refuses or holds what can't be read is an answer.
    fn count<T>(&self, answer: &Result<T, Error>) {
        match answer {
            Err(Error::Unavailable { .. }) => self.failed(),
            // counted as one that was given up
            Err(Error::Late { .. }) => {}
            Ok(_) | Err(Error::Corrupt { .. } | Error::Denied { .. } | Error::Config { .. }) => {
                self.closed(self.breaker.answered());
            }
        }
    }

    fn closed(&self, is_news: bool) {
        if is_news {
            let project = &self.project;
            tracing::info!({ field::PROJECT } = %project, "the online store is asked again");
        }
    }

    fn failed(&self) {
        if self.breaker.failed() {
            let project = &self.project;
            let reason = &*self.health.reason();
            tracing::warn!({ field::PROJECT } = %project, reason, "the online store is left alone");
        }
    }

    /// Nobody waits any longer for a call that began then.
    fn abandoned(&self, began: Instant) {
        if began.elapsed() < self.slow {
            return;
        }
        let mut reason = self.health.reason();
        if reason.is_empty() || self.health.state.load(Ordering::Acquire) == ANSWERING {
            *reason = "online store does not answer in time".to_owned();
        }
        drop(reason);
        self.failed();
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
    async fn read(&self, _: &[ViewRead<'_>], _: ReadOptions) -> Result<Found, Error> {
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
    store: &'a WatchedStore,
    meter: &'a StoreMeter,
    began: Instant,
    outcome: Outcome,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.meter.called(self.outcome, self.began.elapsed());
        if self.outcome == Outcome::Abandoned {
            self.store.abandoned(self.began);
        }
    }
}

fn outcome(error: &Error) -> Outcome {
    match error {
        Error::Unavailable { .. } => Outcome::Unavailable,
        Error::Late { .. } => Outcome::Abandoned,
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

    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        if !self.breaker.admits() {
            self.read.refused(Outcome::NotAsked);
            return Err(Error::Unavailable {
                store: self.project.to_string(),
                reason: self.left_alone(),
            });
        }
        let read = self.inner.read(views, options);
        let answer = self.observe(&self.read, read).await;
        self.count(&answer);
        answer
    }

    async fn ping(&self) -> Result<(), Error> {
        let began = Instant::now();
        let answer = self.observe(&self.ping, self.inner.ping()).await;
        match &answer {
            Ok(()) => {
                let is_prompt = began.elapsed() < self.slow;
                let is_back = self.silence.answered(is_prompt);
                self.closed(self.breaker.pinged(is_back));
            }
            Err(Error::Unavailable { .. }) => {
                self.silence.begins();
                self.failed();
            }
            Err(_) => {}
        }
        answer
    }

    fn is_left_alone(&self) -> bool {
        self.breaker.is_open()
    }

    fn is_back(&self) {
        self.inner.is_back();
        self.closed(self.breaker.pinged(true));
    }
}

#[cfg(test)]
mod tests;
