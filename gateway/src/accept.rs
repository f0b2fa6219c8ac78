//! The accept loop: from a listening socket to requests at the router.
//!
//! Ours, because `axum::serve` has no timeouts, no cap and no end. Each connection runs in a task of its
//! own (`connection`), which closes it when it has waited too long for something (`activity`). A
//! connection past the cap gets a short refusal (`refusal`), so that a client and a load balancer learn
//! what is going on instead of waiting in a queue that nobody looks at. When closing begins, connections
//! that the system had already taken in our name are still served; then the listener goes away, and the
//! loop returns once the last connection has ended.
//!
//! Behind TLS ([`tls`]) a connection speaks HTTP/1.1 or HTTP/2, whichever the client wants. Handshakes cost more than
//! requests do and are bounded apart: in time by what a request's head has, in number by a share of the
//! connections.

mod activity;
mod connection;
mod protocol;
mod refusal;
mod socket;
pub mod tls;

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use settings::Limits;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::task::TaskTracker;

use crate::{
    lifecycle::Lifecycle,
    metrics::{Handshake, Metrics},
};
use refusal::Refusals;
use tls::Tls;

/// How long the loop rests after the system refused to accept (mostly: no file descriptor is free).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Handshakes that are under way at once, of each thousand connections that may be open: clients that only
/// begin them leave room for connections that serve.
const HANDSHAKES_PER_THOUSAND: usize = 250;

/// A router and the terms on which connections reach it.
pub struct Acceptor {
    router: Router,
    limits: Limits,
    lifecycle: Arc<Lifecycle>,
    metrics: Arc<Metrics>,
    places: Arc<Semaphore>,
    refusals: Refusals,
    connections: TaskTracker,
    tls: Option<Encryption>,
}

/// How connections are encrypted.
struct Encryption {
    tls: Arc<Tls>,
    handshakes: Arc<Semaphore>,
}

impl Acceptor {
    /// Connections will reach `router`, on the terms of `limits`.
    #[must_use]
    pub fn new(
        router: Router,
        limits: Limits,
        lifecycle: Arc<Lifecycle>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let places = limits.max_connections.min(Semaphore::MAX_PERMITS);
        Self {
            router,
            limits,
            lifecycle,
            metrics,
            places: Arc::new(Semaphore::new(places)),
            refusals: Refusals::default(),
            connections: TaskTracker::new(),
            tls: None,
        }
    }

    /// The same behind TLS.
    #[must_use]
    pub fn with_tls(self, tls: Arc<Tls>) -> Self {
        let most = self
            .limits
            .max_connections
            .saturating_mul(HANDSHAKES_PER_THOUSAND)
            / 1000;
        let handshakes = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            tls: Some(Encryption { tls, handshakes }),
            ..self
        }
    }

    /// Serves connections until [`Lifecycle::begin_closing`] and then until the last one has ended,
    /// which [`Limits::drain_timeout`] bounds.
    pub async fn run(self, listener: TcpListener) {
        loop {
            tokio::select! {
                biased;
                () = self.lifecycle.closing() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => self.admit(stream),
                    Err(error) => self.pause(&error).await,
                },
            }
        }
        if let Err(error) = self.admit_backlog(listener) {
            tracing::warn!(%error, "connections that waited to be accepted were lost");
        }
        self.connections.close();
        self.connections.wait().await;
    }

    fn admit(&self, stream: TcpStream) {
        // a reply is written in one go; waiting for more bytes would only add delay
        let _ = stream.set_nodelay(true);
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.connection_refused();
            // behind TLS nothing can be said before a handshake, which is what there is no room for
            if self.tls.is_none() {
                self.refusals.refuse(stream);
            }
            return;
        };
        let connection = connection::Connection {
            router: self.router.clone(),
            limits: self.limits.clone(),
            lifecycle: Arc::clone(&self.lifecycle),
            metrics: Arc::clone(&self.metrics),
        };
        let Some(Encryption { tls, handshakes }) = &self.tls else {
            self.connections.spawn(async move {
                connection.run(stream).await;
                drop(place);
            });
            return;
        };
        let Ok(handshake) = Arc::clone(handshakes).try_acquire_owned() else {
            self.metrics.tls_handshake(Handshake::Refused);
            return;
        };
        let acceptor = tls.acceptor();
        self.connections.spawn(async move {
            connection.run_tls(stream, acceptor, handshake).await;
            drop(place);
        });
    }

    /// Takes what the system accepted in our name: to those clients the connection is established. Asks the
    /// socket itself, as the reactor may not know of them yet.
    fn admit_backlog(&self, listener: TcpListener) -> io::Result<()> {
        let listener = listener.into_std()?;
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true)?;
                    self.admit(TcpStream::from_std(stream)?);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn pause(&self, error: &io::Error) {
        if is_of_one_connection(error) {
            return;
        }
        tracing::error!(%error, "accepting connections failed, trying again");
        tokio::select! {
            () = self.lifecycle.closing() => {}
            () = tokio::time::sleep(ACCEPT_PAUSE) => {}
        }
    }
}

/// Whether the client was gone before it was accepted: no trouble of ours.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}
