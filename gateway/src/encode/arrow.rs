//! A reply as an Arrow IPC stream: one record batch, with a column for each name of the reply.
//!
//! Columns have the type that the registry declares, so that a client needn't guess it from the values. What stands
//! beside the values comes behind all of them, where it is wanted: `NAME:status`, then `NAME:event_timestamp` (no feature
//! reference can name a feature with a colon, so no name is taken twice).

mod column;
mod head;
mod keys;

use std::sync::Arc;

use arrow_array::{
    ArrayRef, RecordBatch, RecordBatchOptions,
    builder::{StringBuilder, TimestampMicrosecondBuilder},
};
use arrow_ipc::{
    MetadataVersion,
    writer::{
        DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions, write_message,
    },
};
use arrow_schema::ArrowError;
use feature_model::Timestamp;
use online_store::StoredRows;
use settings::NonFinite;

use super::{
    Beside, Encoded, Status,
    reads::{Damage, ReadRows},
};
use crate::{
    join_key::KeyType,
    resolve::{Output, ServingPlan},
    rows::Rows,
    stored_values::Cell,
    transform::Computed,
};
use column::ColumnBuilder;
pub use head::StreamHeads;

/// The media type of such a stream.
pub const MEDIA_TYPE: &str = "application/vnd.apache.arrow.stream";

/// How a stream is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrowOptions {
    /// What is told beside the values.
    pub beside: Beside,
    /// How floats that JSON has no numbers for are told within values that are told as the text of JSON.
    pub non_finite: NonFinite,
    /// The time of the request: what is older than its view's ttl now isn't told.
    pub now: Timestamp,
}

/// Buffers begin at multiples of so many bytes: the least that Arrow allows, since columns are short.
const ALIGNMENT: usize = 8;

const ZONE: &str = "UTC";

/// Writes the reply to an ask, as [`encode`](super::encode) does in JSON.
///
/// # Errors
/// Where Arrow refuses what was made: a defect of Salver's.
pub fn encode_arrow(
    plan: &ServingPlan,
    rows: &Rows,
    stored: &StoredRows,
    computed: &Computed,
    options: ArrowOptions,
) -> Result<Encoded, ArrowError> {
    let mut told = Told {
        plan,
        rows,
        computed,
        options,
        reads: ReadRows::of(plan, rows, stored, options.now),
        damage: Damage::none(plan),
        statuses: Vec::with_capacity(rows.len),
    };
    let columns = told.columns();
    let body = write(&told, columns)?;
    Ok(Encoded {
        body,
        corrupt: told.damage.into_corrupt(),
    })
}

/// What the stream holds: how it begins, one record batch, how it ends.
fn write(told: &Told<'_>, columns: Vec<ArrayRef>) -> Result<Vec<u8>, ArrowError> {
    let Told { plan, rows, .. } = *told;
    let head = plan.stream_heads.of(plan, told.options.beside, &columns)?;
    let with_rows = RecordBatchOptions::new().with_row_count(Some(rows.len));
    let schema = Arc::clone(&head.schema);
    let batch = RecordBatch::try_new_with_options(schema, columns, &with_rows)?;
    let options = ipc_options()?;
    let (_, batch) = IpcDataGenerator::default().encode(
        &batch,
        &mut DictionaryTracker::new(false), // no column has a dictionary
        &options,
        &mut IpcWriteContext::default(),
    )?;
    let len = head.bytes.len() + batch.ipc_message.len() + batch.arrow_data.len();
    let mut out = Vec::with_capacity(len + 64);
    out.extend_from_slice(&head.bytes);
    write_message(&mut out, batch, &options)?;
    out.extend_from_slice(&head::END);
    Ok(out)
}

fn ipc_options() -> Result<IpcWriteOptions, ArrowError> {
    IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)
}

/// What the columns are made of.
struct Told<'a> {
    plan: &'a ServingPlan,
    rows: &'a Rows,
    computed: &'a Computed,
    options: ArrowOptions,
    reads: Vec<ReadRows<'a>>,
    damage: Damage<'a>,
    /// Of the column that was made last.
    statuses: Vec<Status>,
}

impl Told<'_> {
    fn columns(&mut self) -> Vec<ArrayRef> {
        let Self { plan, options, .. } = *self;
        let all = plan.outputs.len();
        let mut values = Vec::with_capacity(3 * all);
        let mut statuses = Vec::new();
        for (index, output) in plan.outputs.iter().enumerate() {
            self.statuses.clear();
            values.push(self.values(index, *output));
            if options.beside.statuses {
                statuses.push(self.status_column());
            }
        }
        values.append(&mut statuses);
        if options.beside.event_timestamps {
            self.add_event_timestamps(&mut values);
        }
        values
    }

    fn values(&mut self, index: usize, output: Output) -> ArrayRef {
        match output {
            Output::Key(typed) => {
                let typed = self.plan.typed.get(typed);
                self.key_column(index, typed.map_or(KeyType::Inferred, |it| it.key_type))
            }
            Output::Given(_) => self.key_column(index, KeyType::Inferred),
            Output::Computed(from) => {
                let mut column = self.builder(index);
                for row in 0..self.rows.len {
                    let status = match self.computed.value(from, row) {
                        None => column.null(Status::TransformError),
                        // a plugin's columns were checked when it was called
                        Some(value) => column.value(&value).unwrap_or(Status::Invalid),
                    };
                    self.statuses.push(status);
                }
                column.finish()
            }
            Output::Feature { read, feature } => self.stored_column(index, read, feature),
        }
    }

    fn key_column(&mut self, index: usize, key_type: KeyType) -> ArrayRef {
        self.statuses.resize(self.rows.len, Status::Present);
        keys::column(self.rows.echoed.get(index), self.rows.len, key_type)
    }

    fn stored_column(&mut self, index: usize, read: usize, feature: usize) -> ArrayRef {
        let mut column = self.builder(index);
        let Some(rows) = self.reads.get(read) else {
            return column.finish();
        };
        let mut rest = rows.positions;
        loop {
            let added = column.short_integers(rows.short_integers(rest, feature));
            let present = self.statuses.len() + added;
            self.statuses.resize(present, Status::Present);
            let Some((key, after)) = rest.get(added..).and_then(<[_]>::split_first) else {
                break;
            };
            rest = after;
            let told = match rows.standing(*key).cell(feature) {
                Cell::Stored(held) => column.stored(held),
                Cell::Untold(status) => Ok(column.null(status)),
                Cell::Damaged(why) => {
                    column.null(Status::Invalid);
                    Err(why.to_owned())
                }
            };
            let status = told.unwrap_or_else(|why| self.damage.tell(read, feature, &why));
            self.statuses.push(status);
        }
        column.finish()
    }

    fn builder(&self, index: usize) -> ColumnBuilder {
        let data_type = self.plan.types.get(index);
        ColumnBuilder::new(data_type, self.rows.len, self.options.non_finite)
    }

    fn status_column(&self) -> ArrayRef {
        let mut column = StringBuilder::with_capacity(self.statuses.len(), self.statuses.len() * 8);
        for status in &self.statuses {
            column.append_value(status.name());
        }
        Arc::new(column.finish())
    }

    /// All features of a read have one column, and all join keys one of nulls.
    fn add_event_timestamps(&self, columns: &mut Vec<ArrayRef>) {
        let mut of_reads: Vec<Option<ArrayRef>> = vec![None; self.reads.len()];
        let mut of_others: Option<ArrayRef> = None;
        for output in &self.plan.outputs {
            let read = match output {
                Output::Feature { read, .. } => self.reads.get(*read).zip(of_reads.get_mut(*read)),
                Output::Key(_) | Output::Given(_) | Output::Computed(_) => None,
            };
            let array = match read {
                Some((rows, array)) => array.get_or_insert_with(|| event_timestamps(rows)),
                None => of_others.get_or_insert_with(|| {
                    let mut nulls = timestamps(self.rows.len);
                    nulls.append_nulls(self.rows.len);
                    Arc::new(nulls.finish())
                }),
            };
            columns.push(Arc::clone(array));
        }
    }
}

fn timestamps(len: usize) -> TimestampMicrosecondBuilder {
    TimestampMicrosecondBuilder::with_capacity(len).with_timezone(ZONE)
}

fn event_timestamps(rows: &ReadRows<'_>) -> ArrayRef {
    let mut column = timestamps(rows.positions.len());
    for key in rows.positions {
        let time = rows.standing(*key).event_timestamp();
        column.append_option(time.map(microseconds));
    }
    Arc::new(column.finish())
}

/// What is told lies in the years 0 to 9999, which fit.
fn microseconds(time: Timestamp) -> i64 {
    let seconds = time.seconds().saturating_mul(1_000_000);
    seconds.saturating_add(i64::from(time.subsecond_nanos() / 1_000))
}

#[cfg(test)]
mod tests;
