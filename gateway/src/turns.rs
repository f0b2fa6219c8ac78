//! Requests take turns where there is more to do than cores to do it, and are turned away where that lasts.
//!
//! The runtime runs what is ready in the order in which it became ready: behind a project with hundreds of requests
//! under way, another's single request would wait for all of them. So where several projects ask at once, a request
//! stands in its project's lane before each piece of work, and the lanes are served by turns, a few pieces at a time. What
//! arrives meanwhile comes next, and not last. A process of whose projects only one is asked takes no turns.
//!
//! But for overload: where a thread has not looked at its sockets for a while, nobody knows how many requests wait
//! there. Then each that arrives stands in its project's lane until everything that was begun and is ready has gone on.
//! Between two turns the sockets are looked at, so that a lane is as long as the queue really is, and has room for as many
//! as its [`Patience`] takes.

mod patience;
mod queues;
mod refusals;

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::runtime;
use patience::Patience;
use queues::Queues;
use refusals::Refusals;

/// So long after two projects have asked one after the other, they are taken to ask at once. Requests of the second that
/// are already there can't be known before they are looked at.
const CONTENDED_MILLIS: u64 = 1_000;

/// So long after requests had to wait they stand in their lanes.
const CROWDED_MILLIS: u64 = 1_000;

/// A thread that has not looked at its sockets for so long has kept somebody waiting.
const LATE: Duration = Duration::from_millis(1);

/// Pieces of work for each core that are let go before what has arrived meanwhile is looked at, so that no core waits for
/// that. A piece of a request of a hundred entities takes a tenth of a millisecond.
const PIECES_PER_CORE: usize = 2;

/// A lane in which so many wait for each core is short, whatever they wait for.
const SHORT_PER_CORE: usize = 8;

/// The lanes of a process.
#[derive(Debug)]
struct Turns {
    lanes: Mutex<Lanes>,
    pieces: usize,
    /// Whose request came last.
    last: AtomicUsize,
    /// When that was another's than the one before, in milliseconds since `start`; 0 is never.
    switched: AtomicU64,
    /// When a request had to wait last, likewise.
    crowded: AtomicU64,
    refusals: Refusals,
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
    /// One for each long piece of its work that may be done beside the reactor.
    long_work: Arc<Semaphore>,
    /// How many wait for that.
    long_waiting: AtomicUsize,
}

/// A request is one too many: more arrive than can be answered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overloaded {
    hold: Duration,
}

impl Overloaded {
    /// Waits until its client is to be told, where so many are told that they alone would take the cores' time.
    pub(crate) async fn held_back(self) {
        if !self.hold.is_zero() {
            tokio::time::sleep(self.hold).await;
        }
    }
}

/// A lane for each project, by how long its requests may wait there for their turn while more of them arrive than can be
/// answered.
#[must_use]
pub(crate) fn lanes(max_queue_times: &[Duration]) -> Vec<Lane> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let short = SHORT_PER_CORE * cores;
    let patiences = max_queue_times.iter();
    let patiences = patiences.map(|most| Patience::new(short, *most));
    let turns = Arc::new(Turns {
        lanes: Mutex::new(Lanes {
            queues: Queues::new(patiences),
            is_served: false,
        }),
        pieces: if cores == 1 {
            1
        } else {
            PIECES_PER_CORE * cores
        },
        last: AtomicUsize::new(usize::MAX),
        switched: AtomicU64::new(0),
        crowded: AtomicU64::new(0),
        refusals: Refusals::new(cores),
        start: Instant::now(),
    });
    // the threads of one project's long work compete with all others' requests
    let long_work = match max_queue_times.len() {
        0 | 1 => cores,
        _ => (cores / 2).max(1),
    };
    let lane = |index| Lane {
        turns: Arc::clone(&turns),
        index,
        long_work: Arc::new(Semaphore::new(long_work)),
        long_waiting: AtomicUsize::new(0),
    };
    (0..max_queue_times.len()).map(lane).collect()
}

impl Lane {
    /// A request of this lane has come. Waits until it may begin.
    ///
    /// # Errors
    /// Where too many wait already, at once.
    pub(crate) async fn begin(&self) -> Result<(), Overloaded> {
        self.request_came();
        let now = Instant::now();
        let elsewhere = self.long_waiting.load(Ordering::Relaxed);
        if elsewhere > 0 || runtime::lateness(now) >= LATE {
            self.turns.found_crowded(now);
        } else if !self.turns.is_crowded(now) && !self.turns.is_contended() {
            return Ok(());
        }
        let turn = self.arrive(elsewhere, now)?;
        // nobody who serves is gone before all have had their turn, but for the end of the process
        let _ = turn.await;
        Ok(())
    }

    fn arrive(&self, elsewhere: usize, now: Instant) -> Result<oneshot::Receiver<()>, Overloaded> {
        let (sender, turn) = oneshot::channel();
        let mut lanes = self.turns.lanes();
        let queues = &mut lanes.queues;
        let Some(ahead) = queues.arrive(self.index, elsewhere, sender, now) else {
            drop(lanes);
            return Err(self.turns.overloaded(now));
        };
        if ahead > 0 {
            self.turns.found_crowded(now);
        }
        self.turns.serve(lanes);
        Ok(turn)
    }

    fn request_came(&self) {
        let turns = &self.turns;
        if turns.last.load(Ordering::Relaxed) != self.index {
            let before = turns.last.swap(self.index, Ordering::Relaxed);
            if before != usize::MAX {
                let now = turns.millis(Instant::now());
                turns.switched.store(now, Ordering::Relaxed);
            }
        }
    }

    /// Waits until a long piece of work may be done beside the reactor, for as long as what is returned is held.
    pub(crate) async fn long_turn(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.long_work).try_acquire_owned() {
            return Some(permit);
        }
        let _waiting = Waiting::among(&self.long_waiting);
        let permit = Arc::clone(&self.long_work).acquire_owned().await;
        // it is never closed
        permit.ok()
    }

    /// Waits for this lane's turn with a request that was begun, where lanes take turns. What is done until the next wait
    /// is one piece of work.
    pub(crate) async fn turn(&self) {
        if !self.turns.is_contended() {
            return;
        }
        let (sender, turn) = oneshot::channel();
        {
            let mut lanes = self.turns.lanes();
            lanes.queues.wait(self.index, sender);
            self.turns.serve(lanes);
        }
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

/// Somebody who waits, counted until dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    /// Never 0.
    fn millis(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.start).as_millis();
        u64::try_from(since).unwrap_or(u64::MAX).max(1)
    }

    fn is_contended(&self) -> bool {
        match self.switched.load(Ordering::Relaxed) {
            0 => false,
            switched => self.millis(Instant::now()).saturating_sub(switched) < CONTENDED_MILLIS,
        }
    }

    fn is_crowded(&self, now: Instant) -> bool {
        match self.crowded.load(Ordering::Relaxed) {
            0 => false,
            crowded => self.millis(now).saturating_sub(crowded) < CROWDED_MILLIS,
        }
    }

    fn found_crowded(&self, now: Instant) {
        let now = self.millis(now);
        // writing a line that all cores read is what costs
        if self.crowded.load(Ordering::Relaxed) != now {
            self.crowded.store(now, Ordering::Relaxed);
        }
    }

    fn overloaded(&self, now: Instant) -> Overloaded {
        self.found_crowded(now);
        let since = now.saturating_duration_since(self.start);
        let hold = self.refusals.hold(since, self.is_contended());
        Overloaded { hold }
    }

    /// Sees to it that the lanes are served.
    fn serve(self: &Arc<Self>, mut lanes: MutexGuard<'_, Lanes>) {
        let begins = !std::mem::replace(&mut lanes.is_served, true);
        drop(lanes);
        if begins {
            tokio::spawn(serve(Arc::clone(self)));
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // it is whole between any two operations
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the lanes until nobody waits. Between two rounds the sockets are looked at, and everything else that is ready
/// has its chance.
async fn serve(turns: Arc<Turns>) {
    loop {
        tokio::task::yield_now().await;
        runtime::looked();
        let now = Instant::now();
        let is_contended = turns.is_contended();
        let mut lanes = turns.lanes();
        for _ in 0..turns.pieces {
            if !lanes.queues.grant(is_contended, now) {
                lanes.is_served = false;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
