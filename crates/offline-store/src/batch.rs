use std::sync::atomic::{AtomicU64, Ordering};

use feature_model::{Timestamp, Value};

/// Rows to be written, column by column. All columns have one value for each row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowBatch {
    /// `[join key][row]`, join keys in the order of the request. None is null.
    pub join_keys: Vec<Vec<Value>>,
    /// Event time of each row.
    pub event_timestamps: Vec<Timestamp>,
    /// When each row was made, where the source tells it.
    pub created_timestamps: Vec<Option<Timestamp>>,
    /// `[feature][row]`, features in the order of the request.
    pub columns: Vec<Vec<Value>>,
    /// Rows that cannot be read: the first of each batch, as many as [`RowBatch::MOST_REJECTED`].
    pub rejected: Vec<RejectedRow>,
    /// How many rows cannot be read; may be more than `rejected` tells of.
    pub rejected_count: u64,
}

impl RowBatch {
    /// How many rejected rows a batch describes.
    pub const MOST_REJECTED: usize = 16;

    /// How many rows there are to write.
    #[must_use]
    pub fn len(&self) -> usize {
        self.event_timestamps.len()
    }

    /// Whether there is nothing to write; there may still be rejected rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.event_timestamps.is_empty()
    }

    pub(crate) fn reject(&mut self, row: RejectedRow) {
        self.rejected_count += 1;
        if self.rejected.len() < Self::MOST_REJECTED {
            self.rejected.push(row);
        }
    }
}

/// A row that cannot be read and was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// The file it is in.
    pub file: String,
    /// Its number in that file; the first row (not the header line) is 0.
    pub row: u64,
    /// Its join keys, such as `driver_id=1001`.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

/// How far reading has come. Counters only grow, and may be read at any time from any thread.
#[derive(Debug, Default)]
pub struct ScanProgress {
    pub(crate) scanned: AtomicU64,
    pub(crate) total: AtomicU64,
    pub(crate) in_interval: AtomicU64,
    pub(crate) entities: AtomicU64,
}

impl ScanProgress {
    /// Rows of the source that were looked at to find the latest ones. Rows that the file's statistics
    /// put outside the interval are skipped and don't count.
    #[must_use]
    pub fn rows_scanned(&self) -> u64 {
        self.scanned.load(Ordering::Relaxed)
    }

    /// Rows in all files: exact for Parquet, estimated from the size for CSV.
    #[must_use]
    pub fn rows_in_source(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Rows of the source within the interval.
    #[must_use]
    pub fn rows_in_interval(&self) -> u64 {
        self.in_interval.load(Ordering::Relaxed)
    }

    /// How many entities have a row in the interval; 0 until all rows were looked at. So many rows
    /// follow, less those that are rejected.
    #[must_use]
    pub fn entities(&self) -> u64 {
        self.entities.load(Ordering::Relaxed)
    }
}
