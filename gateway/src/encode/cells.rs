use feature_model::Value;
use online_store::StoredRow;

use super::{Corrupt, EncodeOptions, Status, json};
use crate::{
    read::Stored,
    resolve::{ComputedColumn, Output, PlannedRead, ServingPlan},
    rows::{JsonCells, Rows},
    stored_values::{Place, StoredValues, damage},
    transform::Computed,
};

/// The event time of what has none: join keys, and entities without a row. Feast's, too.
const NO_EVENT_TIME: &[u8] = b"\"1970-01-01T00:00:00Z\"";

/// A reply as a table: its columns are the outputs of the plan, its rows the rows of the request.
pub(super) struct Cells<'a> {
    plan: &'a ServingPlan,
    rows: &'a Rows,
    options: EncodeOptions,
    values: StoredValues<'a>,
    computed: &'a Computed,
    /// For each read, for each of its distinct keys: the event time in JSON.
    event_times: Vec<JsonCells>,
    corrupt: Vec<Option<Corrupt>>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(
        plan: &'a ServingPlan,
        rows: &'a Rows,
        stored: &'a Stored,
        computed: &'a Computed,
        options: EncodeOptions,
    ) -> Self {
        Self {
            plan,
            rows,
            options,
            values: StoredValues::new(plan, stored, options.now),
            computed,
            event_times: plan.reads.iter().zip(stored).map(event_times).collect(),
            corrupt: vec![None; plan.reads.len()],
        }
    }

    /// Writes one value and says how it stands.
    pub(super) fn value(&mut self, out: &mut Vec<u8>, column: usize, row: usize) -> Status {
        if let Some(echoed) = self.rows.echoed.get(column) {
            out.extend_from_slice(echoed.get(row));
            return Status::Present;
        }
        let (value, status) = match self.plan.outputs.get(column) {
            Some(Output::Computed(column)) => self.computed_value(*column, row),
            _ => self.stored_value(column, row),
        };
        json::value(out, &value, self.options.non_finite);
        status
    }

    fn computed_value(&self, column: ComputedColumn, row: usize) -> (Value, Status) {
        match self.computed.value(column, row) {
            None => (Value::Null, Status::TransformError),
            Some(Value::Null) => (Value::Null, Status::NullValue),
            Some(value) => (value, Status::Present),
        }
    }

    fn stored_value(&mut self, column: usize, row: usize) -> (Value, Status) {
        let Some(place) = self.place(column, row) else {
            return (Value::Null, Status::NotFound);
        };
        let stored = self.values.get(&place);
        if let Some(damage) = stored.damage {
            self.remember(&place, damage);
        }
        (stored.value, stored.status)
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

    fn remember(&mut self, place: &Place, reason: String) {
        let read = self.plan.reads.get(place.read);
        if let Some((read, corrupt)) = read.zip(self.corrupt.get_mut(place.read)) {
            corrupt
                .get_or_insert_with(|| first_corrupt(read, place.feature, reason))
                .values += 1;
        }
    }

    pub(super) fn into_corrupt(self) -> Vec<Corrupt> {
        self.corrupt.into_iter().flatten().collect()
    }
}

fn first_corrupt(read: &PlannedRead, feature: usize, reason: String) -> Corrupt {
    Corrupt {
        view: read.view.clone(),
        feature: read.features.get(feature).cloned().unwrap_or_default(),
        reason,
        values: 0,
    }
}

/// The event times of a read, each once however many features are told with it.
fn event_times((read, stored): (&PlannedRead, &Vec<Option<StoredRow>>)) -> JsonCells {
    if !read.is_told {
        return JsonCells::default();
    }
    JsonCells::of(stored, |out, row| {
        let readable = row.as_ref().filter(|row| damage(row).is_none());
        match readable.and_then(|row| row.event_timestamp().text()) {
            Some(text) => {
                out.push(b'"');
                out.extend_from_slice(text.as_str().as_bytes());
                out.push(b'"');
            }
            None => out.extend_from_slice(NO_EVENT_TIME),
        }
    })
}
