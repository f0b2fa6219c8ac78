//! From SIGTERM to the end, in two steps: first `/ready` says 503 while everything is still answered,
//! then the listener closes and what was accepted is finished.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// How far the process is on its way out.
#[derive(Debug, Default)]
pub struct Lifecycle {
    draining: AtomicBool,
    closing: CancellationToken,
}

impl Lifecycle {
    /// Whether the process was told to stop: `/ready` is 503, and no connection is kept alive.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// `/ready` turns 503 from the next request on.
    pub fn begin_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The listeners close, and connections end after the request they are in.
    pub fn begin_closing(&self) {
        self.begin_draining();
        self.closing.cancel();
    }

    /// Waits for [`Self::begin_closing`].
    pub fn closing(&self) -> WaitForCancellationFuture<'_> {
        self.closing.cancelled()
    }

    /// A token that is cancelled when closing begins.
    #[must_use]
    pub fn closing_token(&self) -> CancellationToken {
        self.closing.clone()
    }
}

/// The signal that a process was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Somebody pressed Ctrl-C.
    Interrupt,
    /// An orchestrator wants the process gone.
    Terminate,
}

impl Signal {
    /// How long new connections are still taken: a person at a terminal has no load balancer to wait for.
    #[must_use]
    pub fn drain_delay(self, configured: Duration) -> Duration {
        match self {
            Self::Interrupt => Duration::ZERO,
            Self::Terminate => configured,
        }
    }

    /// The exit code of a process that this signal ended at once: 128 and the signal's number.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

/// SIGTERM and SIGINT, one after the other.
#[derive(Debug)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on the two signals no longer end the process by themselves.
    ///
    /// # Errors
    /// Where the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next of them.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_is_also_draining() {
        let lifecycle = Lifecycle::default();
        assert!(!lifecycle.is_draining());
        lifecycle.begin_closing();
        assert!(lifecycle.is_draining());
        assert!(lifecycle.closing_token().is_cancelled());
    }

    #[test]
    fn a_person_does_not_wait_for_load_balancers() {
        let configured = Duration::from_secs(2);
        assert_eq!(Signal::Interrupt.drain_delay(configured), Duration::ZERO);
        assert_eq!(Signal::Terminate.drain_delay(configured), configured);
    }
}
