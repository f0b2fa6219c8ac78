//! Leaves a plugin alone that keeps misbehaving.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::BackOff;

/// A failure weighs as much as so many good calls: a plugin that fails more often than that is left alone, however
/// the good calls lie between.
const GOOD_CALLS_OF_A_FAILURE: u32 = 4;
/// So many failures after it has closed, the breaker opens again.
const FAILURES_AFTER_CLOSING: u32 = 2;

/// Closed: calls go through. Open: none does, until the pause is over. Then one call tries; if it is well behaved the
/// breaker closes. If it isn't, or if the plugin fails again before it has made good, the next pause is twice as long.
pub(crate) struct Breaker {
    back_off: BackOff,
    /// No failure is left to make good: what nearly all calls find, without a lock.
    spotless: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Good calls that would make up for the failures so far.
    debt: u32,
    /// How often it opened since all was made good.
    opened: u32,
    open_until: Option<Instant>,
    /// One call tries whether the plugin is well again.
    is_trying: bool,
}

impl Breaker {
    pub(crate) fn new(back_off: BackOff) -> Self {
        Self {
            back_off,
            spotless: AtomicBool::new(true),
            state: Mutex::default(),
        }
    }

    /// Whether a call may go through; else how long until one may.
    pub(crate) fn check(&self) -> Result<(), Duration> {
        if self.spotless.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut state = self.state();
        let Some(until) = state.open_until else {
            return Ok(());
        };
        let now = (self.back_off.now)();
        if now < until {
            return Err(until - now);
        }
        // This call tries. Others wait for what comes of it, or for as long again if nothing does.
        state.open_until = Some(now + self.pause(state.opened));
        state.is_trying = true;
        Ok(())
    }

    pub(crate) fn succeeded(&self) {
        if self.spotless.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.state();
        let is_open = state.open_until.is_some();
        if is_open && !state.is_trying {
            // It was under way when the breaker opened.
            return;
        }
        state.debt = match is_open {
            true => self
                .most_debt()
                .saturating_sub(FAILURES_AFTER_CLOSING * GOOD_CALLS_OF_A_FAILURE),
            false => state.debt.saturating_sub(1),
        };
        state.open_until = None;
        state.is_trying = false;
        if state.debt == 0 {
            *state = State::default();
            self.spotless.store(true, Ordering::Release);
        }
    }

    /// A call misbehaved. Whether this has opened the breaker.
    pub(crate) fn failed(&self) -> bool {
        let mut state = self.state();
        self.spotless.store(false, Ordering::Release);
        state.debt = state.debt.saturating_add(GOOD_CALLS_OF_A_FAILURE);
        if state.debt < self.most_debt() {
            return false;
        }
        state.debt = self.most_debt();
        state.is_trying = false;
        state.opened = state.opened.saturating_add(1);
        state.open_until = Some((self.back_off.now)() + self.pause(state.opened));
        true
    }

    fn most_debt(&self) -> u32 {
        self.back_off
            .failures
            .saturating_mul(GOOD_CALLS_OF_A_FAILURE)
    }

    fn pause(&self, opened: u32) -> Duration {
        let doublings = opened.saturating_sub(1).min(20);
        self.back_off
            .first
            .saturating_mul(1 << doublings)
            .min(self.back_off.longest)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static LATER: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static START: Instant = Instant::now();
    }

    fn now() -> Instant {
        START.with(|start| *start + LATER.get())
    }

    fn breaker() -> Breaker {
        Breaker::new(BackOff {
            failures: 3,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(3),
            now,
        })
    }

    fn wait(seconds: u64) {
        LATER.set(LATER.get() + Duration::from_secs(seconds));
    }

    fn succeed(breaker: &Breaker, times: u32) {
        (0..times).for_each(|_| breaker.succeeded());
    }

    #[test]
    fn failures_that_enough_good_calls_follow_never_open_it() {
        let breaker = breaker();
        for _ in 0..20 {
            assert!(!breaker.failed());
            assert!(!breaker.failed());
            assert_eq!(breaker.check(), Ok(()));
            succeed(&breaker, 2 * GOOD_CALLS_OF_A_FAILURE);
        }
        assert_eq!([(); 3].map(|()| breaker.failed()), [false, false, true]);
        assert_eq!(breaker.check(), Err(Duration::from_secs(1)));
    }

    #[test]
    fn a_plugin_that_fails_every_other_time_is_left_alone_longer_and_longer() {
        let breaker = breaker();
        let mut pauses = Vec::new();
        for _ in 0..40 {
            if let Err(pause) = breaker.check() {
                pauses.push(pause.as_secs());
                wait(pause.as_secs());
                assert_eq!(breaker.check(), Ok(()));
            }
            breaker.succeeded();
            breaker.failed();
        }
        assert_eq!(pauses[..4], [1, 2, 3, 3]);
    }

    #[test]
    fn a_plugin_that_has_made_good_begins_with_the_first_pause_again() {
        let breaker = breaker();
        assert_eq!([(); 3].map(|()| breaker.failed()), [false, false, true]);
        wait(1);
        assert_eq!(breaker.check(), Ok(()));
        succeed(&breaker, 1 + GOOD_CALLS_OF_A_FAILURE);
        assert_eq!([(); 3].map(|()| breaker.failed()), [false, false, true]);
        assert_eq!(breaker.check(), Err(Duration::from_secs(1)));
    }

    #[test]
    fn a_good_call_that_was_under_way_does_not_close_it() {
        let breaker = breaker();
        assert_eq!([(); 3].map(|()| breaker.failed()), [false, false, true]);
        breaker.succeeded();
        assert_eq!(breaker.check(), Err(Duration::from_secs(1)));
    }

    #[test]
    fn after_the_pause_one_call_tries_and_closes_it() {
        let breaker = breaker();
        assert_eq!([(); 3].map(|()| breaker.failed()), [false, false, true]);
        wait(1);
        assert_eq!(breaker.check(), Ok(()));
        assert!(breaker.check().is_err());
        breaker.succeeded();
        assert_eq!(breaker.check(), Ok(()));
        assert!(!breaker.failed());
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let breaker = breaker();
        assert_eq!([(); 3].map(|()| breaker.failed()), [false, false, true]);
        for pause in [1, 2, 3, 3] {
            assert_eq!(breaker.check(), Err(Duration::from_secs(pause)));
            wait(pause);
            assert_eq!(breaker.check(), Ok(()));
            assert!(breaker.failed());
        }
    }
}
