use std::time::{Duration, Instant};

/// A moment of a cache's clock, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) u64);

impl Moment {
    /// The moment that is so much later; the last there is, where that is too late.
    pub(super) fn after(self, time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// The same of milliseconds.
    #[inline]
    pub(super) fn after_millis(self, millis: u32) -> Self {
        Self(self.0.saturating_add(u64::from(millis) * 1_000_000))
    }

    /// The moment that was so much earlier.
    pub(super) fn before(self, time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }

    /// How long ago another was; nothing where it is yet to come.
    pub(super) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Tells the moments of a cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    pub(super) fn now(self) -> Moment {
        self.at(Instant::now())
    }

    pub(super) fn at(self, instant: Instant) -> Moment {
        let elapsed = instant.saturating_duration_since(self.origin);
        Moment::default().after(elapsed)
    }
}
