//! Replies that are found and that their clients have not taken yet.
//!
//! A request gives its place back when its reply is found, and the reply is then written as fast as its client reads. So
//! a client that reads nothing holds memory for as long as its connection lasts, and each project has only so much of that
//! for its replies ([`Limits::max_unsent_bytes`](settings::Limits::max_unsent_bytes)). A reply's bytes are counted until
//! the last copy of them is gone, in whatever buffer of hyper's they are by then: when they were written, or when the
//! connection has ended.
//!
//! A quarter is for short replies alone, so that clients which don't read long ones keep nobody from being answered
//! whose reply is short.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// Replies of fewer bytes are short.
const SHORT: usize = 16 * 1024;

/// How long a reply waits for room. It holds memory meanwhile, and its request's place.
const PATIENCE: Duration = Duration::from_millis(100);

/// The replies of a project.
#[derive(Debug)]
pub struct Unsent {
    short: Arc<Room>,
    long: Arc<Room>,
}

/// There is no room for a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

impl Unsent {
    /// Room for so many bytes.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        let for_short = max_bytes / 4;
        Self {
            short: Arc::new(Room::new(for_short)),
            long: Arc::new(Room::new(max_bytes - for_short)),
        }
    }

    /// Takes a reply in, to be sent, waiting a moment for room, but not past the deadline. One that is longer than all
    /// the room there is is taken where nothing else is held.
    ///
    /// # Errors
    /// Where there is no room.
    pub async fn hold(&self, reply: Vec<u8>, deadline: Instant) -> Result<Bytes, NoRoom> {
        let room = match reply.len() < SHORT {
            true => &self.short,
            false => &self.long,
        };
        let held = match Room::take(room, reply.len()) {
            Some(held) => held,
            None => room.wait(reply.len(), deadline).await?,
        };
        Ok(Bytes::from_owner(Reply { reply, _held: held }))
    }

    /// How many bytes are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.short.held() + self.long.held()
    }
}

/// The bytes of a reply. Making [`Bytes`] of these allocates as often as making them of a vector that isn't full.
struct Reply {
    reply: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for Reply {
    fn as_ref(&self) -> &[u8] {
        &self.reply
    }
}

/// Bytes that are counted until this is dropped.
#[derive(Debug)]
struct Held {
    room: Arc<Room>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.give_back(self.bytes);
    }
}

/// Room for replies of one sort.
#[derive(Debug)]
struct Room {
    max_bytes: usize,
    held: AtomicUsize,
    /// Replies that wait for some of it.
    waiting: AtomicUsize,
    freed: Notify,
}

impl Room {
    fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            held: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            freed: Notify::new(),
        }
    }

    fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn take(self: &Arc<Self>, bytes: usize) -> Option<Held> {
        let fits = |held: usize| {
            let with_it = held.checked_add(bytes)?;
            (held == 0 || with_it <= self.max_bytes).then_some(with_it)
        };
        // whoever gives back looks for who waits after that, and whoever waits looks for room after that: one sees the other
        let order = Ordering::SeqCst;
        self.held.fetch_update(order, order, fits).ok()?;
        let room = Arc::clone(self);
        Some(Held { room, bytes })
    }

    async fn wait(self: &Arc<Self>, bytes: usize, deadline: Instant) -> Result<Held, NoRoom> {
        let _waiting = Waiting::in_line(self);
        let until = deadline.min(Instant::now() + PATIENCE);
        loop {
            // hears what is freed from now on
            let freed = self.freed.notified();
            if let Some(held) = self.take(bytes) {
                return Ok(held);
            }
            timeout_at(until, freed).await.map_err(|_| NoRoom)?;
        }
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.freed.notify_waiters();
        }
    }
}

/// Somebody who waits for room.
struct Waiting<'a>(&'a Room);

impl<'a> Waiting<'a> {
    fn in_line(room: &'a Room) -> Self {
        room.waiting.fetch_add(1, Ordering::SeqCst);
        Self(room)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
