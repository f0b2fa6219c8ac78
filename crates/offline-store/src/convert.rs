//! From arrow columns to the values that Feast's `python_values_to_proto_values` would store for the
//! declared type. What Feast raises on for a whole job is refused here for one row.
//!
//! Deliberate differences from Feast 0.67, whose detour over pandas loses data: integers of a column with
//! nulls stay exact beyond 2^53 and are not printed as floats, a null timestamp is null and not the
//! smallest integer, and a Float64 feature may come from a float32 column. Feast stores 2.5 as the integer 2
//! and 5 as true, and text as a UUID or decimal that it then fails to read: such rows are refused here.

mod infer;
mod json;
mod list;
mod readable;
mod scalar;
mod uuid;

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType as ArrowType, Float32Type, Float64Type, Int32Type, Int64Type,
};
use feature_model::{DataType, Map, Value};

pub(crate) use readable::{Fit, csv_fit, fit};
pub(crate) use scalar::instant;

use crate::cell::{Cell, cell, unpacked};

/// Why one value could not be read, for people.
type Reason = String;

/// Rows of a batch that cannot be read, with the first reason for each.
pub(crate) type Unreadable = BTreeMap<usize, Reason>;

/// The values of a column by the declared type. A row that cannot be read gets a null here and a reason
/// in `unreadable`, which begins with `name`.
pub(crate) fn column(
    name: &str,
    array: &ArrayRef,
    declared: &DataType,
    unreadable: &mut Unreadable,
) -> Vec<Value> {
    if let Some(values) = straight(array, declared) {
        return values;
    }
    let array = unpacked(array);
    (0..array.len())
        .map(|row| {
            value(cell(&array, row), declared).unwrap_or_else(|reason| {
                let reason = format!("`{name}`: {reason}");
                unreadable.entry(row).or_insert(reason);
                Value::Null
            })
        })
        .collect()
}

/// The common pairs of equal types, without a look at each value's type.
fn straight(array: &ArrayRef, declared: &DataType) -> Option<Vec<Value>> {
    Some(match (array.data_type(), declared) {
        (ArrowType::Int64, DataType::Int64) => each::<Int64Type>(array, Value::Int64),
        (ArrowType::Int32, DataType::Int32) => each::<Int32Type>(array, Value::Int32),
        (ArrowType::Int32, DataType::Int64) => {
            each::<Int32Type>(array, |value| Value::Int64(value.into()))
        }
        (ArrowType::Float64, DataType::Float64) => each::<Float64Type>(array, scalar::double),
        (ArrowType::Float32, DataType::Float32) => each::<Float32Type>(array, scalar::single),
        (ArrowType::Float64, DataType::Float32) =>
        {
            #[allow(clippy::cast_possible_truncation, reason = "as protobuf's float does")]
            each::<Float64Type>(array, |value| scalar::single(value as f32))
        }
        (ArrowType::Utf8, DataType::String) => array
            .as_string::<i32>()
            .iter()
            .map(|text| text.map_or(Value::Null, |text| Value::String(text.to_owned())))
            .collect(),
        _ => return None,
    })
}

fn each<T: ArrowPrimitiveType>(array: &ArrayRef, read: impl Fn(T::Native) -> Value) -> Vec<Value> {
    let array = array.as_primitive::<T>();
    if array.null_count() == 0 {
        return array.values().iter().map(|value| read(*value)).collect();
    }
    array
        .iter()
        .map(|value| value.map_or(Value::Null, &read))
        .collect()
}

/// One value by its declared type; null stays null.
fn value(cell: Cell<'_>, declared: &DataType) -> Result<Value, Reason> {
    match (cell, declared) {
        (Cell::Null, _) => Ok(Value::Null),
        (cell, DataType::Unknown(_)) => infer::value(cell),
        (cell, DataType::Map) => Ok(Value::Map(object(cell, declared)?)),
        (cell, DataType::Struct(_)) => Ok(Value::Struct(object(cell, declared)?)),
        (cell, DataType::ScalarMap) => infer::scalar_map(cell),
        (cell, DataType::Json) => Ok(Value::Json(json::text(cell)?)),
        (cell, DataType::Array(element)) => list::array(cell, element),
        (cell, DataType::Set(element)) => list::set(cell, element),
        (cell, DataType::ValueList) => Ok(Value::ValueList(list::nested(cell)?)),
        (cell, DataType::ValueSet) => Ok(Value::ValueSet(list::nested(cell)?)),
        (cell, scalar) => scalar::value(cell, scalar),
    }
}

/// A map with text keys: a struct, a map, or the text of a JSON object.
fn object(cell: Cell<'_>, declared: &DataType) -> Result<Map, Reason> {
    match cell {
        Cell::Text(text) => json::object(text),
        Cell::Binary(bytes) => json::object(scalar::utf8(bytes)?),
        Cell::Struct(array, row) => infer::fields(array, row),
        Cell::Map(keys, values) => infer::entries(&keys, &values),
        other => Err(scalar::mismatch(&other, declared)),
    }
}

#[cfg(test)]
mod tests;
