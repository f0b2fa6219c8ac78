//! How long one thing takes, many times.

use std::time::{Duration, Instant};

/// Calls before the first that counts, unless they are slow.
const WARM_UP_CALLS: usize = 1_000;
const WARM_UP: Duration = Duration::from_millis(300);
/// Calls that count, unless they are slow.
const MOST_CALLS: usize = 20_000;
const LONGEST: Duration = Duration::from_secs(2);
/// Calls that count in any case: without them there is no median.
const FEWEST_CALLS: usize = 5;

/// The times of calls.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) count: usize,
    pub(super) median: Duration,
    /// The time that 99 of 100 calls don't exceed.
    pub(super) p99: Duration,
}

/// Calls until times are steady, then measures each call.
///
/// # Errors
/// The first error of a call.
pub(super) fn measure(mut call: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Calls> {
    let begun = Instant::now();
    for _ in 0..WARM_UP_CALLS {
        call()?;
        if begun.elapsed() > WARM_UP {
            break;
        }
    }
    let mut times = Vec::with_capacity(MOST_CALLS);
    let begun = Instant::now();
    while times.len() < MOST_CALLS {
        let before = Instant::now();
        call()?;
        times.push(before.elapsed());
        if times.len() >= FEWEST_CALLS && begun.elapsed() > LONGEST {
            break;
        }
    }
    Ok(calls(times))
}

fn calls(mut times: Vec<Duration>) -> Calls {
    times.sort_unstable();
    let at = |share: usize| {
        let rank = (times.len() * share).div_ceil(100).max(1) - 1;
        times.get(rank).copied().unwrap_or_default()
    };
    Calls {
        count: times.len(),
        median: at(50),
        p99: at(99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_calls_are_below_the_median_and_99_of_100_below_p99() {
        let times = (1..=200).rev().map(Duration::from_nanos).collect();
        let found = calls(times);
        assert_eq!(found.median, Duration::from_nanos(100));
        assert_eq!(found.p99, Duration::from_nanos(198));
        assert_eq!(
            calls(vec![Duration::from_nanos(7)]).p99,
            Duration::from_nanos(7)
        );
    }

    #[test]
    fn the_first_error_ends_it() {
        let mut left = 3;
        let measured = measure(|| {
            left -= 1;
            match left {
                0 => anyhow::bail!("no more"),
                _ => Ok(()),
            }
        });
        assert_eq!(measured.unwrap_err().to_string(), "no more");
        assert_eq!(left, 0);
    }
}
