//! Threads that get what time the others leave.
//!
//! A plugin that misbehaved lately runs there: however long it loops, whoever else wants the core has it at once. A
//! lower priority alone isn't enough: Linux lets a thread end its slice of some milliseconds, and a request takes less.

use std::{thread, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;

/// Runs `work` on such a thread; none where there can't be one, or where `work` panics.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, result) = oneshot::channel();
    let work = move || {
        take_leftovers();
        // nobody waits any longer where a request was given up
        let _ = done.send(work());
    };
    let name = "plugin-distrusted".to_owned();
    thread::Builder::new().name(name).spawn(work).ok()?;
    result.await.ok()
}

/// Processor time that this thread has had so far.
pub(crate) fn time_used() -> Duration {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(used.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(used.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

/// Where that can't be had, the thread goes on as any other.
fn take_leftovers() {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let set = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy);
    if let Err(error) = set {
        tracing::debug!(?error, "a thread can't be scheduled behind the others");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn its_threads_are_scheduled_behind_all_others() {
        let policy = run(|| thread_priority::thread_schedule_policy().unwrap()).await;
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        assert_eq!(policy, Some(idle));
    }

    #[tokio::test]
    async fn a_panic_is_told() {
        assert_eq!(run(|| -> u8 { panic!("as the test wants it") }).await, None);
    }

    #[test]
    fn time_is_used_by_work_only() {
        let before = time_used();
        let sum = (0..1_000_000_u64).fold(0, |sum, number| std::hint::black_box(sum ^ number));
        std::hint::black_box(sum);
        assert!(time_used() > before);
    }
}
