//! A connection for reads: many tasks send commands over it, one task moves the bytes, and each asker takes its own
//! replies apart.
//!
//! What one asker gives up is nothing to the others: commands that were not sent yet are left out, and the replies to those
//! that were are thrown away when they come. A server that leaves a command without a reply for long has the connection
//! closed to new askers; one timer for all of them watches over that.

use std::{collections::VecDeque, io, pin::pin, sync::Arc, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::WriteHalf},
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use super::resp::{EndOfReply, Malformed};

/// Askers that may wait for the connection's task before the next ones wait to ask.
const MOST_WAITING: usize = 1024;
/// Askers whose commands go out in one system call.
const MOST_AT_ONCE: usize = 64;
/// Bytes that wait for the socket, from which on askers wait: what isn't sent yet can still be left out.
const MOST_UNSENT: usize = 64 * 1024;
/// A server may take so long at most, whatever the settings say.
const LONGEST_PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// Bytes that are made room for where replies come in.
const ROOM: usize = 64 * 1024;

/// The asking side. The connection ends when it is dropped.
#[derive(Debug)]
pub(super) struct Channel {
    requests: mpsc::Sender<Request>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The connection has ended, or takes no more commands.
    Closed(Arc<str>),
    /// The server has taken too long.
    Silent,
    /// The deadline had passed before the commands could be sent.
    Late,
}

struct Request {
    commands: Vec<u8>,
    replies: usize,
    deadline: Option<Instant>,
    asker: Asker,
}

type Asker = oneshot::Sender<Result<Answer, Unanswered>>;

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
    /// When the commands were taken to be sent.
    since: Instant,
    /// `None` once it was told that there is no answer.
    asker: Option<Asker>,
}

impl Channel {
    /// Takes over a connection on which nothing is under way, to a server that may take so long for a reply.
    pub(super) fn new(stream: TcpStream, patience: Duration) -> Self {
        let (requests, asked) = mpsc::channel(MOST_WAITING);
        tokio::spawn(drive(stream, asked, patience.min(LONGEST_PATIENCE)));
        Self { requests }
    }

    /// Sends packed commands and gives their replies as they came. Commands that can't go out before the deadline aren't
    /// sent, and neither are those of whom nobody waits for the answer any more.
    pub(super) async fn ask(
        &self,
        commands: Vec<u8>,
        replies: usize,
        deadline: Option<Instant>,
    ) -> Result<Answer, Unanswered> {
        let closed = || Unanswered::Closed(Arc::from("the connection was closed"));
        if replies == 0 {
            let (bytes, has_error) = (Bytes::new(), false);
            return Ok(Answer { bytes, has_error });
        }
        let (asker, answered) = oneshot::channel();
        let request = Request {
            commands,
            replies,
            deadline,
            asker,
        };
        self.requests.send(request).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

async fn drive(stream: TcpStream, mut asked: mpsc::Receiver<Request>, patience: Duration) {
    let mut traffic = Traffic {
        patience,
        ..Traffic::default()
    };
    let Err(error) = traffic.run(stream, &mut asked).await else {
        return;
    };
    let reason = Unanswered::Closed(Arc::from(error.to_string()));
    refuse(&mut asked, &reason);
    for asker in traffic.pending.into_iter().filter_map(|due| due.asker) {
        tell(asker, Err(reason.clone()));
    }
}

/// Takes no more commands, and tells those who wait to send theirs.
fn refuse(asked: &mut mpsc::Receiver<Request>, reason: &Unanswered) {
    asked.close();
    while let Ok(request) = asked.try_recv() {
        tell(request.asker, Err(reason.clone()));
    }
}

fn tell(asker: Asker, answer: Result<Answer, Unanswered>) {
    // nobody waits any longer where a request was given up
    let _ = asker.send(answer);
}

#[derive(Default)]
struct Traffic {
    outgoing: BytesMut,
    incoming: BytesMut,
    /// Bytes at the front of `incoming` that are whole replies, to the first that is pending.
    whole: usize,
    /// The look for the end of the reply after those.
    next: EndOfReply,
    pending: VecDeque<Pending>,
    /// Those who wait until there is room for their commands.
    held: VecDeque<Request>,
    patience: Duration,
    /// Whether the server has taken too long for a reply.
    is_silent: bool,
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
        let mut alarm = pin!(sleep_until(Instant::now() + self.patience));
        while !self.is_silent || self.is_awaited() {
            self.incoming.reserve(ROOM);
            let takes_more = !self.is_silent && self.has_room();
            tokio::select! {
                count = asked.recv_many(&mut fresh, MOST_AT_ONCE), if takes_more => {
                    if count == 0 {
                        return Ok(());
                    }
                    self.take_all(&mut fresh);
                    self.send(&writing)?;
                }
                read = reading.read_buf(&mut self.incoming) => {
                    if read? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.deliver()?;
                }
                written = writing.write_buf(&mut self.outgoing), if !self.outgoing.is_empty() => {
                    written?;
                    self.take_held();
                }
                () = &mut alarm, if self.oldest().is_some() => {
                    if self.give_up(Instant::now()) {
                        self.held.clear();
                        refuse(asked, &Unanswered::Closed(Arc::from("the server is silent")));
                    }
                    if let Some(oldest) = self.oldest() {
                        alarm.as_mut().reset(oldest + self.patience);
                    }
                }
            }
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.outgoing.len() < MOST_UNSENT
    }

    /// Takes commands as long as there is room, and holds the others.
    fn take_all(&mut self, fresh: &mut Vec<Request>) {
        let now = Instant::now();
        for request in fresh.drain(..) {
            match self.has_room() {
                true => self.take(request, now),
                false => self.held.push_back(request),
            }
        }
    }

    fn take_held(&mut self) {
        while self.has_room()
            && let Some(request) = self.held.pop_front()
        {
            self.take(request, Instant::now());
        }
    }

    /// Takes commands that are still wanted.
    fn take(&mut self, request: Request, now: Instant) {
        if request.deadline.is_some_and(|deadline| deadline <= now) {
            return tell(request.asker, Err(Unanswered::Late));
        }
        if request.asker.is_closed() {
            return;
        }
        self.outgoing.extend_from_slice(&request.commands);
        self.pending.push_back(Pending {
            left: request.replies,
            has_error: false,
            since: now,
            asker: Some(request.asker),
        });
    }

    /// Writes, and takes those who were held as long as that makes room.
    fn send(&mut self, writing: &WriteHalf<'_>) -> io::Result<()> {
        self.write(writing)?;
        while self.has_room() && !self.held.is_empty() {
            self.take_held();
            self.write(writing)?;
        }
        Ok(())
    }

    /// What goes out right away; the rest waits until there is room.
    fn write(&mut self, writing: &WriteHalf<'_>) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        match writing.try_write(&self.outgoing) {
            Ok(written) => self.outgoing.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Since when the first waits who was not told yet that there is no answer.
    fn oldest(&self) -> Option<Instant> {
        let mut waiting = self.pending.iter().filter(|due| due.asker.is_some());
        waiting.next().map(|due| due.since)
    }

    /// Whether anybody waits for a reply.
    fn is_awaited(&self) -> bool {
        let mut askers = self.pending.iter().filter_map(|due| due.asker.as_ref());
        askers.any(|asker| !asker.is_closed())
    }

    /// Tells those who have waited too long. Whether that are the first.
    fn give_up(&mut self, now: Instant) -> bool {
        let was_silent = self.is_silent;
        for due in &mut self.pending {
            if due.since + self.patience > now {
                break;
            }
            self.is_silent = true;
            if let Some(asker) = due.asker.take() {
                tell(asker, Err(Unanswered::Silent));
            }
        }
        self.is_silent && !was_silent
    }

    /// Gives whole replies to those who asked for them.
    fn deliver(&mut self) -> io::Result<()> {
        let malformed = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        while self.whole < self.incoming.len() {
            let Some(first) = self.pending.front_mut() else {
                return Err(malformed(Malformed));
            };
            let rest = &self.incoming[self.whole..];
            let Some(length) = self.next.find(rest).map_err(malformed)? else {
                return Ok(());
            };
            self.next = EndOfReply::default();
            first.has_error |= rest.first() == Some(&b'-');
            self.whole += length;
            first.left = first.left.saturating_sub(1);
            if first.left == 0
                && let Some(first) = self.pending.pop_front()
            {
                let bytes = self.incoming.split_to(self.whole).freeze();
                self.whole = 0;
                let has_error = first.has_error;
                if let Some(asker) = first.asker {
                    tell(asker, Ok(Answer { bytes, has_error }));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
