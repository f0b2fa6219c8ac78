//! Threads that get what time the others leave.
//!
//! A plugin that misbehaved lately runs there: however long it loops, whoever else wants the core has it at once. One
//! that nobody knows yet begins as any other work, and ends there where it takes long. A new registry is read there
//! ([`run_or_else`]). A lower priority alone isn't enough: Linux lets a thread end its slice of some milliseconds, and a request takes less.
//!
//! What this crate deliberately does not do: know what is run, or keep threads.

use std::{cell::Cell, thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::{sync::oneshot, time::timeout};

/// When a thread falls behind all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Falls {
    /// Before it begins.
    AtOnce,
    /// When it is told that it [takes long](takes_long).
    WhenLong,
}

thread_local! {
    static FALLS_WHEN_LONG: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on such a thread, which begins at once; none where there can't be one, or where `work` panics.
pub fn run<T: Send + 'static>(
    falls: Falls,
    work: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = Option<T>> {
    let result = start(falls, work);
    async { result?.await.ok() }
}

/// Runs `work` in time that nobody else wants; where there is too little of that for `patience`, or no such thread, a second
/// time among the others. None where `work` panics.
pub async fn run_or_else<T: Send + 'static>(
    patience: Duration,
    work: impl Fn() -> T + Clone + Send + 'static,
) -> Option<T> {
    if let Ok(Some(done)) = timeout(patience, run(Falls::AtOnce, work.clone())).await {
        return Some(done);
    }
    tokio::task::spawn_blocking(work).await.ok()
}

fn start<T: Send + 'static>(
    falls: Falls,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<oneshot::Receiver<T>> {
    let (done, result) = oneshot::channel();
    let work = move || {
        match falls {
            Falls::AtOnce => take_leftovers(),
            Falls::WhenLong => FALLS_WHEN_LONG.set(true),
        }
        // nobody waits any longer where a request was given up
        let _ = done.send(work());
    };
    let name = "leftover".to_owned();
    thread::Builder::new().name(name).spawn(work).ok()?;
    Some(result)
}

/// What runs on this thread has done so for some milliseconds.
pub fn takes_long() {
    if FALLS_WHEN_LONG.replace(false) {
        take_leftovers();
    }
}

/// Processor time that this thread has had so far.
pub fn time_used() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(used.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(used.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

/// Where that can't be had, the thread goes on as any other.
fn take_leftovers() {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let set = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    match set {
        // who was waked before this keeps waiting otherwise: Linux looks again when the clock ticks, 250 times a second
        Ok(()) => thread::yield_now(),
        Err(error) => {
            tracing::debug!(?error, "a thread can't be scheduled behind the others");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn its_threads_are_scheduled_behind_all_others() {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let policy = || thread_priority::thread_schedule_policy().unwrap();
        assert_eq!(run(Falls::AtOnce, policy).await, Some(idle));
        let before_and_after = move || {
            let before = policy();
            takes_long();
            (before, policy())
        };
        let (before, after) = run(Falls::WhenLong, before_and_after).await.unwrap();
        assert!(before != idle && after == idle, "{before:?}, {after:?}");
    }

    #[test]
    fn a_thread_that_nobody_watches_stays_as_it_is() {
        takes_long();
        let policy = thread_priority::thread_schedule_policy().unwrap();
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        assert_ne!(policy, idle);
    }

    #[tokio::test]
    async fn work_that_gets_no_time_is_done_among_the_others() {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let policy = || thread_priority::thread_schedule_policy().unwrap();
        let long = Duration::from_secs(60);
        assert_eq!(run_or_else(long, policy).await, Some(idle));
        let (let_go, waits) = std::sync::mpsc::channel::<()>();
        let waits = std::sync::Arc::new(std::sync::Mutex::new(waits));
        // in time that is left over it takes until the other has been done
        let work = move || {
            let policy = policy();
            if policy == idle {
                let _ = waits.lock().unwrap().recv();
            }
            policy
        };
        let done = run_or_else(Duration::from_millis(20), work).await;
        drop(let_go);
        assert_ne!(done.unwrap(), idle);
    }

    #[tokio::test]
    async fn a_panic_is_told() {
        let work = || -> u8 { panic!("as the test wants it") };
        assert_eq!(run(Falls::AtOnce, work).await, None);
    }

    #[test]
    fn time_is_used_by_work_only() {
        let before = time_used();
        let sum = (0..1_000_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
        std::hint::black_box(sum);
        assert!(time_used() > before);
    }
}
