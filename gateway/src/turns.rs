//! Projects take turns where there is more to do than cores to do it.
//!
//! The runtime runs what is ready in the order in which it became ready: behind a project with hundreds of requests
//! under way, another's single request would wait for all of them. So where several projects ask at once, a request
//! stands in its project's lane before each piece of work, and the lanes are served by turns, a few pieces at a time. What
//! arrives meanwhile comes next, and not last. A process with one project, and one of whose projects only one is asked,
//! takes no turns.

mod queues;

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use queues::Queues;

/// So long after two projects have asked one after the other, they are taken to ask at once. Requests of the second that
/// are already there can't be known before they are looked at.
const CONTENDED_MILLIS: u64 = 1_000;

/// Pieces of work for each core that are let go before what has arrived meanwhile is looked at. A piece of a request
/// of a hundred entities takes a tenth of a millisecond.
const PIECES_PER_CORE: usize = 2;

/// The lanes of a process.
#[derive(Debug)]
struct Turns {
    lanes: Mutex<Lanes>,
    pieces: usize,
    /// Whose request came last.
    last: AtomicUsize,
    /// When that was another's than the one before, in milliseconds since `start`; 0 is never.
    switched: AtomicU64,
    start: Instant,
}

#[derive(Debug)]
struct Lanes {
    queues: Queues,
    /// Whether somebody is serving them.
    is_served: bool,
}

/// One project's lane.
#[derive(Debug)]
pub(crate) struct Lane {
    turns: Arc<Turns>,
    index: usize,
    /// One for each long piece of its work that may be done beside the reactor: half of the cores, as their threads
    /// compete with all others' requests.
    long_work: Arc<Semaphore>,
}

/// A lane for each of so many projects.
#[must_use]
pub(crate) fn lanes(count: usize) -> Vec<Lane> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let turns = Arc::new(Turns {
        lanes: Mutex::new(Lanes {
            queues: Queues::new(count),
            is_served: false,
        }),
        pieces: PIECES_PER_CORE * cores,
        last: AtomicUsize::new(usize::MAX),
        switched: AtomicU64::new(0),
        start: Instant::now(),
    });
    let lane = |index| Lane {
        turns: Arc::clone(&turns),
        index,
        long_work: Arc::new(Semaphore::new((cores / 2).max(1))),
    };
    (0..count).map(lane).collect()
}

impl Lane {
    /// A request of this lane has come.
    pub(crate) fn request_came(&self) {
        let turns = &self.turns;
        if turns.last.load(Ordering::Relaxed) != self.index {
            let before = turns.last.swap(self.index, Ordering::Relaxed);
            if before != usize::MAX {
                turns.switched.store(turns.now().max(1), Ordering::Relaxed);
            }
        }
    }

    /// Waits until a long piece of work may be done beside the reactor, for as long as what is returned is held.
    pub(crate) async fn long_turn(&self) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.long_work).acquire_owned().await;
        // it is never closed
        permit.ok()
    }

    /// Waits for this lane's turn, where lanes take turns. What is done until the next wait is one piece of work.
    pub(crate) async fn turn(&self) {
        if !self.turns.is_contended() {
            return;
        }
        let (sender, turn) = oneshot::channel();
        let begins = {
            let mut lanes = self.turns.lanes();
            lanes.queues.wait(self.index, sender);
            !std::mem::replace(&mut lanes.is_served, true)
        };
        if begins {
            tokio::spawn(serve(Arc::clone(&self.turns)));
        }
        // nobody who serves is gone before all have had their turn, but for the end of the process
        let _ = turn.await;
    }

    /// Does a piece of work, or looks whether it can be done, and charges the lane for it where lanes take turns.
    pub(crate) fn charged<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.turns.is_contended() {
            return work();
        }
        let began = Instant::now();
        let done = work();
        let took = began.elapsed();
        self.turns.lanes().queues.charge(self.index, took);
        done
    }
}

impl Turns {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_contended(&self) -> bool {
        match self.switched.load(Ordering::Relaxed) {
            0 => false,
            switched => self.now().saturating_sub(switched) < CONTENDED_MILLIS,
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // it is whole between any two operations
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the lanes until nobody waits. Between two rounds everything else that is ready has its chance.
async fn serve(turns: Arc<Turns>) {
    loop {
        tokio::task::yield_now().await;
        let mut lanes = turns.lanes();
        for _ in 0..turns.pieces {
            if !lanes.queues.grant() {
                lanes.is_served = false;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;

    use super::*;

    const REQUESTS: usize = 500;
    const PIECES: usize = 10;

    /// How many pieces a flood has got done when the other lane's one request is through.
    async fn flood_done_before(flood: Lane, other: Lane) -> usize {
        let done = Arc::new(AtomicUsize::new(0));
        let flood = Arc::new(flood);
        for _ in 0..REQUESTS {
            let (flood, done) = (Arc::clone(&flood), Arc::clone(&done));
            tokio::spawn(async move {
                for _ in 0..PIECES {
                    flood.turn().await;
                    done.fetch_add(1, Ordering::Relaxed);
                    // what waits for a store
                    tokio::task::yield_now().await;
                }
            });
        }
        let request = tokio::spawn(async move {
            other.turn().await;
            tokio::task::yield_now().await;
            other.turn().await;
        });
        request.await.unwrap();
        done.load(Ordering::Relaxed)
    }

    fn two() -> (Lane, Lane) {
        let mut lanes = lanes(2).into_iter();
        (lanes.next().unwrap(), lanes.next().unwrap())
    }

    #[tokio::test]
    async fn one_request_beside_a_flood_does_not_wait_for_all_of_it() {
        let (flood, other) = two();
        flood.request_came();
        other.request_came();
        let few = 4 * flood.turns.pieces;
        let done = flood_done_before(flood, other).await;
        assert!(done <= few && done < REQUESTS, "{done}");
    }

    #[tokio::test]
    async fn a_project_that_is_asked_alone_takes_no_turns() {
        let (flood, other) = two();
        (0..5).for_each(|_| flood.request_came());
        assert!(!flood.turns.is_contended());
        let done = flood_done_before(flood, other).await;
        assert!(done >= REQUESTS, "{done}");
    }

    #[tokio::test]
    async fn a_request_that_is_given_up_takes_no_turn_and_nobody_waits_for_ever() {
        let (one, other) = two();
        one.request_came();
        other.request_came();
        for _ in 0..3 {
            // begun, and dropped while it waits
            assert!(one.turn().now_or_never().is_none());
        }
        let all = async {
            one.turn().await;
            other.turn().await;
            one.turn().await;
        };
        tokio::time::timeout(Duration::from_secs(20), all)
            .await
            .unwrap();
        let lanes = one.turns.lanes();
        assert!(lanes.queues.are_empty());
    }

    #[tokio::test]
    async fn long_work_of_one_project_leaves_room_for_anothers() {
        let (one, other) = two();
        let most = one.long_work.available_permits();
        let mut held = Vec::new();
        for _ in 0..most {
            held.push(one.long_turn().await);
        }
        assert!(one.long_turn().now_or_never().is_none());
        assert!(other.long_turn().now_or_never().is_some());
        held.pop();
        assert!(one.long_turn().now_or_never().is_some());
    }
}
