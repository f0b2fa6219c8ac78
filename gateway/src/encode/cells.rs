//! A reply in JSON as a table: its columns are the outputs of the plan, its rows the rows of the request.

use std::ops::Range;

use feature_model::{Timestamp, TimestampWriter, Value};
use online_store::{Held, StoredRows};
use settings::{NonFinite, ResponseLayout};

use super::{
    Corrupt, EncodeOptions, Status, direct,
    integers::Integers,
    json,
    reads::{Damage, ReadRows},
};
use crate::{
    resolve::{ComputedColumn, Output, ServingPlan},
    rows::{JsonCells, Rows},
    stored_values::Cell,
    transform::Computed,
};

/// The event time of what has none: join keys, and entities without a row. Feast's, too.
const NO_EVENT_TIME: &[u8] = b"\"1970-01-01T00:00:00Z\"";

/// From so many rows on it pays to look for integers.
const MANY_ROWS: usize = 8;

/// Writes the cells of a reply.
pub(super) struct Cells<'a> {
    columns: Vec<Column<'a>>,
    rows: usize,
    reads: Vec<ReadRows<'a>>,
    /// In rows, for each read, for each of its distinct keys: the event time in JSON.
    event_times: Vec<JsonCells>,
    computed: &'a Computed,
    non_finite: NonFinite,
    damage: Damage<'a>,
    integers: Integers,
    /// Of what was written last.
    statuses: Vec<Status>,
    /// The statuses of an item that is whole, which nearly all are.
    all_present: Vec<u8>,
    /// In columns, for each read and last for what is of none: what a column before has told.
    told: Vec<Told>,
    last_time: LastTime,
}

/// Where the reply has what stands beside the values of a column. The next column of the same read copies it.
#[derive(Clone, Default)]
struct Told {
    /// All of it, of a column whose values are all there.
    beside: Option<Range<usize>>,
    event_times: Option<Range<usize>>,
}

/// Where the values of a column come from.
#[derive(Clone, Copy)]
enum Column<'a> {
    Echoed(&'a JsonCells),
    Computed(ComputedColumn),
    Stored { read: usize, feature: usize },
}

impl<'a> Cells<'a> {
    pub(super) fn new(
        plan: &'a ServingPlan,
        rows: &'a Rows,
        stored: &'a StoredRows,
        computed: &'a Computed,
        options: EncodeOptions,
    ) -> Self {
        let reads = ReadRows::of(plan, rows, stored, options.now);
        let in_rows = options.layout == ResponseLayout::Rows;
        let event_times = if in_rows && options.beside.event_timestamps {
            reads.iter().map(event_times).collect()
        } else {
            Vec::new()
        };
        let mut echoed = rows.echoed.iter();
        let column = |output: &Output| match *output {
            Output::Key(_) | Output::Given(_) => echoed.next().map(Column::Echoed),
            Output::Computed(column) => Some(Column::Computed(column)),
            Output::Feature { read, feature } => Some(Column::Stored { read, feature }),
        };
        Self {
            columns: plan.outputs.iter().filter_map(column).collect(),
            rows: rows.len,
            told: vec![Told::default(); reads.len() + 1],
            last_time: LastTime::default(),
            reads,
            event_times,
            computed,
            non_finite: options.non_finite,
            damage: Damage::none(plan),
            integers: Integers::default(),
            statuses: Vec::with_capacity(rows.len.max(plan.outputs.len())),
            all_present: Vec::new(),
        }
    }

    /// The values of a column, with commas between.
    pub(super) fn values_of_column(&mut self, out: &mut Vec<u8>, column: usize) {
        self.statuses.clear();
        match self.columns.get(column) {
            Some(&Column::Stored { read, feature }) => self.stored_column(out, read, feature),
            Some(&column) => {
                for row in 0..self.rows {
                    comma(out, row);
                    let status = self.value(out, column, row);
                    self.statuses.push(status);
                }
            }
            None => {}
        }
    }

    /// The values of a row, with commas between.
    pub(super) fn values_of_row(&mut self, out: &mut Vec<u8>, row: usize) {
        self.statuses.clear();
        for index in 0..self.columns.len() {
            comma(out, index);
            let status = self.value(out, self.columns[index], row);
            self.statuses.push(status);
        }
    }

    /// The statuses of the values that were written last.
    pub(super) fn statuses(&mut self, out: &mut Vec<u8>) {
        if self.statuses.iter().any(|it| *it != Status::Present) {
            json::separated(out, &self.statuses, |out, status| {
                out.extend_from_slice(status.json());
            });
            return;
        }
        if self.all_present.is_empty() {
            json::separated(&mut self.all_present, &self.statuses, |out, status| {
                out.extend_from_slice(status.json());
            });
        }
        // all items of a reply are of one length
        out.extend_from_slice(&self.all_present);
    }

    /// What stands beside the values of a column, which were written last, by `write`, or as a column before has it.
    pub(super) fn beside_column(
        &mut self,
        out: &mut Vec<u8>,
        column: usize,
        write: impl FnOnce(&mut Self, &mut Vec<u8>),
    ) {
        let is_whole = self.statuses.iter().all(|it| *it == Status::Present);
        let read = self.read_of(column);
        let told = self.told.get(read).and_then(|told| told.beside.clone());
        if let Some(told) = told.filter(|_| is_whole) {
            out.extend_from_within(told);
            return;
        }
        let start = out.len();
        write(self, out);
        if let Some(told) = self.told.get_mut(read).filter(|_| is_whole) {
            told.beside = Some(start..out.len());
        }
    }

    /// The event times of a column, with commas between.
    pub(super) fn event_times_of_column(&mut self, out: &mut Vec<u8>, column: usize) {
        let read = self.read_of(column);
        let Some(told) = self.told.get_mut(read) else {
            return;
        };
        if let Some(times) = told.event_times.clone() {
            out.extend_from_within(times);
            return;
        }
        let start = out.len();
        match self.reads.get(read) {
            Some(rows) => {
                let last = &mut self.last_time;
                json::separated(out, rows.positions, |out, key| {
                    last.write(out, rows.standing(*key).event_timestamp());
                });
            }
            None => json::separated(out, 0..self.rows, |out, _| {
                out.extend_from_slice(NO_EVENT_TIME);
            }),
        }
        told.event_times = Some(start..out.len());
    }

    /// The index of a column's read; the one behind the last where it is of none.
    fn read_of(&self, column: usize) -> usize {
        match self.columns.get(column) {
            Some(Column::Stored { read, .. }) => *read,
            _ => self.reads.len(),
        }
    }

    /// The event times of a row, with commas between.
    pub(super) fn event_times_of_row(&self, out: &mut Vec<u8>, row: usize) {
        json::separated(out, &self.columns, |out, column| {
            out.extend_from_slice(self.event_time(*column, row));
        });
    }

    fn event_time(&self, column: Column<'_>, row: usize) -> &[u8] {
        let Column::Stored { read, .. } = column else {
            return NO_EVENT_TIME;
        };
        let rows = self.reads.get(read).zip(self.event_times.get(read));
        let time = rows.and_then(|(read, times)| Some(times.get(*read.positions.get(row)?)));
        time.unwrap_or(NO_EVENT_TIME)
    }

    /// Writes one value and says how it stands.
    fn value(&mut self, out: &mut Vec<u8>, column: Column<'_>, row: usize) -> Status {
        match column {
            Column::Echoed(cells) => {
                out.extend_from_slice(cells.get(row));
                Status::Present
            }
            Column::Computed(column) => {
                let (value, status) = match self.computed.value(column, row) {
                    None => (Value::Null, Status::TransformError),
                    Some(Value::Null) => (Value::Null, Status::NullValue),
                    Some(value) => (value, Status::Present),
                };
                json::value(out, &value, self.non_finite);
                status
            }
            Column::Stored { read, feature } => {
                let rows = self.reads.get(read);
                let key = rows.and_then(|rows| Some((rows, *rows.positions.get(row)?)));
                let cell = match key {
                    Some((rows, key)) => rows.standing(key).cell(feature),
                    None => Cell::Untold(Status::NotFound),
                };
                stored(out, cell, self.non_finite)
                    .unwrap_or_else(|why| self.damage.tell(read, feature, &why))
            }
        }
    }

    fn stored_column(&mut self, out: &mut Vec<u8>, read: usize, feature: usize) {
        if self.rows >= MANY_ROWS {
            return self.long_column(out, read, feature);
        }
        let Some(rows) = self.reads.get(read) else {
            return;
        };
        for (row, key) in rows.positions.iter().enumerate() {
            comma(out, row);
            let cell = rows.standing(*key).cell(feature);
            let status = stored(out, cell, self.non_finite)
                .unwrap_or_else(|why| self.damage.tell(read, feature, &why));
            self.statuses.push(status);
        }
    }

    /// The same, with an eye on integers.
    fn long_column(&mut self, out: &mut Vec<u8>, read: usize, feature: usize) {
        let Some(rows) = self.reads.get(read) else {
            return;
        };
        let mut row = 0;
        while let Some(keys) = rows.positions.get(row..).filter(|keys| !keys.is_empty()) {
            let numbers = rows.short_integers(keys, feature);
            row += self.integers.write(out, keys.len(), row == 0, numbers);
            self.statuses.resize(row, Status::Present);
            let Some(key) = rows.positions.get(row) else {
                return;
            };
            comma(out, row);
            let cell = rows.standing(*key).cell(feature);
            let status = stored(out, cell, self.non_finite)
                .unwrap_or_else(|why| self.damage.tell(read, feature, &why));
            self.statuses.push(status);
            row += 1;
        }
    }

    pub(super) fn into_corrupt(self) -> Vec<Corrupt> {
        self.damage.into_corrupt()
    }
}

fn comma(out: &mut Vec<u8>, index: usize) {
    if index > 0 {
        out.push(b',');
    }
}

/// Writes what there is of a cell; the error says why it can't be told.
fn stored(out: &mut Vec<u8>, cell: Cell<'_>, non_finite: NonFinite) -> Result<Status, String> {
    match cell {
        Cell::Stored(Held::Int32(number) | Held::Int64(number)) => {
            json::integer(out, number);
            Ok(Status::Present)
        }
        Cell::Stored(Held::Serialized(bytes)) => direct::stored(out, bytes, non_finite),
        Cell::Untold(status) => {
            json::null(out);
            Ok(status)
        }
        Cell::Damaged(why) => {
            json::null(out);
            Err(why.to_owned())
        }
    }
}

/// The event times of a read, each once however many features are told with it.
fn event_times(read: &ReadRows<'_>) -> JsonCells {
    let mut last = LastTime::default();
    JsonCells::of(&read.standings, |out, standing| {
        last.write(out, standing.event_timestamp());
    })
}

/// The event time that was written last, and where: rows that were loaded together often share one.
#[derive(Default)]
struct LastTime {
    time: Option<Timestamp>,
    text: Range<usize>,
    writer: TimestampWriter,
}

impl LastTime {
    fn write(&mut self, out: &mut Vec<u8>, time: Option<Timestamp>) {
        if time.is_some() && time == self.time {
            out.extend_from_within(self.text.clone());
            return;
        }
        let start = out.len();
        match time.and_then(|time| self.writer.text(time)) {
            Some(text) => text.write_json(out),
            None => out.extend_from_slice(NO_EVENT_TIME),
        }
        self.time = time;
        self.text = start..out.len();
    }
}
