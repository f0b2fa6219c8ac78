//! Waiting for something to become true, with an end to the patience.

use std::{
    thread,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_millis(10);

/// What `attempt` returns as soon as it returns something; it is asked every 10 ms.
///
/// # Panics
/// After `patience`, with `what` in the message.
pub fn poll<T>(what: &str, patience: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(
            Instant::now() < end,
            "waited {patience:?} in vain for {what}"
        );
        thread::park_timeout(PAUSE);
    }
}

/// [`poll`] for a condition.
///
/// # Panics
/// After `patience`, with `what` in the message.
pub fn wait_until(what: &str, patience: Duration, mut condition: impl FnMut() -> bool) {
    poll(what, patience, || condition().then_some(()));
}
