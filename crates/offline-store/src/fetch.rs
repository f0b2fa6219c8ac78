//! The second of two readings: all columns of the latest rows, and of no others.

use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, UInt64Array};

use crate::{Error, arrange::Found, columns::Columns};

mod parquet;
mod text;

pub(crate) use parquet::fetch_parquet;
pub(crate) use text::fetch_csv;

/// Rows of one file that are to be read.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Numbers of rows in the file, ascending.
    pub(crate) rows: Arc<[u64]>,
    pub(crate) columns: Arc<Columns>,
    /// The file, for messages.
    pub(crate) file: Arc<str>,
    /// Most rows in a batch.
    pub(crate) batch_rows: usize,
}

impl Wanted {
    /// What was found at `numbers` of the file.
    fn found(&self, batch: RecordBatch, numbers: &[u64]) -> Result<Found, Error> {
        if batch.num_rows() != numbers.len() {
            return Err(self.changed());
        }
        Ok(Found {
            batch,
            numbers: numbers.to_vec(),
            file: Arc::clone(&self.file),
        })
    }

    /// The rows that were wanted a moment ago aren't there.
    fn changed(&self) -> Error {
        Error::Changed {
            path: self.file.to_string(),
        }
    }
}

/// The rows of a batch at `indices`.
fn taken(batch: &RecordBatch, indices: Vec<u64>) -> Result<RecordBatch, arrow::error::ArrowError> {
    let indices = UInt64Array::from(indices);
    debug_assert_eq!(indices.null_count(), 0);
    arrow::compute::take_record_batch(batch, &indices)
}
