//! The last stage: stored rows become the reply's JSON, in one buffer.
//!
//! Stored values go from their bytes into the reply without a table of values in between. What repeats
//! (statuses, event times, the metadata) is written once and copied.

pub mod arrow;
mod cells;
mod digits;
mod direct;
mod integers;
pub(crate) mod json;
mod reads;
mod zoned;

use feature_model::Timestamp;
use online_store::StoredRows;
use settings::{NonFinite, ResponseLayout};

use crate::{ask::Metadata, resolve::ServingPlan, rows::Rows, transform::Computed};
use cells::Cells;

/// How a reply is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeOptions {
    /// One item of `results` for each feature or for each row.
    pub layout: ResponseLayout,
    /// What is told beside the values.
    pub beside: Beside,
    /// How floats that JSON has no numbers for are told.
    pub non_finite: NonFinite,
    /// The time of the request: what is older than its view's ttl now isn't told.
    pub now: Timestamp,
}

/// What is told beside the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    /// How each value stands.
    pub statuses: bool,
    /// When each value held.
    pub event_timestamps: bool,
}

impl Beside {
    /// What a request wants of it; where it doesn't say, `unless_told`.
    #[must_use]
    pub fn wanted(metadata: Metadata, unless_told: bool) -> Self {
        Self {
            statuses: metadata.statuses.unwrap_or(unless_told),
            event_timestamps: metadata.event_timestamps.unwrap_or(unless_told),
        }
    }
}

/// What is told of a value beside it, by Feast's names (`feast.serving.FieldStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The value is the stored one. `null` then means that JSON has no form for it.
    Present,
    /// What is stored is a null.
    NullValue,
    /// No row is stored for the entity, or the row never had the feature.
    NotFound,
    /// The row is older than the view's ttl.
    OutsideMaxAge,
    /// The stored bytes can't be read.
    Invalid,
    /// The plugin that computes the value has failed, and the view's definition says to go on without it. Feast
    /// has no such status.
    TransformError,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Present,
        Self::NullValue,
        Self::NotFound,
        Self::OutsideMaxAge,
        Self::Invalid,
        Self::TransformError,
    ];

    /// Feast's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "PRESENT",
            Self::NullValue => "NULL_VALUE",
            Self::NotFound => "NOT_FOUND",
            Self::OutsideMaxAge => "OUTSIDE_MAX_AGE",
            Self::Invalid => "INVALID",
            Self::TransformError => "TRANSFORM_ERROR",
        }
    }

    fn json(self) -> &'static [u8] {
        match self {
            Self::Present => b"\"PRESENT\"",
            Self::NullValue => b"\"NULL_VALUE\"",
            Self::NotFound => b"\"NOT_FOUND\"",
            Self::OutsideMaxAge => b"\"OUTSIDE_MAX_AGE\"",
            Self::Invalid => b"\"INVALID\"",
            Self::TransformError => b"\"TRANSFORM_ERROR\"",
        }
    }
}

/// A reply.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The JSON body.
    pub body: Vec<u8>,
    /// One for each read of the plan that met bytes it couldn't decode.
    pub corrupt: Vec<Corrupt>,
}

/// Stored values of one view that couldn't be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// The view's name.
    pub view: String,
    /// The feature of the first.
    pub feature: String,
    /// What is wrong with the first.
    pub reason: String,
    /// How many cells of the reply are told as [`Status::Invalid`] for it.
    pub values: usize,
}

/// Writes the reply to an ask: `plan` and `rows` are the ask's, `stored` is what they read, and `computed` what
/// the plan's transforms made of it.
///
/// Both layouts hold the same cells and the plan's metadata; the keys of the object stand in the order in
/// which Feast's server (columns) and Feast's documentation (rows) have them.
#[must_use]
pub fn encode(
    plan: &ServingPlan,
    rows: &Rows,
    stored: &StoredRows,
    computed: &Computed,
    options: EncodeOptions,
) -> Encoded {
    let mut cells = Cells::new(plan, rows, stored, computed, options);
    let columns = plan.outputs.len();
    let items = match options.layout {
        ResponseLayout::Columns => columns,
        ResponseLayout::Rows => rows.len,
    };
    let cells_len = columns.saturating_mul(rows.len) * bytes_per_cell(options.beside);
    let expected_len = cells_len + items * bytes_per_item(options.beside);
    let mut out = Vec::with_capacity(64 + plan.metadata.len() + expected_len);
    match options.layout {
        ResponseLayout::Columns => {
            out.extend_from_slice(b"{\"results\":[");
            json::separated(&mut out, 0..columns, |out, column| {
                column_item(out, &mut cells, column, options.beside);
            });
            out.extend_from_slice(b"],\"metadata\":");
            out.extend_from_slice(&plan.metadata);
            out.push(b'}');
        }
        ResponseLayout::Rows => {
            out.extend_from_slice(b"{\"metadata\":");
            out.extend_from_slice(&plan.metadata);
            out.extend_from_slice(b",\"results\":[");
            json::separated(&mut out, 0..rows.len, |out, row| {
                row_item(out, &mut cells, row, options.beside);
            });
            out.extend_from_slice(b"]}");
        }
    }
    Encoded {
        body: out,
        corrupt: cells.into_corrupt(),
    }
}

/// A short number, a status and an event time, with what is between.
fn bytes_per_cell(beside: Beside) -> usize {
    let statuses = if beside.statuses { 12 } else { 0 };
    let event_timestamps = if beside.event_timestamps { 24 } else { 0 };
    12 + statuses + event_timestamps
}

/// What an item has besides its cells.
fn bytes_per_item(beside: Beside) -> usize {
    let len = |told: bool, text: &[u8]| if told { text.len() } else { 0 };
    let statuses = len(beside.statuses, STATUSES);
    let event_timestamps = len(beside.event_timestamps, EVENT_TIMESTAMPS);
    1 + VALUES.len() + statuses + event_timestamps + END.len()
}

const VALUES: &[u8] = b"{\"values\":[";
const STATUSES: &[u8] = b"],\"statuses\":[";
const EVENT_TIMESTAMPS: &[u8] = b"],\"event_timestamps\":[";
const END: &[u8] = b"]}";

/// `{"values":[..],"statuses":[..],"event_timestamps":[..]}` of a column, with what is wanted beside the values.
fn column_item(out: &mut Vec<u8>, cells: &mut Cells<'_>, column: usize, beside: Beside) {
    out.extend_from_slice(VALUES);
    cells.values_of_column(out, column);
    cells.beside_column(out, column, |cells, out| {
        if beside.statuses {
            out.extend_from_slice(STATUSES);
            cells.statuses(out);
        }
        if beside.event_timestamps {
            out.extend_from_slice(EVENT_TIMESTAMPS);
            cells.event_times_of_column(out, column);
        }
        out.extend_from_slice(END);
    });
}

/// The same of a row.
fn row_item(out: &mut Vec<u8>, cells: &mut Cells<'_>, row: usize, beside: Beside) {
    out.extend_from_slice(VALUES);
    cells.values_of_row(out, row);
    if beside.statuses {
        out.extend_from_slice(STATUSES);
        cells.statuses(out);
    }
    if beside.event_timestamps {
        out.extend_from_slice(EVENT_TIMESTAMPS);
        cells.event_times_of_row(out, row);
    }
    out.extend_from_slice(END);
}

#[cfg(test)]
mod tests;
