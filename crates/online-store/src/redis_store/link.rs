use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, Pipeline, RedisError, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};

use super::{address::Address, fault};
use crate::Error;

/// After a failed attempt to connect, everybody who asks within this time gets that failure: a server
/// that is away costs each request microseconds, not a connect timeout.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Bytes that may wait for the socket before senders wait too; redis-rs' own 8 KiB are one system call
/// for every ten rows.
const WRITE_BUFFER_BYTES: usize = 256 * 1024;

/// One connection to Redis that many tasks share, made when it is first needed and again after it broke.
///
/// redis-rs' own `ConnectionManager` keeps a connection whose answers time out (a server that vanished
/// without a word), and never tries again after a login was refused or the server was still loading.
pub(crate) struct Link {
    address: Address,
    current: Mutex<Option<Arc<MultiplexedConnection>>>,
    last_failure: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

impl Link {
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            current: Mutex::new(None),
            last_failure: tokio::sync::Mutex::new(None),
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
        match self.try_run(pipeline).await? {
            Ok(replies) => Ok(replies),
            Err(error) if error.is_connection_dropped() => {
                let again = self.try_run(pipeline).await?;
                again.map_err(|error| fault::of_connection(self.name(), &error))
            }
            Err(error) => Err(fault::of_connection(self.name(), &error)),
        }
    }

    async fn try_run(&self, pipeline: &Pipeline) -> Result<Result<Vec<Value>, RedisError>, Error> {
        let connection = self.connection().await?;
        let replies = MultiplexedConnection::clone(&connection)
            .req_packed_commands(pipeline, 0, pipeline.len())
            .await;
        let broken = match &replies {
            Ok(replies) => replies.iter().any(fault::needs_new_connection),
            Err(error) => error.is_io_error() || error.is_unrecoverable_error(),
        };
        if broken {
            self.forget(&connection);
        }
        Ok(replies)
    }

    async fn connection(&self) -> Result<Arc<MultiplexedConnection>, Error> {
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

    async fn connect(&self) -> Result<MultiplexedConnection, Error> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(self.address.response_timeout))
            .set_write_backpressure_boundary(WRITE_BUFFER_BYTES);
        let connecting = self
            .address
            .client
            .get_multiplexed_async_connection_with_config(&config);
        match tokio::time::timeout(self.address.connect_timeout, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(fault::of_connection(self.name(), &error)),
            Err(_) => Err(Error::Unavailable {
                store: self.name().to_owned(),
                reason: format!("no connection within {:?}", self.address.connect_timeout),
            }),
        }
    }

    /// Whoever asks next connects anew. Requests that are under way on the connection keep it.
    fn forget(&self, broken: &Arc<MultiplexedConnection>) {
        let mut slot = self.slot();
        if slot
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, broken))
        {
            *slot = None;
        }
    }

    fn current(&self) -> Option<Arc<MultiplexedConnection>> {
        self.slot().clone()
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<MultiplexedConnection>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
