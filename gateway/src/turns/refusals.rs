//! How fast requests are turned away.
//!
//! A refusal costs nearly as much as a small answer. Clients that ask again as soon as they are refused would have the cores do
//! nothing else, so that past a pace refusals are held back, each until its turn: such a client is as slow then as if
//! it were answered.
//!
//! Where one project alone is asked, refusals take from its own answers, and many are told at once: a client that waits to be
//! refused keeps a connection, and what it would ask next waits behind it. Where others are asked too, refusals take from
//! theirs, and few are.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Between two refusals of a project that is asked alone, for one core: a sixth of its time to a third, as one takes 9 us
/// with what the system does for it, and up to 18 among answers, each of which fills the processor's caches anew. Large
/// requests (100 entities x 50 features) that come twice as often as they can be answered need no more on a fast core.
const EVERY: Duration = Duration::from_micros(55);

/// The same beside other projects: a twentieth at most.
const EVERY_BESIDE_OTHERS: Duration = Duration::from_micros(400);

/// So many may come at once, measured by the time until they would be through.
const AT_ONCE: Duration = Duration::from_millis(20);

/// A client is told after so long at most: it is asked to come back after as much.
const LONGEST: Duration = Duration::from_secs(1);

/// Those of a process.
#[derive(Debug)]
pub(super) struct Refusals {
    cores: u64,
    /// When the last one is through, in nanoseconds since some beginning.
    through: AtomicU64,
}

impl Refusals {
    pub(super) fn new(cores: usize) -> Self {
        Self {
            cores: u64::try_from(cores).unwrap_or(u64::MAX).max(1),
            through: AtomicU64::new(0),
        }
    }

    /// For how long one is to be held back that falls due so long after the beginning, beside other projects or not.
    pub(super) fn hold(&self, now: Duration, beside_others: bool) -> Duration {
        let every = match beside_others {
            true => EVERY_BESIDE_OTHERS,
            false => EVERY,
        };
        let (now, every) = (nanos(now), nanos(every) / self.cores);
        let latest = now.saturating_add(nanos(LONGEST));
        let next = |through: u64| Some(through.max(now).saturating_add(every).min(latest));
        let through = self
            .through
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        let (Ok(before) | Err(before)) = through;
        let ahead = Duration::from_nanos(before.saturating_sub(now));
        if ahead <= AT_ONCE {
            Duration::ZERO
        } else {
            ahead
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many refusals clients get in a second that ask again as soon as they are refused.
    fn refused_in_a_second(clients: usize, cores: usize, beside_others: bool) -> usize {
        let refusals = Refusals::new(cores);
        let round_trip = Duration::from_micros(50);
        let mut due = vec![Duration::ZERO; clients];
        let mut count = 0;
        while let Some(next) = due.iter_mut().min().filter(|at| at.as_secs() < 1) {
            *next += refusals.hold(*next, beside_others) + round_trip;
            count += 1;
        }
        count
    }

    #[test]
    fn clients_that_heed_nothing_are_refused_so_often_a_second_however_many_there_are() {
        for (beside_others, a_second) in [(false, 18_181), (true, 2_500)] {
            for (clients, cores) in [(300, 1), (3_000, 1), (600, 4)] {
                let count = refused_in_a_second(clients, cores, beside_others);
                let all = a_second * cores;
                // each is told once more after the second
                let most = all + all / 20 + clients;
                assert!(
                    (all - all / 20..=most).contains(&count),
                    "{count} of {clients}"
                );
            }
        }
    }

    #[test]
    fn one_in_time_is_told_at_once_and_none_waits_for_more_than_a_second() {
        let refusals = Refusals::new(1);
        let mut longest = Duration::ZERO;
        for index in 0..50_000 {
            let hold = refusals.hold(Duration::from_secs(5), true);
            assert!(index > 50 || hold.is_zero());
            longest = longest.max(hold);
        }
        assert_eq!(longest, LONGEST);
        assert!(refusals.hold(Duration::from_secs(6), true).is_zero());
    }
}
