//! A connection for reads: many tasks send commands over it, one task moves the bytes, and each asker takes its own
//! replies apart.

use std::{collections::VecDeque, io, sync::Arc};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::WriteHalf},
    sync::{mpsc, oneshot},
};

use super::resp;

/// Askers that may wait for the connection's task before the next ones wait to ask.
const MOST_WAITING: usize = 1024;
/// Askers whose commands go out in one system call.
const MOST_AT_ONCE: usize = 64;
/// Bytes that are made room for where replies come in.
const ROOM: usize = 64 * 1024;

/// Why a connection has ended.
pub(super) type Reason = Arc<str>;

/// The asking side. The connection ends when it is dropped.
#[derive(Debug)]
pub(super) struct Channel {
    requests: mpsc::Sender<Request>,
}

struct Request {
    commands: Vec<u8>,
    replies: Pending,
}

/// Whole replies as they came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) bytes: Bytes,
    /// Whether one of them is an error.
    pub(super) has_error: bool,
}

/// Replies that are due.
struct Pending {
    left: usize,
    has_error: bool,
    answer: oneshot::Sender<Result<Answer, Reason>>,
}

impl Channel {
    /// Takes over a connection on which nothing is under way.
    pub(super) fn new(stream: TcpStream) -> Self {
        let (requests, asked) = mpsc::channel(MOST_WAITING);
        tokio::spawn(drive(stream, asked));
        Self { requests }
    }

    /// Sends packed commands and gives their replies as they came.
    pub(super) async fn ask(&self, commands: Vec<u8>, replies: usize) -> Result<Answer, Reason> {
        let closed = || Reason::from("the connection was closed");
        if replies == 0 {
            let (bytes, has_error) = (Bytes::new(), false);
            return Ok(Answer { bytes, has_error });
        }
        let (answer, answered) = oneshot::channel();
        let replies = Pending {
            left: replies,
            has_error: false,
            answer,
        };
        let request = Request { commands, replies };
        self.requests.send(request).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

async fn drive(stream: TcpStream, mut asked: mpsc::Receiver<Request>) {
    let mut traffic = Traffic::default();
    let Err(error) = traffic.run(stream, &mut asked).await else {
        return;
    };
    let reason = Reason::from(error.to_string());
    asked.close();
    while let Ok(request) = asked.try_recv() {
        traffic.pending.push_back(request.replies);
    }
    for pending in traffic.pending {
        // nobody waits any longer where a request was given up
        let _ = pending.answer.send(Err(Arc::clone(&reason)));
    }
}

#[derive(Default)]
struct Traffic {
    outgoing: BytesMut,
    incoming: BytesMut,
    /// Bytes at the front of `incoming` that are whole replies, to the first that is pending.
    whole: usize,
    pending: VecDeque<Pending>,
}

impl Traffic {
    /// Until nobody asks any longer.
    async fn run(
        &mut self,
        mut stream: TcpStream,
        asked: &mut mpsc::Receiver<Request>,
    ) -> io::Result<()> {
        let (mut reading, mut writing) = stream.split();
        let mut fresh = Vec::with_capacity(MOST_AT_ONCE);
        loop {
            self.incoming.reserve(ROOM);
            tokio::select! {
                count = asked.recv_many(&mut fresh, MOST_AT_ONCE) => {
                    if count == 0 {
                        return Ok(());
                    }
                    for request in fresh.drain(..) {
                        self.outgoing.extend_from_slice(&request.commands);
                        self.pending.push_back(request.replies);
                    }
                    self.write(&writing)?;
                }
                read = reading.read_buf(&mut self.incoming) => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.deliver()?;
                }
                written = writing.write_buf(&mut self.outgoing), if !self.outgoing.is_empty() => {
                    written?;
                }
            }
        }
    }

    /// What goes out right away; the rest waits until there is room.
    fn write(&mut self, writing: &WriteHalf<'_>) -> io::Result<()> {
        match writing.try_write(&self.outgoing) {
            Ok(written) => self.outgoing.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Gives whole replies to those who asked for them.
    fn deliver(&mut self) -> io::Result<()> {
        let malformed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        while self.whole < self.incoming.len() {
            let Some(first) = self.pending.front_mut() else {
                return Err(malformed(resp::Malformed));
            };
            let rest = &self.incoming[self.whole..];
            let Some(length) = resp::end_of_reply(rest).map_err(malformed)? else {
                return Ok(());
            };
            first.has_error |= rest.first() == Some(&b'-');
            self.whole += length;
            first.left = first.left.saturating_sub(1);
            if first.left == 0
                && let Some(first) = self.pending.pop_front()
            {
                let bytes = self.incoming.split_to(self.whole).freeze();
                self.whole = 0;
                let has_error = first.has_error;
                // nobody waits any longer where a request was given up
                let _ = first.answer.send(Ok(Answer { bytes, has_error }));
            }
        }
        Ok(())
    }
}
