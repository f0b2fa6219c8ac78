//! Whether the next call will be short enough to run where requests are answered.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The longest that a call may keep a reactor thread, as far as can be foreseen.
const SHORT: Duration = Duration::from_micros(100);
/// Rows that cost as much as the call itself, in the forecast.
const ROWS_OF_A_CALL: u64 = 64;
/// Calls after the first one that misbehaved for which nothing is foreseen. Each further one doubles them, so that a
/// guest that is good for a while and bad for once can't make a habit of it.
const CALLS_OF_DISTRUST: u64 = 64;
/// Calls that a new plugin has to make good.
const CALLS_OF_A_TRIAL: u64 = 8;
const MOST_DOUBLINGS: u64 = 14;
/// So much longer than a short call is misbehaviour, even where the result is good.
const VERY_LONG: Duration = Duration::from_millis(10);

/// What calls took lately: per row, with a call's own cost spread over some rows. Races between calls lose a
/// measurement, which doesn't matter.
pub(crate) struct Pace {
    /// Picoseconds for each row and for [`ROWS_OF_A_CALL`]; 0 before the first call.
    per_row: AtomicU64,
    distrust: AtomicU64,
    strikes: AtomicU64,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            per_row: AtomicU64::new(0),
            distrust: AtomicU64::new(0),
            strikes: AtomicU64::new(0),
        }
    }

    /// The next calls are watched from outside the reactor, whatever was measured so far: what a guest does when it is
    /// tried says little of what it does later.
    pub(crate) fn begin_trial(&self) {
        self.distrust.store(CALLS_OF_A_TRIAL, Ordering::Relaxed);
    }

    /// Whether nobody can tell what the next call takes, of a new plugin or one that has misbehaved.
    pub(crate) fn is_watched(&self) -> bool {
        self.distrust.load(Ordering::Relaxed) > 0
    }

    /// Whether the plugin has misbehaved lately.
    pub(crate) fn is_distrusted(&self) -> bool {
        self.is_watched() && self.strikes.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn is_short(&self, rows: usize) -> bool {
        let per_row = self.per_row.load(Ordering::Relaxed);
        if per_row == 0 || self.is_watched() {
            return false;
        }
        let forecast = per_row.saturating_mul(weight(rows as u64)) / 1000;
        u128::from(forecast) < SHORT.as_nanos()
    }

    pub(crate) fn took(&self, rows: u32, time: Duration) {
        let picoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 1000) * 1000;
        let measured = (picoseconds / weight(rows.into())).max(1);
        let before = self.per_row.load(Ordering::Relaxed);
        let after = match before {
            0 => measured,
            // It rises at once and falls slowly.
            before if measured > before => before / 2 + measured / 2,
            before => before - before / 16 + measured / 16,
        };
        self.per_row.store(after.max(1), Ordering::Relaxed);
        let distrust = self.distrust.load(Ordering::Relaxed);
        if before != 0 && time > VERY_LONG && distrust == 0 {
            self.misbehaved();
        } else if distrust > 0 {
            self.distrust.store(distrust - 1, Ordering::Relaxed);
        }
    }

    pub(crate) fn misbehaved(&self) {
        let strikes = self.strikes.fetch_add(1, Ordering::Relaxed);
        let calls = CALLS_OF_DISTRUST << strikes.min(MOST_DOUBLINGS);
        self.distrust.store(calls, Ordering::Relaxed);
    }
}

fn weight(rows: u64) -> u64 {
    rows.saturating_add(ROWS_OF_A_CALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_foreseen_of_a_plugin_that_was_never_called() {
        assert!(!Pace::new().is_short(1));
    }

    #[test]
    fn a_new_plugin_is_watched_first_and_that_is_no_distrust() {
        let pace = Pace::new();
        pace.took(1, Duration::from_micros(1));
        pace.begin_trial();
        for _ in 0..CALLS_OF_A_TRIAL {
            assert!(!pace.is_short(1) && !pace.is_distrusted());
            pace.took(1, Duration::from_micros(1));
        }
        assert!(pace.is_short(1));
        pace.misbehaved();
        assert!(pace.is_distrusted());
    }

    #[test]
    fn many_rows_are_foreseen_from_few() {
        let pace = Pace::new();
        pace.took(1, Duration::from_micros(1));
        assert!(pace.is_short(1));
        assert!(pace.is_short(1000));
        assert!(!pace.is_short(1_000_000));
    }

    #[test]
    fn one_slow_call_is_enough_and_trust_comes_back() {
        let pace = Pace::new();
        pace.took(1, Duration::from_micros(1));
        pace.took(1, Duration::from_millis(5));
        assert!(!pace.is_short(1));
        (0..200).for_each(|_| pace.took(1, Duration::from_micros(1)));
        assert!(pace.is_short(1));
    }

    #[test]
    fn a_plugin_that_misbehaves_is_kept_off_the_reactor_longer_each_time() {
        let pace = Pace::new();
        pace.took(1, Duration::from_micros(1));
        for calls in [CALLS_OF_DISTRUST, 2 * CALLS_OF_DISTRUST] {
            pace.misbehaved();
            for _ in 0..calls {
                assert!(!pace.is_short(1));
                pace.took(1, Duration::from_micros(1));
            }
            assert!(pace.is_short(1));
        }
    }

    #[test]
    fn a_call_that_takes_very_long_is_remembered_beyond_its_average() {
        let pace = Pace::new();
        pace.took(1, Duration::from_micros(1));
        pace.took(100_000, Duration::from_millis(11));
        for _ in 0..CALLS_OF_DISTRUST {
            assert!(!pace.is_short(1));
            pace.took(1, Duration::from_micros(1));
        }
        assert!(pace.is_short(1));
    }
}
