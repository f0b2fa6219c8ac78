//! A connection that has one request under way at most.

use std::{
    ffi::c_int,
    io::{self, ErrorKind, Read as _, Write as _},
    mem::MaybeUninit,
    net::{Ipv4Addr, TcpStream as Blocking},
};

use anyhow::{Context, Result, ensure};
use mio::{Interest, Registry, Token, net::TcpStream};
use socket2::SockRef;

use super::head::head;

/// A small reply comes as a whole in so many bytes.
const FIRST_BYTES: usize = 8 * 1024;
/// The most that is thrown away at once.
const DISCARDED_BYTES: usize = 4 * 1024 * 1024;
/// `MSG_TRUNC`: Linux then throws away what is received, and copies nothing.
const DISCARD: c_int = if cfg!(target_os = "linux") { 0x20 } else { 0 };

/// Where bytes are read to, by all connections.
pub(super) struct Buffers {
    first: Vec<u8>,
    discarded: Vec<MaybeUninit<u8>>,
}

impl Buffers {
    pub(super) fn new() -> Self {
        Self {
            first: vec![0; FIRST_BYTES],
            discarded: vec![MaybeUninit::uninit(); DISCARDED_BYTES],
        }
    }
}

pub(super) struct Connection {
    stream: TcpStream,
    /// When its request was due; none where it has none.
    due: Option<f64>,
    /// What has come of a head that isn't whole.
    early: Vec<u8>,
    body: Option<Body>,
}

/// A reply of which so much is still to come.
#[derive(Clone, Copy)]
struct Body {
    status: u16,
    left: usize,
}

/// How a request ended.
#[derive(Debug, PartialEq)]
pub(super) struct End {
    /// None where no request was under way.
    pub(super) due: Option<f64>,
    /// None where the connection broke off.
    pub(super) status: Option<u16>,
}

impl Connection {
    pub(super) fn open(port: u16, registry: &Registry, token: Token) -> Result<Self> {
        let stream = Blocking::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE)?;
        Ok(Self {
            stream,
            due: None,
            early: Vec::new(),
            body: None,
        })
    }

    /// Sends a request that was due then.
    pub(super) fn send(&mut self, request: &[u8], due: f64) -> Result<()> {
        let written = match self.stream.write(request) {
            // its end is told when it is read
            Err(error) if is_broken(&error) => request.len(),
            written => written?,
        };
        ensure!(written == request.len(), "a request is too long");
        self.due = Some(due);
        Ok(())
    }

    /// Reads what has come. The end of its request, or its own, where that is here.
    pub(super) fn read(&mut self, buffers: &mut Buffers) -> Result<Option<End>> {
        let status = match self.read_reply(buffers) {
            Ok(status) => Some(status),
            Err(error) => match error.downcast_ref::<io::Error>() {
                Some(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Some(error) if is_broken(error) => None,
                _ => return Err(error),
            },
        };
        let due = self.due.take();
        Ok(Some(End { due, status }))
    }

    /// When the request was due that is under way.
    pub(super) fn due(&self) -> Option<f64> {
        self.due
    }

    /// Its status, once it is whole.
    fn read_reply(&mut self, buffers: &mut Buffers) -> Result<u16> {
        while self.body.is_none() {
            self.body = self.read_head(&mut buffers.first)?;
        }
        while let Some(body) = self.body.as_mut().filter(|body| body.left > 0) {
            let most = body.left.min(DISCARDED_BYTES);
            let socket = SockRef::from(&self.stream);
            let count = socket.recv_with_flags(&mut buffers.discarded[..most], DISCARD)?;
            body.left -= came(count)?;
        }
        let body = self.body.take();
        body.map(|body| body.status).context("there was a head")
    }

    /// What it tells of the body, once it is whole.
    fn read_head(&mut self, buffer: &mut [u8]) -> Result<Option<Body>> {
        let count = came(self.stream.read(buffer)?)?;
        self.early.extend_from_slice(&buffer[..count]);
        let Some(head) = head(&self.early)? else {
            return Ok(None);
        };
        let of_body = self.early.len() - head.bytes;
        ensure!(of_body <= head.body_bytes, "a reply that nobody asked for");
        self.early.clear();
        Ok(Some(Body {
            status: head.status,
            left: head.body_bytes - of_body,
        }))
    }
}

/// So many bytes have come; none is the end.
fn came(count: usize) -> io::Result<usize> {
    match count {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}

fn is_broken(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
    )
}
