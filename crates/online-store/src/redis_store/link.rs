use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use redis::{Pipeline, Value};
use tokio::{sync::OwnedMutexGuard, time::Instant};

use super::{
    address::Address,
    connection::{Commands, Connection, Failed, Replies},
};
use crate::Error;

/// After a failed attempt to connect, everybody who asks for another connection within this time gets that failure: a server
/// that is away costs each request microseconds, not a connect timeout.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// One connection to Redis that many tasks share, made when it is first needed and again after it broke.
///
/// redis-rs' own `ConnectionManager` keeps a connection whose answers time out (a server that vanished
/// without a word), and never tries again after a login was refused or the server was still loading.
pub(crate) struct Link {
    shared: Arc<Shared>,
}

/// What a task needs that connects.
struct Shared {
    address: Address,
    is_for_reads: bool,
    current: Mutex<Option<Arc<Connection>>>,
    last_failure: LastFailure,
}

/// When connecting to a server failed last, and why; nothing once a connection came about. The links to a server share it, so
/// that none of them tells of a failure when another has a connection again. Held while somebody connects.
pub(super) type LastFailure = Arc<tokio::sync::Mutex<Option<(Instant, Error)>>>;

impl Link {
    /// For whatever there is to do. Shares the failures of `last_failure` with other links to the same server.
    pub(super) fn new(address: Address, last_failure: &LastFailure) -> Self {
        Self::with(address, false, last_failure)
    }

    /// To read.
    pub(super) fn for_reads(address: Address, last_failure: &LastFailure) -> Self {
        Self::with(address, true, last_failure)
    }

    fn with(address: Address, is_for_reads: bool, last_failure: &LastFailure) -> Self {
        Self {
            shared: Arc::new(Shared {
                address,
                is_for_reads,
                current: Mutex::new(None),
                last_failure: Arc::clone(last_failure),
            }),
        }
    }

    /// Host and port.
    pub(crate) fn name(&self) -> &str {
        &self.shared.address.name
    }

    /// Sends the commands in one go and gives a reply for each; a command that the server refused has its
    /// error as its reply. Sent again once if the connection turns out to be closed, so every
    /// command must be one that may run twice.
    pub(crate) async fn run(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Error> {
        let mut replies = self.ask(pipeline, None).await?;
        Ok((0..pipeline.len()).map(|_| replies.any()).collect())
    }

    /// As [`Self::run`], for replies that are long lists. Commands that can't go out before the deadline aren't sent.
    pub(super) async fn ask(
        &self,
        commands: &impl Commands,
        deadline: Option<Instant>,
    ) -> Result<Replies, Error> {
        let asked = match self.try_ask(commands, deadline).await? {
            Err(failed) if failed.is_dropped => self.try_ask(commands, deadline).await?,
            asked => asked,
        };
        asked.map_err(|failed| failed.error)
    }

    /// The server is known to be there: whoever asks next connects, however recently that failed.
    pub(super) fn forget_failure(&self) {
        // whoever holds it connects anew
        if let Ok(mut last_failure) = self.shared.last_failure.try_lock() {
            *last_failure = None;
        }
    }

    async fn try_ask(
        &self,
        commands: &impl Commands,
        deadline: Option<Instant>,
    ) -> Result<Result<Replies, Failed>, Error> {
        let connection = self.connection().await?;
        let replies = connection
            .send(&self.shared.address, commands, deadline)
            .await;
        let is_broken = match &replies {
            Ok(replies) => replies.need_new_connection(),
            Err(failed) => failed.is_broken,
        };
        if is_broken {
            self.shared.forget(&connection);
        }
        Ok(replies)
    }

    async fn connection(&self) -> Result<Arc<Connection>, Error> {
        if let Some(connection) = self.shared.current() {
            return Ok(connection);
        }
        // One task connects; the others wait here and find its connection, or its failure.
        let last_failure = Arc::clone(&self.shared.last_failure).lock_owned().await;
        if let Some(connection) = self.shared.current() {
            return Ok(connection);
        }
        if let Some((at, error)) = &*last_failure
            && at.elapsed() < PAUSE_AFTER_FAILURE
        {
            return Err(error.clone());
        }
        // a task of its own: whoever asked may give up, and the others shall not have to begin again
        let connecting = Arc::clone(&self.shared).connect(last_failure);
        tokio::spawn(connecting).await.unwrap_or_else(|error| {
            Err(Error::Unavailable {
                store: self.name().to_owned(),
                reason: format!("connecting was interrupted: {error}"),
            })
        })
    }
}

impl Shared {
    /// Connects, and keeps what comes of it.
    async fn connect(
        self: Arc<Self>,
        mut last_failure: OwnedMutexGuard<Option<(Instant, Error)>>,
    ) -> Result<Arc<Connection>, Error> {
        match self.connected().await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *self.slot() = Some(Arc::clone(&connection));
                *last_failure = None;
                Ok(connection)
            }
            Err(error) => {
                tracing::debug!(store = self.address.name, %error, "no connection to redis");
                *last_failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connected(&self) -> Result<Connection, Error> {
        let connecting = async {
            match self.is_for_reads {
                true => Connection::for_reads(&self.address).await,
                false => Connection::new(&self.address).await,
            }
        };
        let limit = self.address.connect_timeout;
        let connected = tokio::time::timeout(limit, connecting).await;
        connected.unwrap_or_else(|_| {
            Err(Error::Unavailable {
                store: self.address.name.clone(),
                reason: format!("no connection within {limit:?}"),
            })
        })
    }

    /// Whoever asks next connects anew. Requests that are under way on the connection keep it.
    fn forget(&self, broken: &Arc<Connection>) {
        let mut slot = self.slot();
        if slot
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, broken))
        {
            *slot = None;
        }
    }

    fn current(&self) -> Option<Arc<Connection>> {
        self.slot().clone()
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<Connection>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
