//! What the store holds, cell by cell: the value and how it stands. Both the reply and the transforms look here.

use feature_model::{Timestamp, Ttl, Value};
use online_store::{Held, RowRef, RowValues, StoredRows};

use crate::{
    encode::{Status, json},
    resolve::ServingPlan,
};

/// The stored rows of a plan's reads, at a moment.
pub struct StoredValues<'a> {
    plan: &'a ServingPlan,
    stored: &'a StoredRows,
    now: Timestamp,
}

/// How a row stands at a moment, with all features of its view.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    /// No row is stored.
    Absent,
    /// It can't be read, and why.
    Damaged(&'a str),
    /// It is older than the view's ttl.
    TooOld(Row<'a>),
    /// Its values are told.
    Fresh(Row<'a>),
}

/// A row that can be read.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    event_timestamp: Timestamp,
    values: RowValues<'a>,
}

/// What a row has for one feature.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// A value, which may be null.
    Stored(Held<'a>),
    /// Nothing to tell, and why.
    Untold(Status),
    /// The row can't be read, and why.
    Damaged(&'a str),
}

impl<'a> Standing<'a> {
    /// How a row stands whose view tells none older than `oldest`.
    #[must_use]
    pub fn of(row: Option<RowRef<'a>>, oldest: Option<Timestamp>) -> Self {
        let Some(row) = row else {
            return Self::Absent;
        };
        if let Some(damage) = damage(&row) {
            return Self::Damaged(damage);
        }
        let event_timestamp = row.event_timestamp();
        let row = Row {
            event_timestamp,
            values: row.look(),
        };
        if oldest.is_some_and(|oldest| event_timestamp < oldest) {
            Self::TooOld(row)
        } else {
            Self::Fresh(row)
        }
    }

    /// What there is for the feature at this place of the read's.
    #[must_use]
    #[inline]
    pub fn cell(&self, feature: usize) -> Cell<'a> {
        match self {
            Self::Fresh(row) => match row.values.value(feature) {
                Some(held) => Cell::Stored(held),
                None => Cell::Untold(Status::NotFound),
            },
            Self::Absent => Cell::Untold(Status::NotFound),
            Self::Damaged(damage) => Cell::Damaged(damage),
            Self::TooOld(row) if row.values.value(feature).is_some() => {
                Cell::Untold(Status::OutsideMaxAge)
            }
            Self::TooOld(_) => Cell::Untold(Status::NotFound),
        }
    }

    /// The value that is told of the feature at this place, where it is a short integer.
    #[must_use]
    #[inline]
    pub fn short_integer(&self, feature: usize) -> Option<u32> {
        match self {
            Self::Fresh(row) => row.values.short_integer(feature),
            Self::Absent | Self::Damaged(_) | Self::TooOld(_) => None,
        }
    }

    /// When the row's values held; of none that can't be read.
    #[must_use]
    pub fn event_timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Absent | Self::Damaged(_) => None,
            Self::TooOld(row) | Self::Fresh(row) => Some(row.event_timestamp),
        }
    }
}

/// When the oldest row held that a view with this ttl tells at `now`.
#[must_use]
pub fn oldest(ttl: Option<Ttl>, now: Timestamp) -> Option<Timestamp> {
    ttl.map(|ttl| Timestamp::from_nanos(now.as_nanos() - ttl.as_nanos()))
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
    pub fn new(plan: &'a ServingPlan, stored: &'a StoredRows, now: Timestamp) -> Self {
        Self { plan, stored, now }
    }

    /// The value at a place.
    #[must_use]
    pub fn get(&self, place: &Place) -> StoredValue {
        let row = self.stored.get(place.read, place.key);
        let ttl = self.plan.reads.get(place.read).and_then(|read| read.ttl);
        let held = match Standing::of(row, oldest(ttl, self.now)).cell(place.feature) {
            Cell::Stored(held) => held,
            Cell::Untold(status) => return StoredValue::null(status),
            Cell::Damaged(damage) => return StoredValue::damaged(damage.to_owned()),
        };
        match held.decode() {
            Ok(value) if is_null(&value) => StoredValue::null(Status::NullValue),
            Ok(value) => StoredValue {
                value,
                status: Status::Present,
                damage: None,
            },
            Err(error) => StoredValue::damaged(error.to_string()),
        }
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
fn damage<'a>(row: &RowRef<'a>) -> Option<&'a str> {
    let no_date = || "its event time is outside the years 0001 to 9999";
    let damage = row.damage();
    damage.or_else(|| (!row.event_timestamp().has_date()).then(no_date))
}

/// Feast writes a missing instant as the smallest integer.
pub(crate) fn is_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::UnixTimestamp(seconds) => *seconds == json::NOT_A_TIME,
        Value::ZonedTimestamp { unix_timestamp, .. } => *unix_timestamp == json::NOT_A_TIME,
        _ => false,
    }
}
