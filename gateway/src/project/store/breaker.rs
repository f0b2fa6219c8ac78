//! Keeps calls away from a store that is away, so that neither it nor those who would wait for it are kept busy.
//!
//! After [`FAILURES`] failures on end it is open: calls fail without having been made, but for one every [`PROBE_EVERY`].
//! The first call that is answered closes it. Whether the store is there is also asked apart from calls (a ping). Where a ping is
//! answered, the next call is let through at once, whatever the time. Pings that end a silence of pings close it too, until
//! the next call or ping fails: else all but one of the requests that come together after an outage would fail.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// Failures without an answer between them after which a store is left alone.
const FAILURES: u64 = 5;

/// How often a call may try whether a store is back that is left alone.
const PROBE_EVERY: Duration = Duration::from_millis(500);

/// Closed, and the next failure opens it.
const ON_PROBATION: u64 = FAILURES - 1;
/// Below this: closed, after so many failures.
const HALF_OPEN: u64 = FAILURES;
/// From here on: open, and when the next probe may go, in milliseconds since the start.
const OPEN: u64 = HALF_OPEN + 1;

/// The breaker of one store. A call to a store that answers reads one word before and after.
#[derive(Debug)]
pub(super) struct Breaker {
    state: AtomicU64,
    start: Instant,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            state: AtomicU64::new(0),
            start: Instant::now(),
        }
    }
}

impl Breaker {
    /// Whether a call may be made now.
    pub(super) fn admits(&self) -> bool {
        let state = self.state.load(Ordering::Acquire);
        state < HALF_OPEN || self.is_probe(state)
    }

    /// Whether a call is the one that is let through.
    fn is_probe(&self, state: u64) -> bool {
        if state >= OPEN && state > self.at(Duration::ZERO) {
            return false;
        }
        let next = self.at(PROBE_EVERY);
        let taken = self
            .state
            .compare_exchange(state, next, Ordering::AcqRel, Ordering::Relaxed);
        taken.is_ok()
    }

    /// Whether calls fail that would be made now.
    pub(super) fn is_open(&self) -> bool {
        self.state.load(Ordering::Acquire) >= OPEN
    }

    /// A call was answered. Whether that has closed it.
    pub(super) fn answered(&self) -> bool {
        // looked at first, as writing a line that all cores read is what costs
        self.state.load(Ordering::Acquire) != 0 && self.state.swap(0, Ordering::AcqRel) >= HALF_OPEN
    }

    /// A call or a ping has failed. Whether that has opened it.
    pub(super) fn failed(&self) -> bool {
        let open = self.at(PROBE_EVERY);
        let next = |state| match state {
            OPEN.. => None,
            HALF_OPEN => Some(open),
            failures if failures + 1 == FAILURES => Some(open),
            failures => Some(failures + 1),
        };
        let before = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        before.is_ok_and(|state| state + 1 == FAILURES)
    }

    /// A ping was answered; `is_back` where that ended a silence. Whether it has closed it.
    pub(super) fn pinged(&self, is_back: bool) -> bool {
        let state = if is_back { ON_PROBATION } else { HALF_OPEN };
        let next = |before| (before > state && before >= HALF_OPEN).then_some(state);
        let update = self
            .state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        update.is_ok() && is_back
    }

    /// So long from now, as a state.
    fn at(&self, later: Duration) -> u64 {
        let at = (self.start.elapsed() + later).as_millis();
        u64::try_from(at).unwrap_or(u64::MAX - OPEN) + OPEN
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn open() -> Breaker {
        let breaker = Breaker::default();
        let opened: Vec<bool> = (0..FAILURES).map(|_| breaker.failed()).collect();
        assert_eq!(opened.iter().position(|it| *it), Some(opened.len() - 1));
        breaker
    }

    fn admitted(breaker: &Breaker, calls: usize) -> usize {
        (0..calls).filter(|_| breaker.admits()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn some_failures_on_end_open_it_and_an_answer_between_them_does_not_let_them() {
        let breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 1..FAILURES {
                assert!(!breaker.failed());
            }
            assert_eq!(admitted(&breaker, 10), 10);
            assert!(!breaker.answered());
        }
        let breaker = open();
        assert!(breaker.is_open());
        assert_eq!(admitted(&breaker, 10), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_is_let_through_now_and_then_though_none_of_them_ends() {
        let breaker = open();
        for _ in 0..5 {
            advance(PROBE_EVERY).await;
            assert_eq!(admitted(&breaker, 10), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_fails_leaves_it_open_and_one_that_is_answered_closes_it() {
        let breaker = open();
        advance(PROBE_EVERY).await;
        assert!(breaker.admits());
        assert!(!breaker.failed(), "it was open already");
        assert_eq!(admitted(&breaker, 10), 0);
        advance(PROBE_EVERY).await;
        assert!(breaker.admits());
        assert!(breaker.answered());
        assert!(!breaker.is_open());
        assert_eq!(admitted(&breaker, 10), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_that_is_answered_lets_one_call_through_at_once() {
        let breaker = open();
        assert!(!breaker.pinged(false));
        assert!(!breaker.is_open());
        assert_eq!(admitted(&breaker, 10), 1);
        assert!(breaker.is_open());
        assert!(!breaker.pinged(false));
        breaker.failed();
        assert_eq!(admitted(&breaker, 10), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_that_is_answered_again_closes_it_until_a_call_fails() {
        let half_open = open();
        assert!(!half_open.pinged(false));
        for breaker in [open(), half_open] {
            assert!(breaker.pinged(true));
            assert!(!breaker.pinged(true), "it is closed");
            assert_eq!(admitted(&breaker, 10), 10);
            assert!(breaker.failed());
            assert_eq!(admitted(&breaker, 10), 0);
            assert!(breaker.pinged(true));
            assert!(!breaker.answered(), "it was closed already");
            assert!(!breaker.failed(), "that counts from the answer on");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_that_is_answered_changes_nothing_while_calls_are_made() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed();
            assert!(!breaker.pinged(true));
        }
        assert!(breaker.failed());
    }
}
