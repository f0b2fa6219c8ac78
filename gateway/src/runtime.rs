//! The threads that requests are answered on, and how late they are.
//!
//! A thread looks at its sockets, answers everything that has come by then, and looks again. What waits behind that
//! stands in no queue that could be counted: a request whose rows are in memory is answered the moment its head is
//! read. What can be told is since when the thread hasn't looked, and so for how long others may have waited.

use std::{
    cell::Cell,
    io,
    time::{Duration, Instant},
};

use tokio::runtime::{Builder, Runtime};

thread_local! {
    /// When this thread last looked at its sockets; never, where nobody tells.
    static LOOKED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The runtime of the process, whose threads know how late they are.
///
/// # Errors
/// Where the system gives no threads.
pub fn start() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().on_thread_unpark(looked);
    builder.build()
}

/// This thread has just looked at its sockets.
pub(crate) fn looked() {
    LOOKED.set(Some(Instant::now()));
}

/// Since when this thread hasn't looked at its sockets. Nothing on threads of other runtimes.
pub(crate) fn lateness(now: Instant) -> Duration {
    LOOKED.get().map_or(Duration::ZERO, |looked| {
        now.saturating_duration_since(looked)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Duration = Duration::from_millis(5);

    #[test]
    fn what_comes_behind_other_work_finds_the_thread_late_and_after_a_look_it_is_not() {
        let runtime = start().unwrap();
        let (late, after) = runtime.block_on(async {
            let behind = tokio::spawn(async {
                // as an interval's tick, this comes with a look at what is ready
                tokio::time::sleep(Duration::from_millis(1)).await;
                let began = Instant::now();
                while began.elapsed() < WORK {
                    std::hint::spin_loop();
                }
                let late = lateness(Instant::now());
                tokio::time::sleep(Duration::from_millis(1)).await;
                (late, lateness(Instant::now()))
            });
            behind.await.unwrap()
        });
        assert!(late >= WORK, "{late:?}");
        assert!(after < late, "{after:?} after {late:?}");
    }

    #[tokio::test]
    async fn a_thread_of_another_runtime_is_never_late() {
        assert_eq!(lateness(Instant::now()), Duration::ZERO);
    }
}
