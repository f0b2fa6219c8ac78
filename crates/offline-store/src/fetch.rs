//! The second of two readings: all columns of the latest rows, and of no others.

use std::sync::Arc;

use arrow::array::{Array as _, RecordBatch, UInt64Array};
use feature_model::{Timestamp, Value};

use crate::{
    Error, RejectedRow, RowBatch,
    columns::Columns,
    convert::{self, Unreadable},
    decide::instants,
    keys::shown_key,
};

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
    /// Values of the columns of a batch, whose rows are `numbers` of the file.
    fn converted(&self, batch: &RecordBatch, numbers: &[u64]) -> Result<RowBatch, Error> {
        if batch.num_rows() != numbers.len() {
            return Err(self.changed());
        }
        let mut unreadable = Unreadable::new();
        let rows = batch.num_rows();
        let columns = self.columns.as_ref();
        let mut read = |columns: &[crate::columns::Column]| -> Vec<Vec<Value>> {
            let each = columns
                .iter()
                .map(|column| match batch.column_by_name(&column.name) {
                    Some(array) => {
                        convert::column(&column.name, array, &column.declared, &mut unreadable)
                    }
                    None => vec![Value::Null; rows],
                });
            each.collect()
        };
        let join_keys = read(&columns.join_keys);
        let features = read(&columns.features);
        let at = instants(batch, &columns.timestamp, &mut unreadable);
        if at.iter().any(Option::is_none) {
            return Err(self.changed());
        }
        let created = match &columns.created {
            Some(name) => instants(batch, name, &mut unreadable),
            None => vec![None; rows],
        };
        let mut out = RowBatch {
            join_keys,
            event_timestamps: at.into_iter().map(Option::unwrap_or_default).collect(),
            created_timestamps: created,
            columns: features,
            ..RowBatch::default()
        };
        if !unreadable.is_empty() {
            self.reject(unreadable, numbers, &mut out);
        }
        Ok(out)
    }

    /// The rows that were wanted a moment ago aren't there.
    fn changed(&self) -> Error {
        Error::Changed {
            path: self.file.to_string(),
        }
    }

    fn reject(&self, unreadable: Unreadable, numbers: &[u64], out: &mut RowBatch) {
        let keep: Vec<bool> = (0..numbers.len())
            .map(|row| !unreadable.contains_key(&row))
            .collect();
        for (row, reason) in unreadable {
            let rejected = RejectedRow {
                file: self.file.to_string(),
                row: numbers[row],
                key: shown_key(&self.columns, &out.join_keys, row),
                reason,
            };
            out.reject(rejected);
        }
        for column in out.join_keys.iter_mut().chain(&mut out.columns) {
            retain(column, &keep);
        }
        retain(&mut out.event_timestamps, &keep);
        retain::<Option<Timestamp>>(&mut out.created_timestamps, &keep);
    }
}

fn retain<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut kept = keep.iter();
    column.retain(|_| *kept.next().unwrap_or(&true));
}

/// The rows of a batch at `indices`.
fn taken(batch: &RecordBatch, indices: Vec<u64>) -> Result<RecordBatch, arrow::error::ArrowError> {
    let indices = UInt64Array::from(indices);
    debug_assert_eq!(indices.null_count(), 0);
    arrow::compute::take_record_batch(batch, &indices)
}
