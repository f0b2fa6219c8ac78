use async_trait::async_trait;
use bytes::Bytes;
use feature_model::Timestamp;

use crate::Error;

/// What a read wants of one view.
#[derive(Clone, Copy, Debug)]
pub struct ViewRead<'a> {
    /// The view's stored name, with `_vN` where Feast stores versions apart.
    pub view: &'a str,
    /// Names of the features wanted, without the view's name.
    pub features: &'a [String],
    /// Serialized entity keys, each once, without a project.
    pub keys: &'a [Vec<u8>],
}

/// A row that is in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// When the row's values held; whole seconds where the store keeps no more.
    pub event_timestamp: Timestamp,
    /// A serialized `feast.types.Value` for each feature asked: `None` where the row has no such
    /// feature, no bytes where the value is null.
    pub values: Vec<Option<Bytes>>,
    /// Why the row can't be read, where that is so: it has no values then, and its event time means nothing.
    /// Bytes of a value are not looked at.
    pub damage: Option<Box<str>>,
}

impl StoredRow {
    /// A row of so many features that is there and can't be read.
    pub(crate) fn damaged(features: usize, reason: impl Into<Box<str>>) -> Self {
        Self {
            event_timestamp: Timestamp::EPOCH,
            values: vec![None; features],
            damage: Some(reason.into()),
        }
    }
}

/// Reads rows of one project. Never writes.
#[async_trait]
pub trait OnlineReader: Send + Sync {
    /// The rows of `views`, shaped as asked: for each view, for each of its keys, the row, or `None`
    /// where the store has none (a view that was never written has none).
    ///
    /// Keys that several views share are asked for once. The views of one read are not promised to be of
    /// one instant; the features of one row are.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the store is away or too slow, within seconds; [`Error::Corrupt`] where
    /// the store as a whole can't be read, as one row never makes it (see [`StoredRow::damage`]);
    /// [`Error::Denied`].
    async fn read(&self, views: &[ViewRead<'_>]) -> Result<Vec<Vec<Option<StoredRow>>>, Error>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// As [`Self::read`].
    async fn ping(&self) -> Result<(), Error>;
}
