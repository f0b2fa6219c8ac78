//! A reply as an Arrow IPC stream: one record batch, with a column for each name of the reply.
//!
//! Columns have the type that the registry declares, so that a client needn't guess it from the values. What stands
//! beside the values comes behind all of them, where it is wanted: `NAME:status`, then `NAME:event_timestamp` (no feature
//! reference can name a feature with a colon, so no name is taken twice).

mod column;
mod keys;

use std::{collections::HashMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, RecordBatch, RecordBatchOptions,
    builder::{StringBuilder, TimestampMicrosecondBuilder},
};
use arrow_ipc::{
    MetadataVersion,
    writer::{IpcWriteOptions, StreamWriter},
};
use arrow_schema::{ArrowError, Field, Schema};
use feature_model::Timestamp;
use serde_json::value::RawValue;
use settings::NonFinite;

use super::{
    Beside, Encoded, Status,
    reads::{Damage, ReadRows},
};
use crate::{
    join_key::KeyType,
    read::Stored,
    resolve::{Output, ServingPlan},
    rows::Rows,
    stored_values::Cell,
    transform::Computed,
};
use column::ColumnBuilder;

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
    stored: &Stored,
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
    let body = write(plan, rows.len, columns)?;
    Ok(Encoded {
        body,
        corrupt: told.damage.into_corrupt(),
    })
}

/// A column under its name.
type Named = (String, ArrayRef);

fn write(plan: &ServingPlan, rows: usize, columns: Vec<Named>) -> Result<Vec<u8>, ArrowError> {
    let fields = columns.iter();
    let fields = fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>()).with_metadata(schema_metadata(plan));
    let arrays: Vec<ArrayRef> = columns.into_iter().map(|(_, array)| array).collect();
    let bytes: usize = arrays.iter().map(Array::get_buffer_memory_size).sum();
    let batch = RecordBatch::try_new_with_options(
        Arc::new(schema),
        arrays,
        &RecordBatchOptions::new().with_row_count(Some(rows)),
    )?;
    let options = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
    let out = Vec::with_capacity(bytes + 256 * (1 + batch.num_columns()));
    let mut writer = StreamWriter::try_new_with_options(out, &batch.schema(), options)?;
    writer.write(&batch)?;
    writer.into_inner()
}

/// `feature_view_metadata`, as JSON has it, where the request wants the versions of views.
fn schema_metadata(plan: &ServingPlan) -> HashMap<String, String> {
    #[derive(serde::Deserialize)]
    struct Metadata<'m> {
        #[serde(borrow)]
        feature_view_metadata: Option<&'m RawValue>,
    }
    if !plan.tells_versions {
        return HashMap::new();
    }
    let metadata = serde_json::from_slice::<Metadata<'_>>(&plan.metadata).ok();
    let versions = metadata.and_then(|metadata| metadata.feature_view_metadata);
    let entry = |json: &RawValue| ("feature_view_metadata".to_owned(), json.get().to_owned());
    versions.map(entry).into_iter().collect()
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
    fn columns(&mut self) -> Vec<Named> {
        let Self { plan, options, .. } = *self;
        let all = plan.outputs.len();
        let mut values = Vec::with_capacity(3 * all);
        let mut statuses = Vec::new();
        for (index, (output, name)) in plan.outputs.iter().zip(&plan.names).enumerate() {
            self.statuses.clear();
            values.push((name.clone(), self.values(index, *output)));
            if options.beside.statuses {
                statuses.push((format!("{name}:status"), self.status_column()));
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
        for key in rows.positions {
            let told = match rows.standing(*key).cell(feature) {
                Cell::Stored(bytes) => column.stored(bytes),
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
    fn add_event_timestamps(&self, columns: &mut Vec<Named>) {
        let mut of_reads: Vec<Option<ArrayRef>> = vec![None; self.reads.len()];
        let mut of_others: Option<ArrayRef> = None;
        for (output, name) in self.plan.outputs.iter().zip(&self.plan.names) {
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
            columns.push((format!("{name}:event_timestamp"), Arc::clone(array)));
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
