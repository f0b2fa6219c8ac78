use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use redis::{Pipeline, Value};

use super::{
    address::Address,
    connection::{Commands, Connection, Failed, Replies},
};
use crate::Error;

/// After a failed attempt to connect, everybody who asks within this time gets that failure: a server
/// that is away costs each request microseconds, not a connect timeout.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// One connection to Redis that many tasks share, made when it is first needed and again after it broke.
///
/// redis-rs' own `ConnectionManager` keeps a connection whose answers time out (a server that vanished
/// without a word), and never tries again after a login was refused or the server was still loading.
pub(crate) struct Link {
    address: Address,
    is_for_reads: bool,
    current: Mutex<Option<Arc<Connection>>>,
    last_failure: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

impl Link {
    /// For whatever there is to do.
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            is_for_reads: false,
            current: Mutex::new(None),
            last_failure: tokio::sync::Mutex::new(None),
        }
    }

    /// To read.
    pub(crate) fn for_reads(address: Address) -> Self {
        Self {
            is_for_reads: true,
            ..Self::new(address)
        }
    }

    /// Host and port.
    pub(crate) fn name(&self) -> &str {
        &self.address.name
    }

    /// Sends the commands in one go and gives a reply for each; a command that the server refused has its
    /// error as its reply. Sent again once if the connection turns out to be closed, so every
    /// command must be one that may run twice.
    pub(crate) async fn run(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Error> {
        let mut replies = self.ask(pipeline).await?;
        Ok((0..pipeline.len()).map(|_| replies.any()).collect())
    }

    /// As [`Self::run`], for replies that are long lists.
    pub(super) async fn ask(&self, commands: &impl Commands) -> Result<Replies, Error> {
        let asked = match self.try_ask(commands).await? {
            Err(failed) if failed.is_dropped => self.try_ask(commands).await?,
            asked => asked,
        };
        asked.map_err(|failed| failed.error)
    }

    async fn try_ask(&self, commands: &impl Commands) -> Result<Result<Replies, Failed>, Error> {
        let connection = self.connection().await?;
        let replies = connection.send(&self.address, commands).await;
        let is_broken = match &replies {
            Ok(replies) => replies.need_new_connection(),
            Err(failed) => failed.is_broken,
        };
        if is_broken {
            self.forget(&connection);
        }
        Ok(replies)
    }

    async fn connection(&self) -> Result<Arc<Connection>, Error> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        // One task connects; the others wait here and find its connection, or its failure.
        let mut last_failure = self.last_failure.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        if let Some((at, error)) = &*last_failure
            && at.elapsed() < PAUSE_AFTER_FAILURE
        {
            return Err(error.clone());
        }
        match self.connect().await {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *self.slot() = Some(Arc::clone(&connection));
                *last_failure = None;
                Ok(connection)
            }
            Err(error) => {
                tracing::debug!(store = self.name(), %error, "no connection to redis");
                *last_failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Error> {
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
                store: self.name().to_owned(),
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
