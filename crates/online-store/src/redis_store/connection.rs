//! A connection to Redis, and what comes back over it.

use std::borrow::Cow;

use redis::{
    AsyncConnectionConfig, Pipeline, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::{net::TcpStream, time::Instant};

use super::{
    address::Address,
    channel::{Answer, Channel, Unanswered},
    fault, resp,
};
use crate::Error;

/// Bytes that may wait for the socket before senders wait too; redis-rs' own 8 KiB are one system call
/// for every ten rows.
const WRITE_BUFFER_BYTES: usize = 256 * 1024;

/// One connection that many tasks share.
pub(super) enum Connection {
    /// redis-rs': for writes, and for reads over TLS.
    Redis(MultiplexedConnection),
    /// Our own, for reads.
    Own(Channel),
}

/// Commands that go out together.
pub(super) trait Commands {
    /// How many there are.
    fn count(&self) -> usize;

    /// As redis-rs sends them.
    fn pipeline(&self) -> Cow<'_, Pipeline>;

    /// As they are on the wire.
    fn packed(&self) -> Vec<u8> {
        self.pipeline().get_packed_pipeline()
    }
}

impl Commands for Pipeline {
    fn count(&self) -> usize {
        self.len()
    }

    fn pipeline(&self) -> Cow<'_, Pipeline> {
        Cow::Borrowed(self)
    }
}

/// The replies to a pipeline, in its order. A command that the server refused has its error as its reply.
pub(super) enum Replies {
    /// Parsed already.
    Parsed {
        replies: std::vec::IntoIter<Value>,
        /// What is left of the list that was begun.
        list: std::vec::IntoIter<Value>,
    },
    /// As they came.
    Raw {
        reader: resp::Reader,
        has_error: bool,
    },
}

/// A pipeline wasn't answered.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The connection had ended, perhaps long ago: another may do better.
    pub(super) is_dropped: bool,
    /// The connection is of no use any more.
    pub(super) is_broken: bool,
}

impl Connection {
    /// Connects for whatever there is to do.
    pub(super) async fn new(address: &Address) -> Result<Self, Error> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(address.response_timeout))
            .set_write_backpressure_boundary(WRITE_BUFFER_BYTES);
        let client = &address.client;
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connection = connecting.await;
        connection
            .map(Self::Redis)
            .map_err(|error| fault::of_connection(&address.name, &error))
    }

    /// Connects to read.
    pub(super) async fn for_reads(address: &Address) -> Result<Self, Error> {
        let Some((host, port)) = address.plain() else {
            let connection = Self::new(address).await?;
            connection.begin(address, Pipeline::new()).await?;
            return Ok(connection);
        };
        let unavailable = |error: std::io::Error| Error::Unavailable {
            store: address.name.clone(),
            reason: error.to_string(),
        };
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(unavailable)?;
        stream.set_nodelay(true).map_err(unavailable)?;
        let connection = Self::Own(Channel::new(stream, address.response_timeout));
        connection.log_in(address).await?;
        Ok(connection)
    }

    async fn log_in(&self, address: &Address) -> Result<(), Error> {
        let login = address.client.get_connection_info().redis_settings();
        let mut pipeline = Pipeline::new();
        if let Some(password) = login.password() {
            pipeline.cmd("AUTH");
            if let Some(username) = login.username() {
                pipeline.arg(username);
            }
            pipeline.arg(password);
        }
        if login.db() != 0 {
            pipeline.cmd("SELECT").arg(login.db());
        }
        self.begin(address, pipeline).await
    }

    /// Sends what a connection begins with.
    async fn begin(&self, address: &Address, mut pipeline: Pipeline) -> Result<(), Error> {
        if address.is_replica {
            pipeline.cmd("READONLY");
        }
        if pipeline.is_empty() {
            return Ok(());
        }
        let sent = self.send(address, &pipeline, None).await;
        let mut replies = sent.map_err(|failed| failed.error)?;
        for command in pipeline.cmd_iter() {
            if let Value::ServerError(error) = replies.any() {
                return Err(fault::of_login(&address.name, command, &error));
            }
        }
        Ok(())
    }

    /// Sends the commands in one go, if that can be before the deadline.
    pub(super) async fn send(
        &self,
        address: &Address,
        commands: &impl Commands,
        deadline: Option<Instant>,
    ) -> Result<Replies, Failed> {
        match self {
            Self::Redis(_) if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                Err(Failed::of(address, Unanswered::Late))
            }
            Self::Redis(connection) => {
                let mut connection = MultiplexedConnection::clone(connection);
                let pipeline = commands.pipeline();
                let replies = connection.req_packed_commands(&pipeline, 0, pipeline.len());
                let replies = replies.await.map_err(|error| Failed {
                    error: fault::of_connection(&address.name, &error),
                    is_dropped: error.is_connection_dropped(),
                    is_broken: error.is_io_error() || error.is_unrecoverable_error(),
                })?;
                Ok(Replies::parsed(replies))
            }
            Self::Own(channel) => {
                let answer = channel.ask(commands.packed(), commands.count(), deadline);
                let answer = answer.await.map(Replies::raw);
                answer.map_err(|why| Failed::of(address, why))
            }
        }
    }
}

impl Failed {
    fn of(address: &Address, why: Unanswered) -> Self {
        let unavailable = |reason: String, is_dropped| Self {
            error: Error::Unavailable {
                store: address.name.clone(),
                reason,
            },
            is_dropped,
            is_broken: true,
        };
        match why {
            Unanswered::Closed(reason) => unavailable(reason.to_string(), true),
            Unanswered::Silent => {
                let limit = address.response_timeout;
                unavailable(format!("no answer within {limit:?}"), false)
            }
            Unanswered::Late => Self {
                error: Error::late(&address.name),
                is_dropped: false,
                is_broken: false,
            },
        }
    }
}

impl Replies {
    fn parsed(replies: Vec<Value>) -> Self {
        Self::Parsed {
            replies: replies.into_iter(),
            list: Vec::new().into_iter(),
        }
    }

    pub(super) fn raw(answer: Answer) -> Self {
        Self::Raw {
            reader: resp::Reader::new(answer.bytes),
            has_error: answer.has_error,
        }
    }

    /// Whether a new connection may do better: see [`fault::needs_new_connection`].
    pub(super) fn need_new_connection(&self) -> bool {
        match self {
            Self::Parsed { replies, .. } => {
                replies.as_slice().iter().any(fault::needs_new_connection)
            }
            Self::Raw { reader, has_error } => {
                let needed = |error| fault::needs_new_connection(&error);
                *has_error && reader.errors().any(needed)
            }
        }
    }

    /// The number of values of the list that is the next reply, which are then taken one by one; any other reply as
    /// it is.
    pub(super) fn list(&mut self) -> Result<usize, Value> {
        match self {
            Self::Parsed { replies, list } => match replies.next() {
                Some(Value::Array(values)) => {
                    *list = values.into_iter();
                    Ok(list.len())
                }
                other => Err(other.unwrap_or(Value::Nil)),
            },
            Self::Raw { reader, .. } => reader.list(),
        }
    }

    /// The number that is the next reply; any other reply as it is.
    pub(super) fn number(&mut self) -> Result<i64, Value> {
        match self {
            Self::Parsed { replies, .. } => match replies.next() {
                Some(Value::Int(number)) => Ok(number),
                other => Err(other.unwrap_or(Value::Nil)),
            },
            Self::Raw { reader, .. } => reader.number(),
        }
    }

    /// Takes the next value of the list, a string or nothing; any other value is given as it is.
    pub(super) fn string<T>(&mut self, take: impl FnOnce(Option<&[u8]>) -> T) -> Result<T, Value> {
        match self {
            Self::Parsed { list, .. } => match list.next() {
                Some(Value::Nil) => Ok(take(None)),
                Some(Value::BulkString(bytes)) => Ok(take(Some(&bytes))),
                other => Err(other.unwrap_or(Value::Nil)),
            },
            Self::Raw { reader, .. } => reader.string().map(take),
        }
    }

    /// The next reply as a whole.
    pub(super) fn any(&mut self) -> Value {
        match self {
            Self::Parsed { replies, .. } => replies.next().unwrap_or(Value::Nil),
            Self::Raw { reader, .. } => reader.any(),
        }
    }
}
