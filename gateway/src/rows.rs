//! Between resolving and reading: the values of the entities become entity keys, and the join keys of the
//! reply. What comes out owns its bytes; the body isn't needed any longer.

use std::collections::HashMap;

use feature_codec::{EncodeKeyError, EntityKeyEncoder};
use feature_model::{DUMMY_JOIN_KEY, EntityKeyVersion, Value};
use foldhash::fast::RandomState;
use settings::NonFinite;

use crate::{
    ask::{EntityRows, Given},
    encode::json,
    join_key::{self, KeyValueError},
    request_data::{self, RequestValueError},
    resolve::{KeyPart, KeySet, Output, ServingPlan},
};

/// The entity rows of one request, ready to be read and told.
#[derive(Debug, PartialEq)]
pub struct Rows {
    /// How many rows the reply has.
    pub len: usize,
    /// One for each key set of the plan.
    pub keys: Vec<RowKeys>,
    /// One for each output of the plan that is a column of the request, in their order.
    pub echoed: Vec<JsonCells>,
    /// The values of [`ServingPlan::request_data`].
    pub request_data: Vec<Vec<Value>>,
}

/// The entity keys of the rows, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RowKeys {
    /// Serialized entity keys, no two equal.
    pub distinct: Vec<Vec<u8>>,
    /// For each row the index of its key in [`Self::distinct`].
    pub positions: Vec<usize>,
}

/// JSON values, one after the other in one buffer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JsonCells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// The rows can't be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// A value isn't one of its join key's type.
    #[error(transparent)]
    Value(#[from] KeyValueError),
    /// A value isn't one of its request source's field.
    #[error(transparent)]
    RequestData(#[from] RequestValueError),
    /// The values make no entity key.
    #[error("`entities`: {0}")]
    Key(#[from] EncodeKeyError),
    /// More values than allowed.
    #[error(
        "{entities} entities times {features} features are {} values, and at most {max} are served at once \
         (`salver.limits.max_values`); send several requests",
        entities.saturating_mul(*features)
    )]
    TooManyValues {
        /// Entity rows of the request.
        entities: usize,
        /// Features of the request.
        features: usize,
        /// What the configuration allows.
        max: usize,
    },
}

/// How rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOptions {
    /// The layout of entity keys in the store.
    pub key_version: EntityKeyVersion,
    /// Most entity rows times features.
    pub max_values: usize,
}

impl Rows {
    /// The rows of an ask, by the plan of its shape.
    ///
    /// # Errors
    /// Where a value is none of its join key, or there are too many values.
    pub fn new(
        plan: &ServingPlan,
        given: &EntityRows<'_>,
        options: RowOptions,
    ) -> Result<Self, RowsError> {
        let features = plan.feature_count;
        if given.len.saturating_mul(features) > options.max_values {
            return Err(RowsError::TooManyValues {
                entities: given.len,
                features,
                max: options.max_values,
            });
        }
        let typed = plan
            .typed
            .iter()
            .map(|typed| join_key::read(&typed.field, column(given, typed.column), typed.key_type))
            .collect::<Result<Vec<_>, _>>()?;
        let keys = plan
            .key_sets
            .iter()
            .map(|key_set| RowKeys::new(key_set, &typed, given.len, options.key_version))
            .collect::<Result<Vec<_>, _>>()?;
        let request_data = plan
            .request_data
            .iter()
            .map(|data| {
                let values = column(given, data.column);
                request_data::read(&data.field, values, &data.data_type)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let echoed = plan.outputs.iter().zip(&plan.names);
        let echoed = echoed.filter_map(|(output, name)| match output {
            Output::Key(index) => Some(Ok(JsonCells::of_values(typed.get(*index)?))),
            Output::Given(index) => Some(JsonCells::of_given(name, column(given, *index))),
            Output::Feature { .. } | Output::Computed(_) => None,
        });
        let echoed = echoed.collect::<Result<_, _>>()?;
        Ok(Self {
            len: given.len,
            echoed,
            keys,
            request_data,
        })
    }
}

fn column<'r, 'b>(given: &'r EntityRows<'b>, index: usize) -> &'r [Given<'b>] {
    given.columns.get(index).map_or(&[], Vec::as_slice)
}

impl RowKeys {
    fn new(
        key_set: &KeySet,
        typed: &[Vec<Value>],
        len: usize,
        version: EntityKeyVersion,
    ) -> Result<Self, EncodeKeyError> {
        let no_entity = Value::String(String::new());
        let names = key_set.parts.iter().map(|part| match part {
            KeyPart::Entityless => DUMMY_JOIN_KEY,
            KeyPart::Column { join_key, .. } => join_key.as_str(),
        });
        let encoder = EntityKeyEncoder::new(version, names)?;
        let value = |part, row| match part {
            &KeyPart::Entityless => &no_entity,
            KeyPart::Column { typed: index, .. } => {
                let column: Option<&Vec<Value>> = typed.get(*index);
                column
                    .and_then(|column| column.get(row))
                    .unwrap_or(&Value::Null)
            }
        };
        let mut keys = Vec::with_capacity(len);
        let mut values = Vec::with_capacity(key_set.parts.len());
        for row in 0..len {
            values.clear();
            values.extend(key_set.parts.iter().map(|part| value(part, row)));
            keys.push(encoder.encode(&values)?);
        }
        Ok(Self::of(keys))
    }

    fn of(mut keys: Vec<Vec<u8>>) -> Self {
        if keys.len() < 2 {
            let positions = (0..keys.len()).collect();
            return Self {
                distinct: keys,
                positions,
            };
        }
        let mut known = HashMap::with_capacity_and_hasher(keys.len(), RandomState::default());
        let mut positions = Vec::with_capacity(keys.len());
        for key in &keys {
            let next = known.len();
            positions.push(*known.entry(key.as_slice()).or_insert(next));
        }
        if known.len() < keys.len() {
            let mut rows = positions.iter();
            let mut next = 0;
            keys.retain(|_| {
                let is_first = rows.next() == Some(&next);
                next += usize::from(is_first);
                is_first
            });
        }
        Self {
            distinct: keys,
            positions,
        }
    }
}

impl JsonCells {
    fn of_values(values: &[Value]) -> Self {
        Self::of(values, |out, value| {
            json::value(out, value, NonFinite::Null);
        })
    }

    fn of_given(name: &str, values: &[Given<'_>]) -> Result<Self, KeyValueError> {
        join_key::check_repeatable(name, values)?;
        Ok(Self::of(values, |out, given| match given {
            Given::Null => json::null(out),
            Given::Bool(true) => out.extend_from_slice(b"true"),
            Given::Bool(false) => out.extend_from_slice(b"false"),
            Given::Number(text) | Given::Nested(text) => out.extend_from_slice(text.as_bytes()),
            Given::Text(text) => json::string(out, text),
        }))
    }

    pub(crate) fn of<T>(values: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) -> Self {
        let mut cells = Self {
            bytes: Vec::with_capacity(values.len() * 12),
            ends: Vec::with_capacity(values.len()),
        };
        for value in values {
            write(&mut cells.bytes, value);
            cells.ends.push(cells.bytes.len());
        }
        cells
    }

    /// The JSON of the value at that row; `null` past the last.
    #[must_use]
    pub fn get(&self, row: usize) -> &[u8] {
        let start = match row.checked_sub(1) {
            Some(before) => self.ends.get(before),
            None => Some(&0),
        };
        let cell = start
            .zip(self.ends.get(row))
            .and_then(|(start, end)| self.bytes.get(*start..*end));
        cell.unwrap_or(b"null")
    }
}

#[cfg(test)]
mod tests;
