use std::collections::VecDeque;

use super::*;

const MILLI: Duration = Duration::from_millis(1);
const MOST: Duration = Duration::from_millis(3);
const SHORT: usize = 8;

/// What became of requests to a server that answers one after the other.
#[derive(Default)]
struct Outcome {
    /// When each came that was taken, and how long it waited for its turn.
    waits: Vec<(Duration, Duration)>,
    turned_away: Vec<Duration>,
    busy: Duration,
}

impl Outcome {
    fn longest_wait_after(&self, begin: Duration) -> Duration {
        let late = self.waits.iter().filter(|(came, _)| *came >= begin);
        late.map(|(_, wait)| *wait).max().unwrap_or_default()
    }

    fn share_answered(&self) -> f64 {
        let all = self.waits.len() + self.turned_away.len();
        f64::from(u32::try_from(self.waits.len()).unwrap()) / f64::from(u32::try_from(all).unwrap())
    }
}

/// Requests that come at these moments to a server that works on each for `work`.
fn serve(arrivals: impl IntoIterator<Item = Duration>, work: Duration) -> Outcome {
    serve_patiently(MOST, arrivals, work)
}

fn serve_patiently(
    most: Duration,
    arrivals: impl IntoIterator<Item = Duration>,
    work: Duration,
) -> Outcome {
    let start = Instant::now();
    let mut patience = Patience::new(SHORT, most);
    let (mut queue, mut free) = (VecDeque::new(), Duration::ZERO);
    let mut outcome = Outcome::default();
    let begin = |queue: &mut VecDeque<Duration>, patience: &mut Patience, at: Duration| {
        let came = queue.pop_front().unwrap();
        patience.turn(queue.len(), false, start + at);
        (came, at - came)
    };
    for came in arrivals {
        while free <= came && !queue.is_empty() {
            let at = free.max(*queue.front().unwrap());
            outcome.waits.push(begin(&mut queue, &mut patience, at));
            outcome.busy += work;
            free = at + work;
        }
        if patience.takes(queue.len(), start + came) {
            queue.push_back(came);
        } else {
            outcome.turned_away.push(came);
        }
    }
    while !queue.is_empty() {
        let at = free.max(*queue.front().unwrap());
        outcome.waits.push(begin(&mut queue, &mut patience, at));
        outcome.busy += work;
        free = at + work;
    }
    outcome
}

/// So many at once, again and again.
fn bursts(of: u32, every: Duration, until: Duration) -> Vec<Duration> {
    let mut all = Vec::new();
    let mut at = Duration::ZERO;
    while at < until {
        all.extend((0..of).map(|_| at));
        at += every;
    }
    all
}

const LONG: Duration = Duration::from_secs(5);

#[test]
fn at_twice_what_can_be_answered_waits_stay_short_and_no_time_is_lost() {
    for (work, at_once) in [(MILLI, 2), (MILLI / 4, 8), (MILLI / 32, 64)] {
        let outcome = serve(bursts(at_once, MILLI, LONG), work);
        let most = (MOST / 3).max(work * 4) + work;
        let waited = outcome.longest_wait_after(Duration::from_millis(300));
        assert!(waited <= most, "{waited:?} for work of {work:?}");
        assert!(outcome.busy >= LONG - LONG / 50, "{:?}", outcome.busy);
    }
}

#[test]
fn where_requests_come_evenly_fewer_wait_and_no_time_is_lost() {
    for work in [MILLI / 8, MILLI / 64] {
        let outcome = serve(bursts(1, work / 2, LONG), work);
        let waited = outcome.longest_wait_after(Duration::from_millis(800));
        let most = (MOST / 3 / 4).max(work * 4) + work;
        assert!(waited <= most, "{waited:?} for work of {work:?}");
        assert!(outcome.busy >= LONG - LONG / 50, "{:?}", outcome.busy);
    }
}

#[test]
fn a_queue_is_as_long_as_before_where_requests_come_in_bursts_again() {
    let mut arrivals = bursts(1, MILLI / 64, Duration::from_secs(1));
    let bursts = bursts(64, MILLI, Duration::from_secs(1)).into_iter();
    arrivals.extend(bursts.map(|at| at + Duration::from_secs(1)));
    let outcome = serve(arrivals, MILLI / 32);
    let lost = Duration::from_secs(2).saturating_sub(outcome.busy);
    assert!(lost <= Duration::from_millis(100), "{lost:?}");
}

#[test]
fn whoever_lets_requests_wait_for_longer_has_longer_bursts_answered() {
    let (most, between) = (300 * MILLI, 100 * MILLI);
    let outcome = serve_patiently(most, bursts(200, between, 2 * LONG), MILLI);
    assert!(outcome.busy >= 2 * LONG - LONG / 25, "{:?}", outcome.busy);
}

#[test]
fn beside_others_a_queue_that_is_never_empty_stays_as_long() {
    let start = Instant::now();
    let mut guard = guard::Guard::new(MILLI);
    for turn in 0..100 {
        guard.turn(7, false, start + turn * MILLI);
    }
    assert!(guard.wait() < MILLI);
    guard.turn(7, true, start + 100 * MILLI);
    assert_eq!(guard.wait(), MILLI);
}

#[test]
fn a_pause_amid_an_overload_lets_no_long_queue_in() {
    let mut arrivals = bursts(2, MILLI, LONG);
    arrivals.retain(|at| at.subsec_millis() % 100 > 12);
    let outcome = serve(arrivals, MILLI);
    let waited = outcome.longest_wait_after(Duration::from_millis(400));
    assert!(waited <= 5 * MILLI, "{waited:?}");
}

#[test]
fn a_burst_is_answered_whole() {
    let outcome = serve(bursts(90, Duration::from_secs(1), LONG), MILLI);
    assert!(outcome.turned_away.is_empty());
    assert_eq!(outcome.longest_wait_after(Duration::ZERO), 89 * MILLI);
}

#[test]
fn so_is_a_large_one_where_nothing_comes_behind_it() {
    let outcome = serve(bursts(1000, Duration::from_secs(3), LONG), MILLI);
    assert!(outcome.turned_away.is_empty());
}

#[test]
fn eight_who_ask_again_as_soon_as_they_are_answered_are_never_turned_away() {
    let start = Instant::now();
    let mut patience = Patience::new(SHORT, MOST);
    let slow = 20 * MILLI;
    for turn in 0..500 {
        let now = start + slow * turn;
        // one of them is being answered
        patience.turn(SHORT - 1, false, now);
        assert!(patience.takes(SHORT - 1, now));
    }
}

#[test]
fn after_an_overload_a_burst_is_taken_again() {
    let mut arrivals = bursts(2, MILLI, Duration::from_secs(1));
    arrivals.extend((0..50).map(|_| Duration::from_secs(4)));
    let outcome = serve(arrivals, MILLI);
    assert!(!outcome.turned_away.is_empty());
    let late = |came: &&Duration| **came >= Duration::from_secs(2);
    assert_eq!(outcome.turned_away.iter().filter(late).count(), 0);
    assert!(outcome.share_answered() > 0.5);
}
