use std::{collections::BTreeMap, time::Duration};

/// The `salver.cache` section: what a gateway keeps of the rows that it reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Memory for the project's rows.
    pub max_bytes: u64,
    /// How long after it was read a row may be told; `None`: until it changes.
    pub ttl: Option<Duration>,
    /// The same for some views, by the name under which the online store has them.
    pub view_ttls: BTreeMap<String, Option<Duration>>,
    /// How long rows may be told that an online store which is away can't confirm; zero is not at all.
    pub stale_if_error: Duration,
}
