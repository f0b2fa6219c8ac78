//! How many calls of one component run at once.

use std::{
    future::Future as _,
    num::NonZeroUsize,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

/// Calls of one component that wait for a core. They are requests that are being worked on, of which a gateway has so
/// many at once and no more: those of one component must leave room for others.
const MOST_WAITING: usize = 256;

/// Half of the machine, for all views of one component together.
pub(crate) struct Cores {
    permits: Arc<Semaphore>,
    places: Semaphore,
}

impl Cores {
    pub(crate) fn half_of_this_machine() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::new((cores / 2).max(1), MOST_WAITING)
    }

    fn new(cores: usize, most_waiting: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(cores)),
            places: Semaphore::new(most_waiting),
        }
    }

    /// A core, if one is free.
    pub(crate) fn try_acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.try_acquire().ok()
    }

    /// A core, or none where it isn't free until the deadline or too many wait for it. It is taken until the permit is
    /// dropped, on whatever thread.
    pub(crate) async fn acquire(&self, deadline: Instant) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Some(permit);
        }
        let _place = self.places.try_acquire().ok()?;
        let waiting = self.permits.clone().acquire_owned();
        let waited = tokio::time::timeout_at(deadline.into(), waiting).await;
        waited.ok()?.ok()
    }

    /// The same for a thread that may be blocked.
    pub(crate) fn acquire_blocking(&self, deadline: Instant) -> Option<SemaphorePermit<'_>> {
        let mut waiting = pin!(self.permits.acquire());
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            let mut context = Context::from_waker(&waker);
            if let Poll::Ready(permit) = waiting.as_mut().poll(&mut context) {
                return permit.ok();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            thread::park_timeout(left);
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_call_waits_for_a_core_until_its_deadline() {
        let cores = Cores::new(1, 1);
        let soon = || Instant::now() + Duration::from_millis(5);
        let held = cores.acquire_blocking(soon()).unwrap();
        assert!(cores.acquire_blocking(soon()).is_none());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let deadline = Instant::now() + Duration::from_secs(60);
                cores.acquire_blocking(deadline).is_some()
            });
            drop(held);
            assert!(waiting.join().unwrap());
        });
    }

    #[tokio::test]
    async fn where_too_many_wait_the_next_is_turned_away_at_once() {
        let cores = Cores::new(1, 1);
        let late = Instant::now() + Duration::from_secs(60);
        let held = cores.acquire(late).await.unwrap();
        let first = cores.acquire(late);
        let second = async {
            assert!(cores.acquire(late).await.is_none());
            drop(held);
        };
        let (first, ()) = tokio::join!(biased; first, second);
        assert!(first.is_some());
        drop(first);
        assert!(cores.acquire(late).await.is_some());
    }
}
