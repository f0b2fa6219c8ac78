use feature_model::MaterializationInterval;
use offline_store::{RejectedRow, RowBatch};
use serde::Serialize;

/// What became of the rows of one view.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ViewReport {
    /// The view.
    pub(crate) view: String,
    /// First event time that was loaded.
    pub(crate) start: String,
    /// Last event time that was loaded.
    pub(crate) end: String,
    /// Rows of the source in the interval.
    pub(crate) read: u64,
    /// Entities with a row in the interval.
    pub(crate) entities: u64,
    /// Rows that are in the store now.
    pub(crate) written: u64,
    /// Rows that were left out because the store has newer ones.
    pub(crate) stale: u64,
    /// Rows that can't be read.
    pub(crate) rejected: u64,
    /// The first of them.
    pub(crate) first_rejected: Vec<String>,
    /// From the first write to the last acknowledgement.
    pub(crate) write_seconds: f64,
    /// From the first look at the source to the last acknowledgement.
    pub(crate) seconds: f64,
}

/// How many rejected rows a report describes.
const MOST_SHOWN: usize = 5;

impl ViewReport {
    pub(super) fn new(view: &str, interval: MaterializationInterval) -> Self {
        Self {
            view: view.to_owned(),
            start: interval.start_time.to_string(),
            end: interval.end_time.to_string(),
            read: 0,
            entities: 0,
            written: 0,
            stale: 0,
            rejected: 0,
            first_rejected: Vec::new(),
            write_seconds: 0.0,
            seconds: 0.0,
        }
    }

    /// Counts the rejected rows of a batch, and keeps the first few for people.
    pub(super) fn note_rejected(&mut self, batch: &RowBatch) {
        self.rejected += batch.rejected_count;
        let room = MOST_SHOWN.saturating_sub(self.first_rejected.len());
        self.first_rejected
            .extend(batch.rejected.iter().take(room).map(shown));
    }
}

/// A rejected row in one line.
pub(super) fn shown(row: &RejectedRow) -> String {
    format!(
        "row {} of `{}` ({}): {}",
        row.row, row.file, row.key, row.reason
    )
}
