use std::fmt;

use feature_codec::decode_value;
use feature_model::{Timestamp, Ttl, Value};
use online_store::StoredRow;

use super::{Corrupt, EncodeOptions, Status, json};
use crate::{
    read::Stored,
    resolve::{Output, PlannedRead, ServingPlan},
    rows::{JsonCells, Rows},
};

/// The event time of what has none: join keys, and entities without a row. Feast's, too.
const NO_EVENT_TIME: &[u8] = b"\"1970-01-01T00:00:00Z\"";

/// A reply as a table: its columns are the outputs of the plan, its rows the rows of the request.
pub(super) struct Cells<'a> {
    plan: &'a ServingPlan,
    rows: &'a Rows,
    stored: &'a Stored,
    options: EncodeOptions,
    /// For each read, for each of its distinct keys.
    ages: Vec<Vec<Age>>,
    /// For each read, for each of its distinct keys: the event time in JSON.
    event_times: Vec<JsonCells>,
    corrupt: Vec<Option<Corrupt>>,
}

#[derive(Clone, Copy)]
enum Age {
    Fresh,
    OutsideMaxAge,
}

/// The stored side of a cell.
struct Place {
    read: usize,
    feature: usize,
    key: usize,
}

impl<'a> Cells<'a> {
    pub(super) fn new(
        plan: &'a ServingPlan,
        rows: &'a Rows,
        stored: &'a Stored,
        options: EncodeOptions,
    ) -> Self {
        let reads = plan.reads.iter().zip(stored);
        Self {
            plan,
            rows,
            stored,
            options,
            ages: reads
                .map(|(read, stored)| ages(read.ttl, stored, options.now))
                .collect(),
            event_times: stored.iter().map(|stored| event_times(stored)).collect(),
            corrupt: vec![None; plan.reads.len()],
        }
    }

    /// Writes one value and says how it stands.
    pub(super) fn value(&mut self, out: &mut Vec<u8>, column: usize, row: usize) -> Status {
        if let Some(echoed) = self.rows.echoed.get(column) {
            out.extend_from_slice(echoed.get(row));
            return Status::Present;
        }
        let (value, status) = self.stored_value(column, row);
        json::value(out, &value, self.options.non_finite);
        status
    }

    fn stored_value(&mut self, column: usize, row: usize) -> (Value, Status) {
        let Some(place) = self.place(column, row) else {
            return (Value::Null, Status::NotFound);
        };
        let Some(row) = self.stored_row(&place) else {
            return (Value::Null, Status::NotFound);
        };
        if let Some(damage) = damage(row) {
            self.remember(&place, &damage);
            return (Value::Null, Status::Invalid);
        }
        let Some(bytes) = row.values.get(place.feature).and_then(Option::as_deref) else {
            return (Value::Null, Status::NotFound);
        };
        let ages = self.ages.get(place.read);
        if let Some(Age::OutsideMaxAge) = ages.and_then(|ages| ages.get(place.key)) {
            return (Value::Null, Status::OutsideMaxAge);
        }
        match decode_value(bytes) {
            Ok(value) if is_null(&value) => (Value::Null, Status::NullValue),
            Ok(value) => (value, Status::Present),
            Err(error) => {
                self.remember(&place, &error);
                (Value::Null, Status::Invalid)
            }
        }
    }

    /// The JSON of the event time beside a value.
    pub(super) fn event_time(&self, column: usize, row: usize) -> &[u8] {
        let place = self.place(column, row);
        let times = place.and_then(|place| Some((self.event_times.get(place.read)?, place.key)));
        times.map_or(NO_EVENT_TIME, |(times, key)| times.get(key))
    }

    /// `None` for a column of the request.
    fn place(&self, column: usize, row: usize) -> Option<Place> {
        let Output::Feature { read, feature } = *self.plan.outputs.get(column)? else {
            return None;
        };
        let key_set = self.plan.reads.get(read)?.key_set;
        let key = *self.rows.keys.get(key_set)?.positions.get(row)?;
        Some(Place { read, feature, key })
    }

    fn stored_row(&self, place: &Place) -> Option<&'a StoredRow> {
        self.stored.get(place.read)?.get(place.key)?.as_ref()
    }

    fn remember(&mut self, place: &Place, error: &dyn fmt::Display) {
        let read = self.plan.reads.get(place.read);
        if let Some((read, corrupt)) = read.zip(self.corrupt.get_mut(place.read)) {
            corrupt
                .get_or_insert_with(|| first_corrupt(read, place.feature, error))
                .values += 1;
        }
    }

    pub(super) fn into_corrupt(self) -> Vec<Corrupt> {
        self.corrupt.into_iter().flatten().collect()
    }
}

fn first_corrupt(read: &PlannedRead, feature: usize, error: &dyn fmt::Display) -> Corrupt {
    Corrupt {
        view: read.view.clone(),
        feature: read.features.get(feature).cloned().unwrap_or_default(),
        reason: error.to_string(),
        values: 0,
    }
}

/// Why nothing of a row can be told.
fn damage(row: &StoredRow) -> Option<&str> {
    let no_date = || "its event time is outside the years 0000 to 9999";
    let damage = row.damage.as_deref();
    damage.or_else(|| (!row.event_timestamp.has_date()).then(no_date))
}

/// Feast writes a missing instant as the smallest integer.
fn is_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::UnixTimestamp(seconds) => *seconds == json::NOT_A_TIME,
        Value::ZonedTimestamp { unix_timestamp, .. } => *unix_timestamp == json::NOT_A_TIME,
        _ => false,
    }
}

fn ages(ttl: Option<Ttl>, stored: &[Option<StoredRow>], now: Timestamp) -> Vec<Age> {
    let Some(ttl) = ttl else {
        return vec![Age::Fresh; stored.len()];
    };
    let age_of = |row: &StoredRow| now.as_nanos() - row.event_timestamp.as_nanos();
    stored
        .iter()
        .map(|row| match row {
            Some(row) if age_of(row) > ttl.as_nanos() => Age::OutsideMaxAge,
            _ => Age::Fresh,
        })
        .collect()
}

/// Most rows of a view have the event time of the row before them: those are formatted once.
fn event_times(stored: &[Option<StoredRow>]) -> JsonCells {
    let mut last = (Timestamp::EPOCH, NO_EVENT_TIME.to_vec());
    JsonCells::of(stored, |out, row| {
        let readable = row.as_ref().filter(|row| damage(row).is_none());
        let instant = readable.map_or(Timestamp::EPOCH, |row| row.event_timestamp);
        if instant != last.0 {
            last = (instant, format!("\"{instant}\"").into_bytes());
        }
        out.extend_from_slice(&last.1);
    })
}
