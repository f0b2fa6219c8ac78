mod fields_seen;
mod held;
mod packed;
mod prepared;
mod row;
mod rows;

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::{Instant, timeout_at};

pub(crate) use self::{
    fields_seen::HashSize,
    packed::{RowBuilder, one_packed},
    prepared::Remembered,
    row::Columns,
    rows::Piece,
};
pub use self::{
    held::Held,
    prepared::PreparedView,
    row::{RowRef, RowValues, StoredRow},
    rows::{RowsOfView, StoredRows},
};
use crate::Error;

/// What a read wants of one view.
#[derive(Clone, Copy, Debug)]
pub struct ViewRead<'a> {
    /// The view and its features, as the same reader prepared them.
    pub view: &'a Arc<PreparedView>,
    /// Serialized entity keys, each once, without a project. Views that share one slice of keys are read fastest.
    pub keys: &'a [Vec<u8>],
}

impl ViewRead<'_> {
    /// Whether these are the keys of the other read, without a look at them.
    pub(crate) fn shares_keys_with(&self, other: &Self) -> bool {
        std::ptr::eq(self.keys, other.keys)
    }
}

/// Whether rows may come out of a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// They may.
    #[default]
    Cached,
    /// They are read anew: `Cache-Control: no-cache`.
    Current,
}

/// How a read is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Whether rows may come out of a cache.
    pub freshness: Freshness,
    /// Until when there is time for it; `None`: as long as the store's own limits let it take.
    pub deadline: Option<Instant>,
    /// Whether to say how long the rows last ([`Found::lasts`]), for a cache.
    pub asks_lasts: bool,
}

impl ReadOptions {
    /// The answer of the store, as long as there is time. An answer that is there counts, however late it is.
    ///
    /// # Errors
    /// [`Error::Late`] from the deadline on, and what `answer` says before.
    pub async fn bound<T>(
        self,
        store: &str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(deadline) = self.deadline else {
            return answer.await;
        };
        let answer = timeout_at(deadline, answer).await;
        answer.unwrap_or_else(|_| Err(Error::late(store)))
    }

    /// The same, with at most so much time from now on.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        let end = Instant::now() + time;
        Self {
            deadline: Some(self.deadline.map_or(end, |deadline| deadline.min(end))),
            ..self
        }
    }
}

impl From<Freshness> for ReadOptions {
    fn from(freshness: Freshness) -> Self {
        Self {
            freshness,
            ..Self::default()
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// For each view, for each of its keys, the row.
    pub rows: StoredRows,
    /// For each view, for each of its keys, how long after the read began the store has for sure what was read, unless
    /// somebody changes it: [`Duration::MAX`] where it doesn't end by itself, nothing where that isn't known. Empty where
    /// it wasn't asked for, or nothing in the store ends by itself.
    pub lasts: Vec<Vec<Duration>>,
    /// What the cache did; `None` where there is none.
    pub cache: Option<CacheReport>,
    /// Whether a replica told some of the rows, so that they may be older than what was written last.
    pub from_replica: bool,
    /// Whether some of the rows were on their way from one server of a cluster to another. A cache doesn't keep them:
    /// the other may not tell it of changes yet.
    pub is_moving: bool,
}

impl Found {
    /// Rows straight out of a store.
    #[must_use]
    pub fn uncached(rows: impl Into<StoredRows>) -> Self {
        Self {
            rows: rows.into(),
            ..Self::default()
        }
    }
}

/// What a cache did for a read. Each row that was asked for counts once, absent ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheReport {
    /// Rows that came out of the cache.
    pub hits: u64,
    /// Rows that were read from the store.
    pub misses: u64,
    /// How long ago the oldest of the hits was read from the store; nothing without a hit.
    pub oldest: Option<Duration>,
    /// Whether rows are told that the store could not confirm, because it is away.
    pub is_stale: bool,
}

/// Reads rows of one project. Never writes.
#[async_trait]
pub trait OnlineReader: Send + Sync {
    /// Makes the names of a view and of its features ready for reads, so that a read does nothing with names. For
    /// callers that read the same features again: a prepared view is to be kept.
    ///
    /// `view` is the view's stored name, with `_vN` where Feast stores versions apart; `features` are names without
    /// the view's. A view that another reader has prepared is read as well, but not out of a cache.
    fn prepare(&self, view: &str, features: &[String]) -> Arc<PreparedView> {
        Arc::new(PreparedView::new(view, features))
    }

    /// The rows of `views`, shaped as asked: for each view, for each of its keys, the row, or `None`
    /// where the store has none (a view that was never written has none).
    ///
    /// Keys that several views share are asked for once. The views of one read are not promised to be of
    /// one instant; the features of one row are.
    ///
    /// # Errors
    /// [`Error::Late`] at the deadline of `options`, and what was not sent to the store before is not sent any more;
    /// [`Error::Unavailable`] where the store is away or too slow, within seconds; [`Error::Corrupt`] where
    /// the store as a whole can't be read, as one row never makes it (see [`RowRef::damage`]);
    /// [`Error::Denied`].
    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// As [`Self::read`].
    async fn ping(&self) -> Result<(), Error>;

    /// Whether reads fail at once, but for one now and then, as the store has not answered for a while. A cache has
    /// nobody wait for that one but the request whose read it is.
    fn is_left_alone(&self) -> bool {
        false
    }

    /// The store has answered somebody else after it had not: a cache, which drops what it could tell without the store.
    fn is_back(&self) {}
}
