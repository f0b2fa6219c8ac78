use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

use super::moment::Moment;

/// Until when what is kept may be told without a look at the store.
///
/// All changes up to a moment are known (`confirmed_at`), and rows may be told for a while after it (`lease`), which is
/// so the longest that a row is told after it changed. Where the news of changes were interrupted, a new generation of
/// rows begins: none of an earlier one is told again.
#[derive(Debug)]
pub(super) struct Trust {
    /// `None`: nobody tells of changes, and rows are told until they are too old.
    lease: Option<Duration>,
    generation: AtomicU32,
    confirmed_at: AtomicU64,
    trusted_until: AtomicU64,
}

impl Trust {
    /// Nothing is trusted before it is first confirmed.
    pub(super) fn new(lease: Option<Duration>) -> Self {
        Self {
            lease,
            generation: AtomicU32::new(0),
            confirmed_at: AtomicU64::new(0),
            trusted_until: AtomicU64::new(0),
        }
    }

    /// Whether rows may be told. To be asked before [`Self::generation`], so that rows of the generation that was
    /// interrupted aren't told on the word of the next one.
    pub(super) fn holds(&self, now: Moment) -> bool {
        self.lease.is_none() || now.0 < self.trusted_until.load(Ordering::Acquire)
    }

    /// Whether news come in, as far as is known.
    pub(super) fn is_told(&self) -> bool {
        self.lease.is_none() || self.trusted_until.load(Ordering::Acquire) > 0
    }

    /// Whether a load may answer who asks now: changes since it began would be known, or there was no time for them.
    pub(super) fn covers_load(&self, began: Moment, now: Moment) -> bool {
        let is_recent = |lease| now < began.after(lease);
        self.holds(now) || self.lease.is_some_and(is_recent)
    }

    /// How long before now what was so may still be told.
    pub(super) fn lease(&self) -> Duration {
        self.lease.unwrap_or_default()
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// The last moment up to which all changes are known.
    pub(super) fn confirmed_at(&self) -> Moment {
        Moment(self.confirmed_at.load(Ordering::Acquire))
    }

    /// All changes up to `at` are known.
    pub(super) fn confirm(&self, at: Moment) {
        let lease = self.lease();
        self.confirmed_at.fetch_max(at.0, Ordering::AcqRel);
        let until = at.after(lease);
        self.trusted_until.fetch_max(until.0, Ordering::AcqRel);
    }

    /// News of changes are interrupted.
    pub(super) fn lose(&self) {
        self.trusted_until.store(0, Ordering::Release);
    }

    /// What was loaded until now is not told again.
    pub(super) fn begin_generation(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }
}
