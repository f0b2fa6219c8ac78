use std::{collections::HashMap, time::Duration};

/// How much a cache keeps, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheOptions {
    /// Memory for the rows of the project, with everything that is kept about them.
    pub max_bytes: u64,
    /// How long after its load a row is told; `None`: until it changes in the store.
    pub ttl: Option<Duration>,
    /// The same for some views, by the name under which they are stored.
    pub view_ttls: HashMap<String, Option<Duration>>,
    /// How long rows are told that the store can't confirm because it is away. Such replies say so
    /// ([`CacheReport::is_stale`](crate::CacheReport::is_stale)).
    pub stale_if_error: Duration,
}

impl CacheOptions {
    /// Keeps rows within so many bytes until they change in the store, and tells none that the store can't confirm.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            ttl: None,
            view_ttls: HashMap::new(),
            stale_if_error: Duration::ZERO,
        }
    }

    /// How long rows of a view are told.
    pub(super) fn ttl_of(&self, view: &str) -> Option<Duration> {
        self.view_ttls.get(view).copied().unwrap_or(self.ttl)
    }
}
