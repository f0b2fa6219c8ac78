use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::activity::Activity;

/// A TCP stream that tells an [`Activity`] when bytes come and when they can't go.
pub(super) struct Socket {
    incoming: Incoming,
    outgoing: OwnedWriteHalf,
    activity: Arc<Activity>,
    /// Bytes that were read, and are to be read again.
    early: Bytes,
}

/// What the peer sends. Socket and watchdog share it within one task, so the lock is never waited for.
#[derive(Clone)]
pub(super) struct Incoming(Arc<Mutex<OwnedReadHalf>>);

impl Incoming {
    /// Ready once the peer has sent everything it will ever send, as far as can be seen past bytes that
    /// nobody has read yet.
    pub(super) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut byte = [0];
        match self.lock().poll_peek(cx, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0)) => Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        }
    }

    /// Ready once there is something to read, be it the end.
    pub(super) fn poll_some(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut byte = [0];
        let peeked = self.lock().poll_peek(cx, &mut ReadBuf::new(&mut byte));
        peeked.map(|_| ())
    }

    fn lock(&self) -> MutexGuard<'_, OwnedReadHalf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket {
    pub(super) fn new(stream: TcpStream, activity: Arc<Activity>) -> Self {
        let (incoming, outgoing) = stream.into_split();
        Self {
            incoming: Incoming(Arc::new(Mutex::new(incoming))),
            outgoing,
            activity,
            early: Bytes::new(),
        }
    }

    /// Reads these bytes first, which were read before.
    pub(super) fn put_back(&mut self, early: Bytes) {
        self.early = early;
    }

    pub(super) fn incoming(&self) -> Incoming {
        self.incoming.clone()
    }

    fn watch<T>(&self, written: Poll<T>) -> Poll<T> {
        self.activity.write_went(written.is_pending());
        written
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.early.is_empty() {
            let count = self.early.len().min(buffer.remaining());
            buffer.put_slice(&self.early.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut *self.incoming.lock()).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.bytes_arrived();
        }
        result
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.outgoing).poll_write(cx, bytes);
        self.watch(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.outgoing).poll_write_vectored(cx, slices);
        self.watch(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.outgoing.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.outgoing).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.outgoing).poll_shutdown(cx)
    }
}
