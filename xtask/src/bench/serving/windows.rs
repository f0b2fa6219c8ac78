//! Replies by the second.

use crate::bench::{
    load::Reply,
    median::{median, percentile},
};

/// Seconds.
const LONG: f64 = 1.0;

/// p99 of a second, in milliseconds: the median of the seconds that begin with one of `events`, and of all others. The
/// seconds follow each other from the beginning to `end` and from each event anew; what is left before the next event
/// counts nowhere.
pub(super) fn p99_during_and_else(replies: &[Reply], events: &[f64], end: f64) -> (f64, f64) {
    let (mut during, mut others) = (Vec::new(), Vec::new());
    let mut begin = 0.0;
    for (index, next) in events.iter().copied().chain([end]).enumerate() {
        let mut is_first = index > 0;
        while begin + LONG <= next {
            let of_window = if is_first { &mut during } else { &mut others };
            of_window.extend(p99(replies, begin));
            is_first = false;
            begin += LONG;
        }
        begin = next;
    }
    (median(during), median(others))
}

fn p99(replies: &[Reply], begin: f64) -> Option<f64> {
    let within = replies
        .iter()
        .filter(|reply| (begin..begin + LONG).contains(&reply.at));
    let p99 = percentile(within.map(|reply| reply.took * 1000.0), 0.99);
    p99.is_finite().then_some(p99)
}

#[cfg(test)]
mod tests {
    use super::{Reply, p99_during_and_else};

    fn replies(slow: &[(f64, f64)]) -> Vec<Reply> {
        let reply = |at: f64| {
            let is_slow = slow.iter().any(|(from, to)| (*from..*to).contains(&at));
            Reply {
                at,
                took: if is_slow { 0.010 } else { 0.001 },
                status: 200,
            }
        };
        (0..1000)
            .map(|index| reply(f64::from(index) / 100.0))
            .collect()
    }

    fn is_near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 1e-9
    }

    #[test]
    fn seconds_with_an_event_are_told_from_the_others() {
        let (during, others) =
            p99_during_and_else(&replies(&[(3.5, 3.9), (6.5, 6.9)]), &[3.5, 6.5], 10.0);
        assert!(
            is_near(during, 10.0) && is_near(others, 1.0),
            "{during} {others}"
        );
    }

    #[test]
    fn what_is_slow_elsewhere_is_not_the_events() {
        let (during, others) =
            p99_during_and_else(&replies(&[(0.0, 3.0), (4.6, 10.0)]), &[3.5], 10.0);
        assert!(
            is_near(during, 1.0) && is_near(others, 10.0),
            "{during} {others}"
        );
    }

    #[test]
    fn without_replies_there_is_no_p99() {
        let (during, others) = p99_during_and_else(&[], &[1.0], 3.0);
        assert!(during.is_nan() && others.is_nan());
    }
}
