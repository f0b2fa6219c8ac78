//! Moves the engines' epochs, on which guests look at the clock.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use wasmtime::Engine;

use crate::HostError;

/// How often. A guest that is past its deadline runs on for at most about this long.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// One thread that ticks while guests run, and sleeps when none has been called for a while.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    engines: Mutex<Vec<Engine>>,
    /// A guest was called since the thread last looked. A flag and not a count, so that calls on many cores only
    /// read it, most of the time.
    called: AtomicBool,
    asleep: AtomicBool,
}

impl Ticker {
    pub(super) fn start(longest_call: Duration) -> Result<Self, HostError> {
        let shared = Arc::<Shared>::default();
        let weak = Arc::downgrade(&shared);
        let thread = thread::Builder::new()
            .name("plugin-epochs".to_owned())
            .spawn(move || run(&weak, longest_call + Duration::from_secs(1)))
            .map_err(|error| HostError::Engine {
                detail: error.to_string(),
            })?;
        Ok(Self {
            shared,
            thread: thread.thread().clone(),
        })
    }

    pub(super) fn add(&self, engine: &Engine) {
        self.shared.engines().push(engine.clone());
    }

    pub(super) fn wake(&self) {
        if !self.shared.called.load(Ordering::Relaxed) {
            self.shared.called.store(true, Ordering::SeqCst);
            if self.shared.asleep.load(Ordering::SeqCst) {
                self.thread.unpark();
            }
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared = Arc::default();
        self.thread.unpark();
    }
}

impl Shared {
    fn engines(&self) -> std::sync::MutexGuard<'_, Vec<Engine>> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) {
        for engine in self.engines().iter() {
            engine.increment_epoch();
        }
    }
}

fn run(shared: &Weak<Shared>, linger: Duration) {
    let mut last_call: Option<Instant> = None;
    loop {
        let Some(alive) = shared.upgrade() else {
            return;
        };
        if alive.called.swap(false, Ordering::SeqCst) {
            last_call = Some(Instant::now());
        }
        alive.tick();
        if last_call.is_some_and(|last| last.elapsed() < linger) {
            drop(alive);
            thread::sleep(TICK);
            continue;
        }
        alive.asleep.store(true, Ordering::SeqCst);
        // A call that came in between has set `called`, or else sees `asleep` and unparks.
        let sleep = !alive.called.load(Ordering::SeqCst);
        drop(alive);
        if sleep {
            thread::park();
        }
        if let Some(alive) = shared.upgrade() {
            alive.asleep.store(false, Ordering::SeqCst);
        }
    }
}
