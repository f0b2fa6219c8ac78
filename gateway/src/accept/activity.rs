use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use settings::Limits;
use tokio::time::Instant;

/// How long a client that connected while the listener was closing has to say its first byte.
const FIRST_BYTE_GRACE: Duration = Duration::from_secs(1);

/// How long a request is worked on for a client that has closed its side. It may still wait for the reply,
/// but most likely it is gone: nothing tells the two apart until the reply is written.
const HALF_CLOSED_PATIENCE: Duration = Duration::from_secs(1);

/// A connection that has been idle for so long lets go of its buffers.
const REST_AFTER: Duration = Duration::from_secs(1);

/// What a connection is doing, and by when it must do something else.
///
/// Written by the socket ([`super::socket::Socket`]) and by the service around the router, read by the
/// connection's own task. With HTTP/1.1 all three run in that one task, so that the lock is never waited for; with
/// HTTP/2 each request has a task.
#[derive(Debug)]
pub(super) struct Activity {
    timeouts: Timeouts,
    /// Several requests may be under way at once, and bytes come that belong to none.
    multiplexes: AtomicBool,
    /// It can let go of its buffers.
    may_rest: AtomicBool,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Timeouts {
    header_read: Duration,
    idle: Duration,
    drain: Duration,
}

#[derive(Debug)]
struct Now {
    phase: Phase,
    /// Idle, and without buffers.
    is_resting: bool,
    /// Requests under way.
    requests: usize,
    /// Replies that a client of HTTP/2 has not taken, by the moment when each was found.
    replies: Vec<Reply>,
    /// When the phase began.
    since: Instant,
    /// Since when the peer takes no more bytes of a reply.
    blocked_since: Option<Instant>,
    /// Since when the peer sends no more.
    half_closed_since: Option<Instant>,
    closing_since: Option<Instant>,
}

/// A reply that was found at this moment and is not through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reply(Instant);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Accepted, and nothing was ever read.
    Fresh,
    /// Some bytes of a request's head have arrived.
    Head,
    /// Requests are being answered.
    Busy,
    /// Kept alive after a reply.
    Idle,
}

/// Which wait came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    HeaderRead,
    Idle,
    /// Nothing is to end but the connection's hold of its buffers.
    Rest,
    /// The peer takes no bytes.
    Write,
    /// The peer sends no more, and the reply wasn't found soon.
    HalfClosed,
    Drain,
}

impl Expired {
    /// As a label of a metric.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::HeaderRead => "header_read",
            Self::Idle => "idle",
            Self::Rest => "rest",
            Self::Write => "write",
            Self::HalfClosed => "half_closed",
            Self::Drain => "drain",
        }
    }
}

impl Activity {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            timeouts: Timeouts {
                header_read: limits.header_read_timeout,
                idle: limits.idle_timeout,
                drain: limits.drain_timeout,
            },
            multiplexes: AtomicBool::new(false),
            may_rest: AtomicBool::new(false),
            now: Mutex::new(Now {
                phase: Phase::Fresh,
                is_resting: false,
                requests: 0,
                replies: Vec::new(),
                since: now,
                blocked_since: None,
                half_closed_since: None,
                closing_since: None,
            }),
        }
    }

    /// Bytes came in. Those of a body change nothing; the first of a head start its time.
    pub(super) fn bytes_arrived(&self) {
        let mut now = self.lock();
        match now.phase {
            Phase::Fresh => now.phase = Phase::Head,
            Phase::Idle if !self.is_multiplexed() => now.enter(Phase::Head),
            // with HTTP/2 they may be a ping
            Phase::Idle | Phase::Head | Phase::Busy => {}
        }
    }

    /// From now on it speaks HTTP/2.
    pub(super) fn multiplexes(&self) {
        self.multiplexes.store(true, Ordering::Relaxed);
    }

    /// From now on it is told when it has been idle for long enough to let go of its buffers.
    pub(super) fn may_rest(&self) {
        self.may_rest.store(true, Ordering::Relaxed);
    }

    /// It has none until bytes come.
    pub(super) fn rest_began(&self) {
        self.lock().is_resting = true;
    }

    fn is_multiplexed(&self) -> bool {
        self.multiplexes.load(Ordering::Relaxed)
    }

    /// A whole head was read: a request begins.
    pub(super) fn request_began(&self) {
        let mut now = self.lock();
        now.requests += 1;
        now.enter(Phase::Busy);
    }

    /// A reply is on its way. A client of HTTP/2 can leave it waiting without blocking the socket, so it has
    /// a time by which all of it must be taken.
    pub(super) fn reply_began(&self) -> Option<Reply> {
        if !self.is_multiplexed() {
            return None;
        }
        let reply = Reply(Instant::now());
        self.lock().replies.push(reply);
        Some(reply)
    }

    /// A reply was handed over to the socket, or given up.
    pub(super) fn request_ended(&self, reply: Option<Reply>) {
        let mut now = self.lock();
        if let Some(place) = reply.and_then(|reply| now.replies.iter().position(|it| *it == reply))
        {
            now.replies.swap_remove(place);
        }
        now.requests = now.requests.saturating_sub(1);
        if now.requests == 0 {
            now.enter(Phase::Idle);
        }
    }

    /// Whether the peer takes the bytes of a reply. Being idle begins with the last of them.
    pub(super) fn write_went(&self, is_blocked: bool) {
        let mut now = self.lock();
        match (is_blocked, now.blocked_since) {
            (true, None) => now.blocked_since = Some(Instant::now()),
            (true, Some(_)) => {}
            (false, _) => {
                now.blocked_since = None;
                // with HTTP/2 they may be the answer to a ping
                if now.phase == Phase::Idle && !self.is_multiplexed() {
                    now.enter(Phase::Idle);
                }
            }
        }
    }

    /// The peer has closed its side.
    pub(super) fn half_closed(&self) {
        let mut now = self.lock();
        now.half_closed_since.get_or_insert_with(Instant::now);
    }

    /// The listener is gone: from now on the connection has a last moment.
    pub(super) fn closing_began(&self) {
        self.lock().closing_since = Some(Instant::now());
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// The next moment at which this connection has waited too long, as things stand. `None` while
    /// only the request's own timeout counts.
    pub(super) fn deadline(&self) -> Option<(Instant, Expired)> {
        let now = self.lock();
        let timeouts = &self.timeouts;
        let phase = match now.phase {
            Phase::Fresh | Phase::Head => {
                Some((now.since + timeouts.header_read, Expired::HeaderRead))
            }
            Phase::Idle if now.blocked_since.is_none() => {
                let rests = self.may_rest.load(Ordering::Relaxed) && !now.is_resting;
                Some(match rests && REST_AFTER < timeouts.idle {
                    true => (now.since + REST_AFTER, Expired::Rest),
                    false => (now.since + timeouts.idle, Expired::Idle),
                })
            }
            Phase::Busy => now.half_closed_since.map(|since| {
                let since = since.max(now.since);
                (since + HALF_CLOSED_PATIENCE, Expired::HalfClosed)
            }),
            Phase::Idle => None,
        };
        let write = now
            .blocked_since
            .map(|since| (since + timeouts.idle, Expired::Write));
        let reply = now.replies.iter().map(|reply| reply.0).min();
        let reply = reply.map(|since| (since + timeouts.idle, Expired::Write));
        let drain = now.closing_since.map(|since| match now.phase {
            Phase::Fresh => (since + timeouts.drain.min(FIRST_BYTE_GRACE), Expired::Drain),
            Phase::Head | Phase::Busy | Phase::Idle => (since + timeouts.drain, Expired::Drain),
        });
        [phase, write, reply, drain]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        // nothing panics while it is held, and a poisoned value would still be whole
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Now {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.is_resting = false;
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests;
