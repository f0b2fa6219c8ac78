//! The warm instances of one view's plugin.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::instance::Instance;

/// An instance that nobody needed for so long goes.
const LONGEST_IDLE: Duration = Duration::from_secs(60);
/// An instance may grow up to here in any case.
const LEAST_MARK: u64 = 16 << 20;

/// The instance that was used last is used next: its memory is in the caches, and those at the bottom, which only a
/// burst of calls needed, go after a while.
pub(crate) struct Pool {
    idle: Mutex<Vec<Idle>>,
    most: usize,
    memory_limit: u64,
    /// Bytes of an instance's memory above which it isn't kept; 0 before the first call.
    memory_mark: AtomicU64,
}

struct Idle {
    instance: Instance,
    since: Instant,
}

impl Pool {
    /// A pool of at most so many instances, each of which may have so much memory.
    pub(crate) fn new(most: usize, memory_limit: u64) -> Self {
        Self {
            idle: Mutex::default(),
            most,
            memory_limit,
            memory_mark: AtomicU64::new(0),
        }
    }

    pub(crate) fn take(&self) -> Option<Instance> {
        let idle = self.idle().pop()?;
        Some(idle.instance)
    }

    pub(crate) fn has_idle(&self) -> bool {
        !self.idle().is_empty()
    }

    pub(crate) fn memory_used(&self) -> Option<u64> {
        self.idle().last().map(|idle| idle.instance.memory_used())
    }

    /// Takes an instance back after a call that went well.
    pub(crate) fn give_back(&self, instance: Instance, now: Instant) {
        let mut spare = None;
        if instance.memory_used() <= self.mark(&instance) {
            let mut idle = self.idle();
            if idle.len() < self.most {
                let since = now;
                idle.push(Idle { instance, since });
            }
            let is_spare =
                |oldest: &Idle| now.saturating_duration_since(oldest.since) > LONGEST_IDLE;
            if idle.len() > 1 && idle.first().is_some_and(is_spare) {
                spare = Some(idle.remove(0));
            }
        }
        // Giving its memory back takes a while: not under the lock.
        drop(spare);
    }

    /// Four times what an instance had after its first call, but never so much that the limit is near.
    fn mark(&self, instance: &Instance) -> u64 {
        match self.memory_mark.load(Ordering::Relaxed) {
            0 => {
                let mark = memory_mark(instance.memory_used(), self.memory_limit);
                self.memory_mark.store(mark, Ordering::Relaxed);
                mark
            }
            mark => mark,
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn memory_mark(first: u64, limit: u64) -> u64 {
    let near_the_limit = first / 2 + limit / 2;
    let grown = first.saturating_mul(4).max(LEAST_MARK);
    grown.min(near_the_limit).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_between_what_is_usual_and_the_limit() {
        const MIB: u64 = 1 << 20;
        assert_eq!(memory_mark(MIB, 64 * MIB), 16 * MIB);
        assert_eq!(memory_mark(10 * MIB, 1024 * MIB), 40 * MIB);
        assert_eq!(memory_mark(40 * MIB, 64 * MIB), 52 * MIB);
    }
}
