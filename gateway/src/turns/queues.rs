//! Whose turn is next.
//!
//! Turns are no equal shares: a project that needs half of a core would then have nothing to spare beside one that wants
//! all of it, and its requests would queue up. A lane is charged for the time that its pieces take, as many times as
//! others wait in it, and the lane that was charged least is served next (start-time fair queueing, Goyal, Vin and Cheng
//! 1996, with such weights). So who sends more at once gets less for it, whoever asks moderately is served as if alone,
//! and nobody is starved.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::patience::Patience;

/// Time is charged at most so many times, however many wait: beside a lane with one request after the other, the
/// longest lane has so much less time, and no less.
const HIGHEST_RATE: u64 = 16;

/// What each turn is charged, whatever is done with it.
const TURN: Duration = Duration::from_micros(1);

/// What waits in the lanes.
#[derive(Debug)]
pub(super) struct Queues {
    queues: Vec<Queue>,
    /// What the lane had been charged that was served last, in nanoseconds: where one begins that has been empty.
    clock: u64,
}

/// What waits in one lane.
#[derive(Debug)]
struct Queue {
    /// Requests that were begun go on before others begin.
    begun: VecDeque<oneshot::Sender<()>>,
    arrived: VecDeque<oneshot::Sender<()>>,
    patience: Patience,
    charged: u64,
}

impl Queues {
    pub(super) fn new(patiences: impl Iterator<Item = Patience>) -> Self {
        Self {
            queues: patiences.map(Queue::new).collect(),
            clock: 0,
        }
    }

    /// A request that was begun waits in the lane of this index, until `turn` is told.
    pub(super) fn wait(&mut self, index: usize, turn: oneshot::Sender<()>) {
        if let Some(queue) = self.queues.get_mut(index) {
            queue.enter(self.clock);
            queue.begun.push_back(turn);
        }
    }

    /// A request has arrived in the lane of this index, whose requests also wait `elsewhere`. Whether it may wait, until
    /// `turn` is told, and behind how many.
    pub(super) fn arrive(
        &mut self,
        index: usize,
        elsewhere: usize,
        turn: oneshot::Sender<()>,
        now: Instant,
    ) -> Option<usize> {
        let queue = self.queues.get_mut(index)?;
        let waiting = queue.arrived.len() + elsewhere;
        if !queue.patience.takes(waiting, now) {
            return None;
        }
        queue.enter(self.clock);
        queue.arrived.push_back(turn);
        Some(waiting)
    }

    /// Lets one piece of work go, of the lane that was charged least among those where anybody waits. Whether there was
    /// one. `is_contended` where more than one project is asked.
    pub(super) fn grant(&mut self, is_contended: bool, now: Instant) -> bool {
        loop {
            let queues = self.queues.iter_mut();
            let wanting = queues.filter(|queue| queue.waiting() > 0);
            let Some(queue) = wanting.min_by_key(|queue| queue.charged) else {
                return false;
            };
            let before = queue.charged;
            if queue.grant(is_contended, now) {
                self.clock = before;
                return true;
            }
        }
    }

    /// A piece of work of the lane of this index took so long.
    pub(super) fn charge(&mut self, index: usize, took: Duration) {
        if let Some(queue) = self.queues.get_mut(index) {
            queue.charge(took);
        }
    }
}

#[cfg(test)]
impl Queues {
    pub(super) fn are_empty(&self) -> bool {
        self.queues.iter().all(|lane| lane.waiting() == 0)
    }
}

impl Queue {
    fn new(patience: Patience) -> Self {
        Self {
            begun: VecDeque::new(),
            arrived: VecDeque::new(),
            patience,
            charged: 0,
        }
    }

    fn waiting(&self) -> usize {
        self.begun.len() + self.arrived.len()
    }

    /// Time in which nothing was wanted isn't saved up.
    fn enter(&mut self, clock: u64) {
        if self.waiting() == 0 {
            self.charged = self.charged.max(clock);
        }
    }

    fn charge(&mut self, took: Duration) {
        let waiting = u64::try_from(self.waiting()).unwrap_or(u64::MAX);
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let charge = took.saturating_mul(waiting.clamp(1, HIGHEST_RATE));
        self.charged = self.charged.saturating_add(charge);
    }

    /// Lets the first go that still wants to. Whether there was one.
    fn grant(&mut self, is_contended: bool, now: Instant) -> bool {
        // a request that was given up takes no turn
        while let Some(turn) = self.begun.pop_front() {
            if turn.send(()).is_ok() {
                self.charge(TURN);
                return true;
            }
        }
        while let Some(turn) = self.arrived.pop_front() {
            if turn.send(()).is_ok() {
                self.patience.turn(self.arrived.len(), is_contended, now);
                self.charge(TURN);
                return true;
            }
        }
        self.patience.emptied();
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Queues {
        Queues::new((0..2).map(|_| Patience::new(1, Duration::ZERO)))
    }

    /// Of so many milliseconds, how many each of two lanes gets in which always so many wait, and whose pieces take so
    /// many milliseconds.
    fn shares(waiting: [usize; 2], pieces: [u64; 2], most: u64) -> [u64; 2] {
        let mut lanes = two();
        let mut got = [0; 2];
        let mut turns = [Vec::new(), Vec::new()];
        while got.iter().sum::<u64>() < most {
            for (lane, turns) in turns.iter_mut().enumerate() {
                while turns.len() < waiting[lane] {
                    let (sender, turn) = oneshot::channel();
                    lanes.wait(lane, sender);
                    turns.push(turn);
                }
            }
            assert!(lanes.grant(false, Instant::now()));
            for (lane, turns) in turns.iter_mut().enumerate() {
                let before = turns.len();
                turns.retain_mut(|turn| turn.try_recv().is_err());
                if turns.len() < before {
                    lanes.charge(lane, Duration::from_millis(pieces[lane]));
                    got[lane] += pieces[lane];
                }
            }
        }
        got
    }

    #[test]
    fn lanes_of_the_same_length_share_time_and_not_pieces() {
        for pieces in [[1, 1], [1, 10]] {
            let [one, other] = shares([5, 5], pieces, 10_000);
            assert!(one.abs_diff(other) < 300, "{one} and {other}");
        }
    }

    #[test]
    fn who_sends_more_at_once_gets_less_and_still_something() {
        for length in [64, 10_000] {
            let [flood, other] = shares([length, 2], [5, 1], 17_000);
            assert!((900..1_200).contains(&flood), "{flood} beside {other}");
        }
    }

    #[test]
    fn a_lane_that_was_empty_has_saved_nothing_up() {
        let mut lanes = two();
        let mut turns = Vec::new();
        let mut wait = |lanes: &mut Queues, lane| {
            let (sender, turn) = oneshot::channel();
            lanes.wait(lane, sender);
            turns.push(turn);
        };
        for _ in 0..200 {
            wait(&mut lanes, 0);
        }
        for _ in 0..100 {
            assert!(lanes.grant(false, Instant::now()));
            lanes.charge(0, Duration::from_millis(1));
        }
        wait(&mut lanes, 1);
        lanes.charge(1, Duration::from_millis(17));
        // it has had its time before the other, and now waits for it
        assert!(lanes.grant(false, Instant::now()));
        assert_eq!(lanes.queues[0].waiting(), 99);
    }

    #[test]
    fn what_was_begun_goes_on_before_what_has_arrived() {
        let mut lanes = two();
        let (sender, mut arrived) = oneshot::channel();
        assert_eq!(lanes.arrive(0, 0, sender, Instant::now()), Some(0));
        let (sender, mut begun) = oneshot::channel();
        lanes.wait(0, sender);
        assert!(lanes.grant(false, Instant::now()));
        assert!(begun.try_recv().is_ok() && arrived.try_recv().is_err());
        assert!(lanes.grant(false, Instant::now()));
        assert!(arrived.try_recv().is_ok());
    }
}
