//! From the rows that were found to the batches that are written.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use feature_model::{Timestamp, Value};
use tokio::sync::mpsc::{Receiver, Sender};

use crate::{
    Error, RejectedRow, RowBatch,
    columns::{Column, Columns},
    convert::{self, Unreadable},
    decide::instants,
    keys::shown_key,
};

/// Memory for the rows of a run. As many rows as fit are sorted at once: 50 columns of 8 bytes are some
/// 90,000 rows.
const RUN_BYTES: usize = 48 * 1024 * 1024;
/// What a row takes in a run beside its columns: the bytes it is sorted by, and its place.
const ROW_BYTES: usize = 128;

/// What rows are sorted by: for the join keys of a row some bytes, which are then compared.
#[derive(Clone)]
pub struct SortKey(Arc<BytesOfKey>);

type BytesOfKey = dyn Fn(&[&Value]) -> Vec<u8> + Send + Sync;

impl SortKey {
    /// `bytes` is called once for each row, with the values of [`crate::LatestRowsRequest::join_keys`].
    #[must_use]
    pub fn new(bytes: impl Fn(&[&Value]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }
}

impl fmt::Debug for SortKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SortKey")
    }
}

/// Rows of a file, all columns of them.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) batch: RecordBatch,
    /// Their numbers in the file.
    pub(crate) numbers: Vec<u64>,
    pub(crate) file: Arc<str>,
}

impl Found {
    fn place(&self, row: usize) -> Place<'_> {
        Place {
            file: &self.file,
            row: self.numbers[row],
        }
    }
}

/// Where a row comes from, for messages.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    row: u64,
}

/// Turns what is found into batches of values, sorted in runs where that is asked for.
pub(crate) struct Arranging {
    pub(crate) columns: Arc<Columns>,
    pub(crate) sort_key: Option<SortKey>,
    pub(crate) batch_rows: usize,
    pub(crate) out: Sender<Result<RowBatch, Error>>,
}

impl Arranging {
    /// Until all is found. Blocks, and needs a thread of its own.
    pub(crate) fn run(self, mut found: Receiver<Found>) -> Result<(), Error> {
        let mut run = Run::default();
        while let Some(found) = found.blocking_recv() {
            let Some(sort_key) = &self.sort_key else {
                let places: Vec<Place<'_>> = (0..found.numbers.len())
                    .map(|row| found.place(row))
                    .collect();
                self.send(&found.batch, &places)?;
                continue;
            };
            if !run.takes(&found) {
                self.send_sorted(&std::mem::take(&mut run), sort_key)?;
            }
            run.push(found);
        }
        match &self.sort_key {
            Some(sort_key) => self.send_sorted(&run, sort_key),
            None => Ok(()),
        }
    }

    fn send_sorted(&self, run: &Run, sort_key: &SortKey) -> Result<(), Error> {
        let batches: Vec<&RecordBatch> = run.found.iter().map(|found| &found.batch).collect();
        for rows in self.sorted(run, sort_key).chunks(self.batch_rows) {
            let places: Vec<Place<'_>> = rows
                .iter()
                .map(|(found, row)| run.found[*found].place(*row))
                .collect();
            let batch = interleave_record_batch(&batches, rows)
                .map_err(|error| Error::unavailable(places[0].file, error))?;
            self.send(&batch, &places)?;
        }
        Ok(())
    }

    /// All rows of a run in their order, as numbers of a part and of a row in it.
    fn sorted(&self, run: &Run, sort_key: &SortKey) -> Vec<(usize, usize)> {
        let mut rows = Vec::new();
        for (number, found) in run.found.iter().enumerate() {
            let keys = values(
                &found.batch,
                &self.columns.join_keys,
                &mut Unreadable::new(),
            );
            rows.extend((0..found.numbers.len()).map(|row| {
                let key: Vec<&Value> = keys.iter().map(|column| &column[row]).collect();
                ((sort_key.0)(&key).into_boxed_slice(), number, row)
            }));
        }
        rows.sort_unstable();
        rows.into_iter()
            .map(|(_, number, row)| (number, row))
            .collect()
    }

    fn send(&self, batch: &RecordBatch, places: &[Place<'_>]) -> Result<(), Error> {
        let rows = self.converted(batch, places)?;
        self.out
            .blocking_send(Ok(rows))
            .map_err(|_| Error::abandoned())
    }

    fn converted(&self, batch: &RecordBatch, places: &[Place<'_>]) -> Result<RowBatch, Error> {
        let mut unreadable = Unreadable::new();
        let join_keys = values(batch, &self.columns.join_keys, &mut unreadable);
        let features = values(batch, &self.columns.features, &mut unreadable);
        let at = instants(batch, &self.columns.timestamp, &mut unreadable);
        if let Some(row) = at.iter().position(Option::is_none) {
            return Err(Error::Changed {
                path: places[row].file.to_owned(),
            });
        }
        let created = match &self.columns.created {
            Some(name) => instants(batch, name, &mut unreadable),
            None => vec![None; places.len()],
        };
        let mut out = RowBatch {
            join_keys,
            event_timestamps: at.into_iter().map(Option::unwrap_or_default).collect(),
            created_timestamps: created,
            columns: features,
            ..RowBatch::default()
        };
        if !unreadable.is_empty() {
            self.reject(unreadable, places, &mut out);
        }
        Ok(out)
    }

    fn reject(&self, unreadable: Unreadable, places: &[Place<'_>], out: &mut RowBatch) {
        let keep: Vec<bool> = (0..places.len())
            .map(|row| !unreadable.contains_key(&row))
            .collect();
        for (row, reason) in unreadable {
            let rejected = RejectedRow {
                file: places[row].file.to_owned(),
                row: places[row].row,
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

/// Rows to be sorted together, of one schema.
#[derive(Default)]
struct Run {
    found: Vec<Found>,
    bytes: usize,
}

impl Run {
    fn takes(&self, found: &Found) -> bool {
        self.found.last().is_none_or(|last| {
            self.bytes < RUN_BYTES && last.batch.schema() == found.batch.schema()
        })
    }

    fn push(&mut self, found: Found) {
        self.bytes += found.batch.get_array_memory_size() + found.numbers.len() * ROW_BYTES;
        self.found.push(found);
    }
}

/// `[column][row]`; nulls for a column that the file doesn't have.
fn values(batch: &RecordBatch, columns: &[Column], unreadable: &mut Unreadable) -> Vec<Vec<Value>> {
    columns
        .iter()
        .map(|column| match batch.column_by_name(&column.name) {
            Some(array) => convert::column(&column.name, array, &column.declared, unreadable),
            None => vec![Value::Null; batch.num_rows()],
        })
        .collect()
}

fn retain<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut kept = keep.iter();
    column.retain(|_| *kept.next().unwrap_or(&true));
}
