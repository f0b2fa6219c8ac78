use std::{future::Future, pin::Pin};

use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::HttpService,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Reply;

/// Longest head of a request, in bytes. Feast's clients send some 200.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Requests of one connection that are worked on at once: so many replies may wait for a client that takes none.
const MAX_STREAMS: u32 = 64;

/// A connection that answers requests.
pub(super) trait Protocol: Future<Output = hyper::Result<()>> {
    /// Ends it after the requests that it is in.
    fn shut_down(self: Pin<&mut Self>);
}

impl<I, S> Protocol for http1::Connection<TokioIo<I>, S>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Reply>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn shut_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S> Protocol for http2::Connection<TokioIo<I>, S, TokioExecutor>
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
    S: HttpService<Incoming, ResBody = Reply>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send + 'static,
{
    fn shut_down(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

pub(super) fn http_1() -> http1::Builder {
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

pub(super) fn http_2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES as u32);
    builder
}
