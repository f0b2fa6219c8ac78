//! How many of a project's requests may wait for their turn.
//!
//! A queue that is long for a moment is a burst, and is worked off; one that stays long makes every request late and none
//! more answered. So a queue may be long for [`BURST`]. Where it still is then, whoever comes is turned away until the
//! queue is short again. From then on the queue has less room, until nobody had to be turned away for
//! [`ON_GUARD`]: what is taken then is answered soon. This is what CoDel does for packets (Nichols and Jacobson 2012) and Facebook's servers for requests
//! (Maurer, "Fail at Scale", 2015), but that a request is turned away when it comes, by the wait that it would have:
//! so that its client learns at once, and that nobody has waited in vain.

mod guard;

use std::time::{Duration, Instant};

use guard::Guard;

/// How long a queue may be long.
const BURST: Duration = Duration::from_millis(100);

/// After a request was turned away, for so long no burst is taken.
const ON_GUARD: Duration = Duration::from_secs(1);

/// Meanwhile a queue is short with that part of the requests, and with that part of the wait at most.
const GUARDED_COUNT: usize = 2;
const GUARDED_WAIT: u32 = 3;

/// The pace of a queue is that of about so many requests.
const REMEMBERED: u32 = 16;

/// Of one queue.
#[derive(Debug)]
pub(super) struct Patience {
    /// A queue of less is short, however long they wait.
    short: usize,
    /// So is one whose last request waits no longer than this.
    most: Duration,
    guard: Guard,
    /// Since when it has not been short.
    long_since: Option<Instant>,
    turned_away: Option<Instant>,
    /// When the last turn was given, where others waited.
    last_turn: Option<Instant>,
    /// Between two turns while somebody waits, where that is known.
    pace: Option<Duration>,
}

impl Patience {
    pub(super) fn new(short: usize, most: Duration) -> Self {
        Self {
            short,
            most,
            guard: Guard::new(most / GUARDED_WAIT),
            long_since: None,
            turned_away: None,
            last_turn: None,
            pace: None,
        }
    }

    /// Whether one more may wait behind so many.
    pub(super) fn takes(&mut self, waiting: usize, now: Instant) -> bool {
        let since = |moment: Instant| now.saturating_duration_since(moment);
        let is_on_guard = self.turned_away.is_some_and(|at| since(at) < ON_GUARD);
        if self.has_room(waiting, is_on_guard) {
            self.long_since = None;
            return true;
        }
        let long_since = *self.long_since.get_or_insert(now);
        let takes = !is_on_guard && since(long_since) < BURST;
        if !takes {
            self.turned_away = Some(now);
        }
        takes
    }

    /// Whoever was first in the queue has its turn; so many wait behind it. Other projects are asked, too, or not.
    pub(super) fn turn(&mut self, waiting: usize, beside_others: bool, now: Instant) {
        self.guard.turn(waiting, beside_others, now);
        if let Some(last) = self.last_turn {
            let took = now.saturating_duration_since(last);
            self.pace = Some(match self.pace {
                Some(pace) => (pace * (REMEMBERED - 1) + took) / REMEMBERED,
                None => took,
            });
        }
        self.last_turn = (waiting > 0).then_some(now);
    }

    /// Nobody waits any longer, as those who did have given up.
    pub(super) fn emptied(&mut self) {
        self.last_turn = None;
    }

    /// Whether there is room behind so many.
    fn has_room(&self, waiting: usize, is_on_guard: bool) -> bool {
        let (short, most) = match is_on_guard {
            true => (self.short / GUARDED_COUNT, self.guard.wait()),
            false => (self.short, self.most),
        };
        let count = u32::try_from(waiting).unwrap_or(u32::MAX);
        let wait = self.pace.map(|pace| pace.saturating_mul(count));
        waiting < short.max(1) || wait.is_some_and(|wait| wait <= most)
    }
}

#[cfg(test)]
mod tests;
