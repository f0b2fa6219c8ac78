//! The first of two readings: of every row only its keys and times, to find the latest row per entity.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{ArrayRef, Decimal128Array, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use feature_model::{Timestamp, Value};

use crate::{
    Error, RejectedRow, RowBatch, ScanProgress,
    cell::{Cell, cell, unpacked},
    columns::Columns,
    convert::{self, Unreadable},
    keys::{key_arrays, key_type, shown_key},
    scan::Rows,
    window::Window,
};

/// Files a source may have, and rows each of them may have: a row is numbered by both.
const ROW_BITS: u32 = 40;

/// The number of a row among all rows of a source, ascending in the order of files and rows.
pub(crate) fn row_id(file: usize, row: u64) -> u64 {
    ((file as u64) << ROW_BITS) | row
}

/// The file and the row in it.
pub(crate) fn file_and_row(id: u64) -> (usize, u64) {
    let file = usize::try_from(id >> ROW_BITS).unwrap_or(usize::MAX);
    (file, id & ((1 << ROW_BITS) - 1))
}

/// Nanoseconds since 1970 in 128 bits, which hold every instant of every unit.
pub(crate) const INSTANT: ArrowType = ArrowType::Decimal128(38, 0);

/// What [`deciding`] makes: one column for each join key (`k0`, `k1`, ..), `at`, `created` and `row`. A view
/// without join keys has one key that is always 0.
pub(crate) fn deciding_schema(columns: &Columns) -> SchemaRef {
    let keys = columns.join_keys.iter().map(|key| key_type(&key.declared));
    let keys: Vec<ArrowType> = keys.collect();
    let keys = if keys.is_empty() {
        vec![ArrowType::Int64]
    } else {
        keys
    };
    let mut fields: Vec<Field> = keys
        .into_iter()
        .enumerate()
        .map(|(index, kind)| Field::new(format!("k{index}"), kind, false))
        .collect();
    fields.push(Field::new("at", INSTANT, false));
    fields.push(Field::new("created", INSTANT, true));
    fields.push(Field::new("row", ArrowType::UInt64, false));
    Arc::new(Schema::new(fields))
}

/// Where rows of a file come from and which of them are wanted.
pub(crate) struct Decider {
    pub(crate) columns: Columns,
    pub(crate) window: Window,
    pub(crate) schema: SchemaRef,
    pub(crate) progress: Arc<ScanProgress>,
}

impl Decider {
    /// Keys, times and numbers of the rows that are in the window and can be read. The others are left
    /// out, and told of in `rejected` unless they lie outside.
    pub(crate) fn deciding(
        &self,
        rows: &Rows,
        file: (usize, &str),
        rejected: &mut RowBatch,
    ) -> Result<RecordBatch, Error> {
        let batch = &rows.batch;
        let mut unreadable = rows.unreadable.clone();
        let at = self.event_times(batch, &mut unreadable);
        let created = self.created_times(batch, &mut unreadable);
        let keys = self.keys(batch, &mut unreadable);
        let wanted = |row: &usize| at[*row].is_none_or(|at| self.window.contains(at));
        let kept: Vec<usize> = (0..batch.num_rows())
            .filter(|row| wanted(row) && !unreadable.contains_key(row))
            .collect();
        let scanned = batch.num_rows() as u64;
        self.progress.scanned.fetch_add(scanned, Ordering::Relaxed);
        let in_interval = kept.len() as u64;
        self.progress
            .in_interval
            .fetch_add(in_interval, Ordering::Relaxed);
        for (row, reason) in unreadable.into_iter().filter(|(row, _)| wanted(row)) {
            self.progress.in_interval.fetch_add(1, Ordering::Relaxed);
            rejected.reject(RejectedRow {
                file: file.1.to_owned(),
                row: rows.numbers[row],
                key: shown_key(&self.columns, &keys, row),
                reason,
            });
        }
        let instants = |times: &[Option<Timestamp>]| -> ArrayRef {
            let nanos = kept.iter().map(|row| times[*row].map(Timestamp::as_nanos));
            Arc::new(Decimal128Array::from_iter(nanos).with_data_type(INSTANT))
        };
        let ids = kept.iter().map(|row| row_id(file.0, rows.numbers[*row]));
        let mut arrays = key_arrays(&keys, &self.schema, &kept);
        arrays.push(instants(&at));
        arrays.push(instants(&created));
        arrays.push(Arc::new(UInt64Array::from_iter_values(ids)));
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .map_err(|error| Error::unavailable(file.1, error))
    }

    fn event_times(
        &self,
        batch: &RecordBatch,
        unreadable: &mut Unreadable,
    ) -> Vec<Option<Timestamp>> {
        let name = &self.columns.timestamp;
        let times = instants(batch, name, unreadable);
        for (row, _) in times.iter().enumerate().filter(|(_, at)| at.is_none()) {
            unreadable
                .entry(row)
                .or_insert_with(|| format!("`{name}`: the event timestamp is null"));
        }
        times
    }

    fn created_times(
        &self,
        batch: &RecordBatch,
        unreadable: &mut Unreadable,
    ) -> Vec<Option<Timestamp>> {
        match &self.columns.created {
            Some(name) => instants(batch, name, unreadable),
            None => vec![None; batch.num_rows()],
        }
    }

    fn keys(&self, batch: &RecordBatch, unreadable: &mut Unreadable) -> Vec<Vec<Value>> {
        let mut keys = Vec::with_capacity(self.columns.join_keys.len());
        for column in &self.columns.join_keys {
            let values = match batch.column_by_name(&column.name) {
                Some(array) => convert::column(&column.name, array, &column.declared, unreadable),
                None => vec![Value::Null; batch.num_rows()],
            };
            for (row, _) in values.iter().enumerate().filter(|(_, v)| v.is_null()) {
                unreadable
                    .entry(row)
                    .or_insert_with(|| format!("`{}`: the join key is null", column.name));
            }
            keys.push(values);
        }
        keys
    }
}

/// Instants of a column; a column that the batch lacks is null.
pub(crate) fn instants(
    batch: &RecordBatch,
    name: &str,
    unreadable: &mut Unreadable,
) -> Vec<Option<Timestamp>> {
    let Some(array) = batch.column_by_name(name) else {
        return vec![None; batch.num_rows()];
    };
    let array = unpacked(array);
    (0..batch.num_rows())
        .map(|row| match cell(&array, row) {
            Cell::Null => None,
            found => match convert::instant(&found) {
                Ok(at) => Some(at),
                Err(reason) => {
                    unreadable
                        .entry(row)
                        .or_insert_with(|| format!("`{name}`: {reason}"));
                    None
                }
            },
        })
        .collect()
}
