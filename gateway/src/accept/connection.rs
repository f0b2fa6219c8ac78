use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Version, header};
use hyper::{
    body::{self, Body as HttpBody, Frame, SizeHint},
    service::{Service, service_fn},
};
use hyper_util::rt::TokioIo;
use settings::Limits;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tower::Service as _;

use super::{
    activity::{Activity, Expired, Phase, Reply as ReplyOnItsWay},
    protocol::{Protocol, http_1, http_2},
    socket::{Incoming, Socket},
    tls,
};
use crate::{
    lifecycle::Lifecycle,
    metrics::{Handshake, Metrics},
};

/// The timer of a connection without a deadline looks again after this long: requests of HTTP/2 are answered in tasks
/// of their own, which don't wake the one that watches.
const FAR: Duration = Duration::from_secs(5);

/// How long a handshake may go on once the listener is gone.
const CLOSING_GRACE: Duration = Duration::from_secs(1);

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
        self.serve_plain(socket, activity).await;
    }

    /// Serves HTTP/1.1 in the clear. What hyper keeps for a connection (16 KiB of buffers) is let go of where that is
    /// idle, and made anew when it is not any longer.
    async fn serve_plain(self, mut socket: Socket, activity: Arc<Activity>) {
        activity.may_rest();
        let incoming = socket.incoming();
        let mut service = service(self.router.clone(), &self.lifecycle, &activity);
        let end = loop {
            let mut connection = http_1().serve_connection(TokioIo::new(socket), service);
            let closing = self.lifecycle.closing();
            let end = drive(Pin::new(&mut connection), closing, &incoming, &activity).await;
            if !matches!(end, End::Expired(Expired::Rest)) {
                break end;
            }
            let parts = connection.into_parts();
            socket = parts.io.into_inner();
            service = parts.service;
            if parts.read_buf.is_empty() {
                if let Some(end) = rest(self.lifecycle.closing(), &incoming, &activity).await {
                    break end;
                }
            } else {
                activity.rest_began();
                socket.put_back(parts.read_buf);
            }
        };
        self.tell(end);
    }

    /// The same behind TLS. `place` is held during the handshake.
    pub(super) async fn run_tls(
        self,
        stream: TcpStream,
        acceptor: TlsAcceptor,
        place: OwnedSemaphorePermit,
    ) {
        let _open = self.metrics.connection_opened();
        let activity = Arc::new(Activity::new(&self.limits, Instant::now()));
        let socket = Socket::new(stream, Arc::clone(&activity));
        let incoming = socket.incoming();
        let shaken = self.shake_hands(acceptor, socket).await;
        drop(place);
        let Some(stream) = shaken else { return };
        let version = match stream.get_ref().1.alpn_protocol() {
            Some(tls::HTTP_2) => Version::HTTP_2,
            _ => Version::HTTP_11,
        };
        self.serve(stream, incoming, activity, version).await;
    }

    /// A handshake must be through in the time that a request's head has.
    async fn shake_hands(
        &self,
        acceptor: TlsAcceptor,
        socket: Socket,
    ) -> Option<TlsStream<Socket>> {
        let closing = async {
            self.lifecycle.closing().await;
            tokio::time::sleep(CLOSING_GRACE).await;
        };
        let patience = tokio::time::sleep(self.limits.header_read_timeout);
        let ended: Result<io::Result<_>, _> = tokio::select! {
            shaken = acceptor.accept(socket) => Ok(shaken),
            () = patience => Err(Handshake::TimedOut),
            () = closing => Err(Handshake::TimedOut),
        };
        let (stream, handshake) = match ended {
            Ok(Ok(stream)) => (Some(stream), Handshake::Done),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                (None, Handshake::Failed)
            }
            Err(late) => (None, late),
        };
        self.metrics.tls_handshake(handshake);
        stream
    }

    async fn serve(
        self,
        io: impl AsyncRead + AsyncWrite + Unpin + 'static,
        incoming: Incoming,
        activity: Arc<Activity>,
        version: Version,
    ) {
        let service = service(self.router.clone(), &self.lifecycle, &activity);
        let (io, closing) = (TokioIo::new(io), self.lifecycle.closing());
        let end = if version == Version::HTTP_2 {
            activity.multiplexes();
            let connection = pin!(http_2().serve_connection(io, service));
            drive(connection, closing, &incoming, &activity).await
        } else {
            let connection = pin!(http_1().serve_connection(io, service));
            drive(connection, closing, &incoming, &activity).await
        };
        self.tell(end);
    }

    fn tell(&self, end: End) {
        match end {
            End::Closed => {}
            End::Failed(error) => tracing::debug!(%error, "a connection failed"),
            End::Expired(expired) => {
                self.metrics.connection_timed_out(expired.as_str());
                tracing::debug!(reason = expired.as_str(), "closed a connection");
            }
        }
    }
}

/// The router, with what `activity` is told of each request.
fn service(
    router: Router,
    lifecycle: &Arc<Lifecycle>,
    activity: &Arc<Activity>,
) -> impl Service<
    Request<body::Incoming>,
    Response = Response<Reply>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Reply>, Infallible>> + Send + 'static,
> {
    let (lifecycle, activity) = (Arc::clone(lifecycle), Arc::clone(activity));
    service_fn(move |request: Request<body::Incoming>| {
        activity.request_began();
        let end = EndOfRequest::new(&activity);
        let version = request.version();
        let answer = router.clone().call(request.map(Body::new));
        let lifecycle = Arc::clone(&lifecycle);
        async move {
            answer
                .await
                .map(|reply| sent(reply, version, &lifecycle, end))
        }
    })
}

enum End {
    Closed,
    Failed(hyper::Error),
    Expired(Expired),
}

/// Polls the connection first and the watchdog after it, so that the watchdog sees what the connection
/// just did.
async fn drive(
    mut connection: Pin<&mut impl Protocol>,
    closing: impl Future<Output = ()>,
    incoming: &Incoming,
    activity: &Activity,
) -> End {
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
            connection.as_mut().shut_down();
            cx.waker().wake_by_ref();
        }
        poll_watchdog(timer.as_mut(), activity, cx).map(End::Expired)
    })
    .await
}

/// Waits with an idle connection for something to read. Its end, where that comes before.
async fn rest(
    closing: impl Future<Output = ()>,
    incoming: &Incoming,
    activity: &Activity,
) -> Option<End> {
    activity.rest_began();
    let mut closing = pin!(closing);
    let mut timer = pin!(sleep_until(Instant::now() + FAR));
    poll_fn(|cx| {
        if incoming.poll_some(cx).is_ready() {
            return Poll::Ready(None);
        }
        if closing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(End::Closed));
        }
        poll_watchdog(timer.as_mut(), activity, cx).map(|expired| Some(End::Expired(expired)))
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

fn sent(
    reply: Response<Body>,
    version: Version,
    lifecycle: &Lifecycle,
    mut end: EndOfRequest,
) -> Response<Reply> {
    end.reply_found();
    let mut reply = reply.map(|body| Reply { body, _end: end });
    // of HTTP/2 a connection closes as a whole, once the listener has gone
    if lifecycle.is_draining() && version < Version::HTTP_2 {
        // so that clients leave of their own accord before the listener goes away
        let close = HeaderValue::from_static("close");
        reply.headers_mut().insert(header::CONNECTION, close);
    }
    reply
}

/// Tells when a reply is through, or was given up.
struct EndOfRequest {
    activity: Arc<Activity>,
    reply: Option<ReplyOnItsWay>,
}

impl EndOfRequest {
    fn new(activity: &Arc<Activity>) -> Self {
        Self {
            activity: Arc::clone(activity),
            reply: None,
        }
    }

    fn reply_found(&mut self) {
        self.reply = self.activity.reply_began();
    }
}

impl Drop for EndOfRequest {
    fn drop(&mut self) {
        self.activity.request_ended(self.reply.take());
    }
}

/// The body of a reply. hyper drops it when all of it is in the write buffer.
pub(super) struct Reply {
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
