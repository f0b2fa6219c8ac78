use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use hyper::{
    body::{self, Body as HttpBody, Frame, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use settings::Limits;
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};
use tower::Service;

use super::{
    activity::{Activity, Expired, Phase},
    socket::{Incoming, Socket},
};
use crate::{lifecycle::Lifecycle, metrics::Metrics};

/// Longest head of a request, in bytes. Feast's clients send some 200.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The timer of a connection without a deadline looks again after this long.
const FAR: Duration = Duration::from_secs(3600);

/// What one connection needs to be served.
pub(super) struct Connection {
    pub(super) router: Router,
    pub(super) limits: Limits,
    pub(super) lifecycle: Arc<Lifecycle>,
    pub(super) metrics: Arc<Metrics>,
}

impl Connection {
    /// Serves requests until the client has had enough, waited too long, or the process closes.
    pub(super) async fn run(self, stream: TcpStream) {
        let _open = self.metrics.connection_opened();
        let activity = Arc::new(Activity::new(&self.limits, Instant::now()));
        let socket = Socket::new(stream, Arc::clone(&activity));
        let incoming = socket.incoming();
        let router = self.router;
        let lifecycle = Arc::clone(&self.lifecycle);
        let ours = Arc::clone(&activity);
        let service = service_fn(move |request: Request<body::Incoming>| {
            ours.request_began();
            let end = EndOfRequest(Arc::clone(&ours));
            let answer = router.clone().call(request.map(Body::new));
            let lifecycle = Arc::clone(&lifecycle);
            async move { answer.await.map(|reply| sent(reply, &lifecycle, end)) }
        });
        let connection = builder().serve_connection(TokioIo::new(socket), service);
        let closing = self.lifecycle.closing();
        match drive(connection, closing, &incoming, &activity).await {
            End::Closed => {}
            End::Failed(error) => tracing::debug!(%error, "a connection failed"),
            End::Expired(expired) => {
                self.metrics.connection_timed_out(expired.as_str());
                tracing::debug!(reason = expired.as_str(), "closed a connection");
            }
        }
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    // hyper's own header timeout also runs while a connection is idle; `Activity` tells the two apart
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        // hyper would drop the request of a client that has closed its side; `Activity` gives it a moment
        .half_close(true)
        .max_header_size(MAX_HEAD_BYTES);
    builder
}

enum End {
    Closed,
    Failed(hyper::Error),
    Expired(Expired),
}

/// Polls the connection first and the watchdog after it, so that the watchdog sees what the connection
/// just did.
async fn drive<S, B>(
    connection: http1::Connection<TokioIo<Socket>, S>,
    closing: impl Future<Output = ()>,
    incoming: &Incoming,
    activity: &Activity,
) -> End
where
    S: hyper::service::Service<Request<body::Incoming>, Response = Response<B>, Error = Infallible>,
    B: HttpBody + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut connection = pin!(connection);
    let mut closing = pin!(closing);
    let mut timer = pin!(sleep_until(Instant::now() + FAR));
    let mut closes = Closes::NotYet;
    poll_fn(|cx| {
        if let Poll::Ready(result) = connection.as_mut().poll(cx) {
            return Poll::Ready(result.map_or_else(End::Failed, |()| End::Closed));
        }
        if closes == Closes::NotYet && closing.as_mut().poll(cx).is_ready() {
            closes = Closes::AfterHead;
            activity.closing_began();
        }
        if activity.phase() == Phase::Busy
            && let Poll::Ready(ended) = incoming.poll_end(cx)
        {
            match ended {
                Ok(()) => activity.half_closed(),
                Err(_) => return Poll::Ready(End::Closed),
            }
        }
        // a request whose head is on its way was accepted, and hyper would drop it
        let is_between = !matches!(activity.phase(), Phase::Fresh | Phase::Head);
        if closes == Closes::AfterHead && is_between {
            closes = Closes::Told;
            connection.as_mut().graceful_shutdown();
            cx.waker().wake_by_ref();
        }
        poll_watchdog(timer.as_mut(), activity, cx).map(End::Expired)
    })
    .await
}

#[derive(PartialEq)]
enum Closes {
    NotYet,
    AfterHead,
    Told,
}

fn poll_watchdog(
    mut timer: Pin<&mut Sleep>,
    activity: &Activity,
    cx: &mut Context<'_>,
) -> Poll<Expired> {
    loop {
        let deadline = activity.deadline();
        // moving the timer costs, so a later deadline waits until the timer has run out anyway
        if let Some((at, _)) = deadline
            && at < timer.deadline()
        {
            timer.as_mut().reset(at);
        }
        ready!(timer.as_mut().poll(cx));
        match deadline {
            Some((at, expired)) if at <= Instant::now() => return Poll::Ready(expired),
            Some((at, _)) => timer.as_mut().reset(at),
            None => timer.as_mut().reset(Instant::now() + FAR),
        }
    }
}

fn sent(reply: Response<Body>, lifecycle: &Lifecycle, end: EndOfRequest) -> Response<Reply> {
    let mut reply = reply.map(|body| Reply { body, _end: end });
    if lifecycle.is_draining() {
        // so that clients leave of their own accord before the listener goes away
        let close = HeaderValue::from_static("close");
        reply.headers_mut().insert(header::CONNECTION, close);
    }
    reply
}

/// Tells when a reply is through, or was given up.
struct EndOfRequest(Arc<Activity>);

impl Drop for EndOfRequest {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}

/// The body of a reply. hyper drops it when all of it is in the write buffer.
struct Reply {
    body: Body,
    _end: EndOfRequest,
}

impl HttpBody for Reply {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
