use std::time::{Duration, Instant};

/// So long it is looked how short a queue becomes: at least so long, and as many times the longest wait. Timers of clients
/// and of their runtimes tick once a millisecond, so that their requests come in bursts, and whoever allows longer waits
/// has larger ones: there are to be many in such a time.
const PERIOD: Duration = Duration::from_millis(20);
const BURSTS: u32 = 20;

/// What is left of the wait where nobody was short of work, in eighths.
const LEFT: u32 = 7;

/// The least that it grows to where somebody was, as a part of the longest.
const LEAST_GROWTH: u32 = 16;

/// How long a queue's last request may wait while more come than can be answered.
///
/// Requests that wait are there for the moments in which none arrive. Where even the shortest that a queue becomes is not
/// empty, all of them wait for nothing: less is allowed then, until it is empty now and then (the standing queue that CoDel
/// looks for, too).
#[derive(Debug)]
pub(super) struct Guard {
    longest: Duration,
    wait: Duration,
    /// The fewest who waited behind a turn in this period, and when it began.
    fewest: usize,
    since: Option<Instant>,
}

impl Guard {
    pub(super) fn new(longest: Duration) -> Self {
        Self {
            longest,
            wait: longest,
            fewest: usize::MAX,
            since: None,
        }
    }

    pub(super) fn wait(&self) -> Duration {
        self.wait
    }

    /// A turn was given, and so many wait still. `beside_others` a wait may always be the longest: a lane is charged by how
    /// many wait in it, and one that is flooded is not to be charged less.
    pub(super) fn turn(&mut self, waiting: usize, beside_others: bool, now: Instant) {
        if beside_others {
            *self = Self::new(self.longest);
            return;
        }
        self.fewest = self.fewest.min(waiting);
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) < PERIOD.max(self.longest.saturating_mul(BURSTS)) {
            return;
        }
        self.wait = match self.fewest {
            0 => (self.wait * 2).clamp(self.longest / LEAST_GROWTH, self.longest),
            1 => self.wait,
            _ => self.wait * LEFT / 8,
        };
        (self.fewest, self.since) = (usize::MAX, Some(now));
    }
}
