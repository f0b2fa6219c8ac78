//! What the store holds, cell by cell: the value and how it stands. Both the reply and the transforms look here.

use feature_codec::decode_value;
use feature_model::{Timestamp, Ttl, Value};
use online_store::StoredRow;

use crate::{
    encode::{Status, json},
    read::Stored,
    resolve::ServingPlan,
};

/// The stored rows of a plan's reads, at a moment.
pub struct StoredValues<'a> {
    plan: &'a ServingPlan,
    stored: &'a Stored,
    now: Timestamp,
}

/// One feature of one distinct key of a read.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Index into [`ServingPlan::reads`].
    pub read: usize,
    /// Index into [`PlannedRead::features`](crate::resolve::PlannedRead::features).
    pub feature: usize,
    /// Index into [`RowKeys::distinct`](crate::rows::RowKeys::distinct).
    pub key: usize,
}

/// A stored value.
#[derive(Debug)]
pub struct StoredValue {
    /// Null where there is none to tell.
    pub value: Value,
    /// How it stands.
    pub status: Status,
    /// What is wrong with the stored bytes, where the status is [`Status::Invalid`].
    pub damage: Option<String>,
}

impl<'a> StoredValues<'a> {
    /// What `stored` holds for the reads of `plan`; rows older than their view's ttl at `now` aren't told.
    #[must_use]
    pub fn new(plan: &'a ServingPlan, stored: &'a Stored, now: Timestamp) -> Self {
        Self { plan, stored, now }
    }

    /// The value at a place.
    #[must_use]
    pub fn get(&self, place: &Place) -> StoredValue {
        let rows = self.stored.get(place.read);
        let row = rows.and_then(|rows| rows.get(place.key)?.as_ref());
        let Some(row) = row else {
            return StoredValue::null(Status::NotFound);
        };
        if let Some(damage) = damage(row) {
            return StoredValue::damaged(damage.to_owned());
        }
        let Some(bytes) = row.value(place.feature) else {
            return StoredValue::null(Status::NotFound);
        };
        let ttl = self.plan.reads.get(place.read).and_then(|read| read.ttl);
        if ttl.is_some_and(|ttl| self.is_older(row, ttl)) {
            return StoredValue::null(Status::OutsideMaxAge);
        }
        match decode_value(bytes) {
            Ok(value) if is_null(&value) => StoredValue::null(Status::NullValue),
            Ok(value) => StoredValue {
                value,
                status: Status::Present,
                damage: None,
            },
            Err(error) => StoredValue::damaged(error.to_string()),
        }
    }

    fn is_older(&self, row: &StoredRow, ttl: Ttl) -> bool {
        self.now.as_nanos() - row.event_timestamp().as_nanos() > ttl.as_nanos()
    }
}

impl StoredValue {
    fn null(status: Status) -> Self {
        Self {
            value: Value::Null,
            status,
            damage: None,
        }
    }

    fn damaged(damage: String) -> Self {
        Self {
            damage: Some(damage),
            ..Self::null(Status::Invalid)
        }
    }
}

/// Why nothing of a row can be told.
#[must_use]
pub fn damage(row: &StoredRow) -> Option<&str> {
    let no_date = || "its event time is outside the years 0000 to 9999";
    let damage = row.damage();
    damage.or_else(|| (!row.event_timestamp().has_date()).then(no_date))
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
