use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use bytes::Bytes;
use gateway::{
    accept::{Acceptor, tls::Tls},
    lifecycle::Lifecycle,
    metrics::{Exposition, Metrics},
    unsent::Unsent,
};
use settings::Limits;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle, time::Instant};

/// Everything here happens within this, or never.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// More than a socket's buffers take.
pub(crate) const HELD_BYTES: usize = 16 * 1024 * 1024;

/// An accept loop with a router of a few handlers.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) metrics: Arc<Metrics>,
    /// A permit lets one `/slow` request end.
    pub(crate) release: Arc<Semaphore>,
    /// A permit for each `/slow` request that has begun.
    pub(crate) begun: Arc<Semaphore>,
    /// What clients have not taken of `/held`.
    pub(crate) unsent: Arc<Unsent>,
    loop_: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(limits: Limits) -> Self {
        Self::start_with(limits, None).await
    }

    /// The same behind TLS, where it is given.
    pub(crate) async fn start_with(limits: Limits, tls: Option<Arc<Tls>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let lifecycle = Arc::<Lifecycle>::default();
        let metrics = Arc::<Metrics>::default();
        let release = Arc::new(Semaphore::new(0));
        let begun = Arc::new(Semaphore::new(0));
        let unsent = Arc::new(Unsent::new(100 * HELD_BYTES));
        let held = Arc::clone(&unsent);
        let held = move || {
            let unsent = Arc::clone(&held);
            async move {
                let deadline = Instant::now() + PATIENCE;
                let reply = unsent.hold(vec![b'x'; HELD_BYTES], deadline);
                reply.await.unwrap()
            }
        };
        let router = router(Arc::clone(&release), Arc::clone(&begun)).route("/held", get(held));
        let acceptor = Acceptor::new(router, limits, Arc::clone(&lifecycle), Arc::clone(&metrics));
        let acceptor = match tls {
            Some(tls) => acceptor.with_tls(tls),
            None => acceptor,
        };
        Self {
            address,
            lifecycle,
            metrics,
            release,
            begun,
            unsent,
            loop_: tokio::spawn(acceptor.run(listener)),
        }
    }

    /// Waits until a `/slow` request is in its handler.
    pub(crate) async fn slow_request_began(&self) {
        within(self.begun.acquire()).await.unwrap().forget();
    }

    /// Waits until the loop has returned.
    pub(crate) async fn ended(self) {
        within(self.loop_).await.unwrap();
    }

    /// The sample of that name and labels, as `/metrics` tells it.
    pub(crate) fn metric(&self, sample: &str) -> u64 {
        let text = Exposition::new(&self.metrics, Vec::new()).text();
        let line = text.lines().find_map(|line| line.strip_prefix(sample));
        line.map_or(0, |value| value.trim().parse().unwrap())
    }
}

fn router(release: Arc<Semaphore>, begun: Arc<Semaphore>) -> Router {
    let slow = move || {
        let (release, begun) = (Arc::clone(&release), Arc::clone(&begun));
        async move {
            begun.add_permits(1);
            release.acquire().await.unwrap().forget();
            "slow"
        }
    };
    let long = || async { vec![b'x'; 64 * 1024 * 1024] };
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/echo", post(|body: Bytes| async { body }))
        .route("/slow", get(slow))
        .route("/long", get(long))
}

/// Waits until something is so.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    within(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Fails a test that waits for what doesn't come.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("nothing happened in all that time")
}
