//! What Redis tells of changes: its server-assisted client-side caching, in broadcasting mode, on a connection of its
//! own (RESP3).
//!
//! Broadcasting tells of every key that is written in the whole server; the receiver picks its own project's. The other
//! mode, in which Redis remembers who has read which key, tells only of those. But it remembers no more keys than
//! `tracking-table-max-keys` (a million by default, and then makes clients forget what has not changed), takes memory and
//! time of the server for each key that is read, and works only for connections that have asked for it, each of which
//! would be sent to this one anew whenever this one is lost. A prefix can't tell projects apart, since a project is the
//! end of a key.

mod masters;
mod outage;

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use feature_model::ProjectName;
use redis::{
    AsyncConnectionConfig, Client, ProtocolVersion, PushInfo, PushKind, Value,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    time::{sleep, sleep_until, timeout},
};

use settings::Topology;

use super::{address::Address, cluster::Cluster, fault, reader::RESPONSE_TIMEOUT};
use crate::Error;
use outage::Outage;

/// How often Redis is asked whether it still tells.
const PING_EVERY: Duration = Duration::from_millis(500);
/// How long a connection that doesn't answer is waited for. What it told counts again if it answers in the end.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between attempts to connect.
const PAUSE: Duration = Duration::from_millis(100);
/// The same where it is a matter of rights.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// Who is told.
pub(crate) trait Listener: Send + Sync {
    /// News begin: what was read before may have changed unnoticed.
    fn began(&self);

    /// The hash at this key, of whatever project, has changed or gone.
    fn changed(&self, key: &[u8]);

    /// Every hash may have changed or gone.
    fn all_changed(&self);

    /// What changed before `at` has been told.
    fn told_until(&self, at: Instant);

    /// News have ended.
    fn lost(&self);
}

/// What tells of changes for as long as it is polled; of the project, as far as the log is concerned. Of a key that ends by
/// itself Redis tells late; a cache has to ask for the end of each key of the project that it keeps. Where that is refused,
/// nothing is told.
///
/// # Errors
/// [`Error::Config`] where the settings can't work.
pub(crate) async fn track(
    store: &settings::RedisStore,
    project: &ProjectName,
    listener: Arc<dyn Listener>,
) -> Result<impl Future<Output = ()> + Send + use<>, Error> {
    let own_key = format!("salver:{project}");
    let servers = match store.topology {
        Topology::Standalone => {
            Servers::One(Box::new(Address::new(store, RESPONSE_TIMEOUT).await?))
        }
        Topology::Cluster => {
            let seeds = Address::all(store, RESPONSE_TIMEOUT).await?;
            Servers::Cluster(Arc::new(Cluster::new(seeds)))
        }
    };
    let news = Logged {
        listener,
        project: project.clone(),
        outage: Mutex::default(),
    };
    let source = Source { servers, own_key };
    Ok(tell_on(source, news))
}

/// Who tells.
struct Source {
    servers: Servers,
    /// As the project's keys are, for what this user may do with them. There is none of this name.
    own_key: String,
}

enum Servers {
    One(Box<Address>),
    Cluster(Arc<Cluster>),
}

/// How a server is asked whether it still tells.
struct Question<'q> {
    command: &'q [&'q str],
    is_good: &'q (dyn Fn(&Value) -> bool + Sync),
    /// What it means where an answer isn't good.
    otherwise: &'q str,
}

impl Source {
    async fn follow(&self, listener: &dyn Listener) -> Result<Never, Error> {
        let ping = Question {
            command: &["PING"],
            is_good: &|_| true,
            otherwise: "",
        };
        let own_key = self.own_key.as_str();
        match &self.servers {
            Servers::One(address) => follow(address, own_key, listener, &ping).await,
            Servers::Cluster(cluster) => masters::follow_all(cluster, own_key, listener).await,
        }
    }
}

async fn tell_on(source: Source, news: Logged) {
    loop {
        let Err(error) = source.follow(&news).await;
        news.ended(&error);
        let is_denied = matches!(error, Error::Denied { .. });
        sleep(if is_denied { LONG_PAUSE } else { PAUSE }).await;
    }
}

/// Tells the log when news end, and when there are some again.
struct Logged {
    listener: Arc<dyn Listener>,
    project: ProjectName,
    outage: Mutex<Outage>,
}

impl Logged {
    fn ended(&self, error: &Error) {
        self.lost();
        if self.outage().began(error.to_string(), Instant::now()) {
            let project = &self.project;
            tracing::warn!(%project, %error, "redis does not tell of changes: nothing is cached until it does");
        }
    }

    fn outage(&self) -> MutexGuard<'_, Outage> {
        // it is whole between any two operations
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Logged {
    fn began(&self) {
        self.listener.began();
    }

    fn changed(&self, key: &[u8]) {
        self.listener.changed(key);
    }

    fn all_changed(&self) {
        self.listener.all_changed();
    }

    fn told_until(&self, at: Instant) {
        self.listener.told_until(at);
        if self.outage().is_over(at) {
            let project = &self.project;
            tracing::info!(%project, "redis tells of changes again");
        }
    }

    fn lost(&self) {
        self.listener.lost();
    }
}

enum Never {}

async fn follow(
    address: &Address,
    own_key: &str,
    listener: &dyn Listener,
    question: &Question<'_>,
) -> Result<Never, Error> {
    let (sender, mut news) = mpsc::unbounded_channel();
    let connecting = timeout(address.connect_timeout, connect(address, sender));
    let late = |_| unavailable(address, "no connection in time");
    let mut connection = connecting.await.map_err(late)??;
    try_asking_for_ends(address, own_key, &mut connection).await?;
    subscribe(address, &mut connection).await?;
    listener.began();
    loop {
        let asked_at = Instant::now();
        ask(address, &mut connection, &mut news, listener, question).await?;
        listener.told_until(asked_at);
        let mut pause = pin!(sleep_until((asked_at + PING_EVERY).into()));
        loop {
            tokio::select! {
                biased;
                told = news.recv() => tell(address, told, listener)?,
                () = &mut pause => break,
            }
        }
    }
}

async fn connect(
    address: &Address,
    sender: mpsc::UnboundedSender<PushInfo>,
) -> Result<MultiplexedConnection, Error> {
    let failed = |error| fault::of_connection(&address.name, &error);
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(Some(PATIENCE))
        .set_push_sender(sender);
    let info = address.client.get_connection_info().clone();
    let login = info.redis_settings().clone();
    let login = login.set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(info.set_redis_settings(login)).map_err(failed)?;
    let connecting = client.get_multiplexed_async_connection_with_config(&config);
    connecting.await.map_err(failed)
}

/// Whether this user may ask when a key ends. A key that is elsewhere in a cluster, or none of this user's, does for that.
async fn try_asking_for_ends(
    address: &Address,
    own_key: &str,
    connection: &mut MultiplexedConnection,
) -> Result<(), Error> {
    let mut command = redis::cmd("PTTL");
    let asked: Result<Value, _> = command.arg(own_key).query_async(connection).await;
    let Err(error) = asked else {
        return Ok(());
    };
    let code = error.code().unwrap_or_default();
    let is_elsewhere = matches!(code, "MOVED" | "ASK" | "CLUSTERDOWN");
    match is_elsewhere || fault::is_of_key(code, error.detail().unwrap_or_default()) {
        true => Ok(()),
        false => Err(fault::of_connection(&address.name, &error)),
    }
}

async fn subscribe(address: &Address, connection: &mut MultiplexedConnection) -> Result<(), Error> {
    let mut command = redis::cmd("CLIENT");
    command.arg(&["TRACKING", "ON", "BCAST"]);
    let done: Result<(), _> = command.query_async(connection).await;
    done.map_err(|error| fault::of_connection(&address.name, &error))
}

/// Waits for an answer, and for all that was told before it.
async fn ask(
    address: &Address,
    connection: &mut MultiplexedConnection,
    news: &mut UnboundedReceiver<PushInfo>,
    listener: &dyn Listener,
    question: &Question<'_>,
) -> Result<(), Error> {
    let mut ask = redis::Cmd::new();
    ask.arg(question.command);
    {
        let mut answered = pin!(ask.query_async::<Value>(connection));
        loop {
            tokio::select! {
                biased;
                told = news.recv() => tell(address, told, listener)?,
                answer = &mut answered => {
                    let answer = answer.map_err(|error| fault::of_connection(&address.name, &error))?;
                    if !(question.is_good)(&answer) {
                        return Err(unavailable(address, question.otherwise));
                    }
                    break;
                }
            }
        }
    }
    while let Ok(told) = news.try_recv() {
        tell(address, Some(told), listener)?;
    }
    Ok(())
}

fn tell(address: &Address, told: Option<PushInfo>, listener: &dyn Listener) -> Result<(), Error> {
    match told {
        None => Err(unavailable(address, "the connection was closed")),
        Some(told) if told.kind == PushKind::Disconnection => {
            Err(unavailable(address, "the connection was closed"))
        }
        Some(told) => {
            if told.kind == PushKind::Invalidate {
                told.data.iter().for_each(|keys| tell_keys(keys, listener));
            }
            Ok(())
        }
    }
}

/// A list of keys; anything else, as the null of a `FLUSHALL`, is about everything.
fn tell_keys(keys: &Value, listener: &dyn Listener) {
    let Value::Array(keys) = keys else {
        return listener.all_changed();
    };
    for key in keys {
        match key {
            Value::BulkString(key) => listener.changed(key),
            _ => listener.all_changed(),
        }
    }
}

fn unavailable(address: &Address, reason: &str) -> Error {
    Error::Unavailable {
        store: address.name.clone(),
        reason: reason.to_owned(),
    }
}
