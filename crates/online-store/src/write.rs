use async_trait::async_trait;
use feature_model::{ProjectName, Timestamp, Value};

use crate::Error;

/// A feature view as a store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredView {
    /// The project that the rows belong to.
    pub project: ProjectName,
    /// The view's stored name, with `_vN` where Feast stores versions apart.
    pub name: String,
    /// Join keys in any order.
    pub join_keys: Vec<String>,
    /// Names of all features, in the order of [`WriteBatch::columns`].
    pub features: Vec<String>,
}

/// Rows to write, as columns of equal length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteBatch {
    /// Serialized entity keys, without a project. Where a key comes twice the newest row counts, of
    /// equally new ones the last.
    pub keys: Vec<Vec<u8>>,
    /// The event time of each row.
    pub event_timestamps: Vec<Timestamp>,
    /// When each row was created, where known; no elements where no row has one. Only SQLite keeps it.
    pub created_timestamps: Vec<Option<Timestamp>>,
    /// `columns[feature][row]`, features in the order of [`StoredView::features`].
    pub columns: Vec<Vec<Value>>,
}

/// What became of the rows of a batch: each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteReport {
    /// Rows that are in the store now.
    pub written: u64,
    /// Rows that were left out because a newer one is there, or came later in the batch.
    pub stale: u64,
}

/// Writes rows of one project.
#[async_trait]
pub trait OnlineWriter: Send + Sync {
    /// Makes the store ready for the view's rows: in SQLite its table. Changes nothing that is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Denied`].
    async fn prepare(&self, view: &StoredView) -> Result<(), Error>;

    /// Writes each row unless the store has a newer one for its key, decided atomically in the store and
    /// for all features of the row alike: an older row never replaces a newer one, whoever else writes;
    /// a row of equal event time replaces.
    ///
    /// The batch as a whole is not atomic. Where this fails some rows may have been written; writing the
    /// batch again is safe.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Denied`]; [`Error::Config`] where the batch's columns don't match
    /// the view.
    async fn write(&self, view: &StoredView, batch: WriteBatch) -> Result<WriteReport, Error>;

    /// Whether a view whose rows come in the order of their keys is written faster. Any order is right.
    fn prefers_key_order(&self) -> bool;

    /// Whether the store has a row of the view.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Denied`].
    async fn has_data(&self, view: &StoredView) -> Result<bool, Error>;

    /// Removes the view's rows, of this project only, and says how many there were. Rows of other views
    /// under the same entity keys stay.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Denied`].
    async fn remove_view(&self, view: &StoredView) -> Result<u64, Error>;
}
