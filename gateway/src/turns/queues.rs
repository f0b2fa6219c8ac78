//! Whose turn is next.
//!
//! Turns are no equal shares: a project that needs half of a core would then have nothing to spare beside one that wants
//! all of it, and its requests would queue up. A lane is charged for each piece by how many wait in it, and the lane that
//! was charged least is served next (start-time fair queueing, Goyal, Vin and Cheng 1996, with such weights). So who
//! sends more at once gets less for it, whoever asks moderately is served as if alone, and nobody is starved.

use std::collections::VecDeque;

use tokio::sync::oneshot;

/// A piece is charged at most so much, however many wait: a lane that others keep busy has a piece in so many.
const HIGHEST_CHARGE: u64 = 16;

/// What waits in the lanes.
#[derive(Debug)]
pub(super) struct Queues {
    queues: Vec<Queue>,
    /// What the lane had been charged that was served last: where one begins that has been empty.
    clock: u64,
}

/// What waits in one lane.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<oneshot::Sender<()>>,
    charged: u64,
}

impl Queues {
    pub(super) fn new(count: usize) -> Self {
        Self {
            queues: (0..count).map(|_| Queue::default()).collect(),
            clock: 0,
        }
    }

    /// Somebody waits in the lane of this index, until `turn` is told.
    pub(super) fn wait(&mut self, index: usize, turn: oneshot::Sender<()>) {
        let Some(queue) = self.queues.get_mut(index) else {
            return;
        };
        if queue.waiting.is_empty() {
            // time in which nothing was wanted isn't saved up
            queue.charged = queue.charged.max(self.clock);
        }
        queue.waiting.push_back(turn);
    }

    /// Lets one piece of work go, of the lane that was charged least among those where anybody waits. Whether there was
    /// one.
    pub(super) fn grant(&mut self) -> bool {
        loop {
            let queues = self.queues.iter_mut();
            let wanting = queues.filter(|queue| !queue.waiting.is_empty());
            let Some(queue) = wanting.min_by_key(|queue| queue.charged) else {
                return false;
            };
            let before = queue.charged;
            if queue.grant() {
                self.clock = before;
                return true;
            }
        }
    }
}

#[cfg(test)]
impl Queues {
    pub(super) fn are_empty(&self) -> bool {
        self.queues.iter().all(|lane| lane.waiting.is_empty())
    }
}

impl Queue {
    /// Lets the first go that still wants to. Whether there was one.
    fn grant(&mut self) -> bool {
        let charge = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        while let Some(turn) = self.waiting.pop_front() {
            // a request that was given up takes no turn
            if turn.send(()).is_ok() {
                self.charged += charge.min(HIGHEST_CHARGE);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of so many turns, how many each lane gets in which always so many wait.
    fn shares(waiting: [usize; 2], turns: usize) -> [usize; 2] {
        let mut lanes = Queues::new(2);
        let mut granted = [0; 2];
        let mut receivers = [Vec::new(), Vec::new()];
        for _ in 0..turns {
            for (lane, receivers) in receivers.iter_mut().enumerate() {
                while receivers.len() < waiting[lane] {
                    let (sender, receiver) = oneshot::channel();
                    lanes.wait(lane, sender);
                    receivers.push(receiver);
                }
            }
            assert!(lanes.grant());
            for (lane, receivers) in receivers.iter_mut().enumerate() {
                let before = receivers.len();
                receivers.retain_mut(|turn| turn.try_recv().is_err());
                granted[lane] += before - receivers.len();
            }
        }
        granted
    }

    #[test]
    fn who_sends_more_at_once_gets_less_and_still_something() {
        assert_eq!(shares([5, 5], 1_000), [500, 500]);
        let [flood, other] = shares([64, 1], 1_700);
        assert!((90..=110).contains(&flood), "{flood} of {}", flood + other);
        let [flood, other] = shares([1_000, 8], 1_500);
        assert!((450..=550).contains(&flood), "{flood} of {}", flood + other);
    }

    #[test]
    fn a_lane_that_was_empty_has_saved_nothing_up() {
        let mut lanes = Queues::new(2);
        let mut receivers = Vec::new();
        let mut wait = |lanes: &mut Queues, lane, count| {
            for _ in 0..count {
                let (sender, receiver) = oneshot::channel();
                lanes.wait(lane, sender);
                receivers.push(receiver);
            }
        };
        wait(&mut lanes, 0, 200);
        for _ in 0..100 {
            assert!(lanes.grant());
        }
        wait(&mut lanes, 1, 200);
        for _ in 0..100 {
            assert!(lanes.grant());
        }
        let left: Vec<_> = lanes.queues.iter().map(|lane| lane.waiting.len()).collect();
        assert!(
            left[0].abs_diff(50) < 5 && left[1].abs_diff(150) < 5,
            "{left:?}"
        );
    }
}
