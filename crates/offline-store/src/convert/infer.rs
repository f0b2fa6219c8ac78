//! Values inside maps, structs and nested lists: Feast infers their types from the values
//! (`python_type_to_feast_value_type`) and ignores what was declared, so this does too.

use arrow::array::{Array, ArrayRef, StructArray};
use arrow::datatypes::DataType as ArrowType;
use feature_model::{DataType, List, Map, MapKey, Value};

use super::{Reason, list, scalar};
use crate::cell::{Cell, cell, unpacked};

/// A value by what it is: integers are Int64, floats Float64, lists have the type of their elements.
pub(super) fn value(cell: Cell<'_>) -> Result<Value, Reason> {
    match cell {
        Cell::Null => Ok(Value::Null),
        Cell::Bool(flag) => Ok(Value::Bool(flag)),
        Cell::Int(_) => scalar::value(cell, &DataType::Int64),
        Cell::Single(number) => Ok(scalar::double(number.into())),
        Cell::Double(number) => Ok(scalar::double(number)),
        Cell::Text(_) | Cell::TimeOfDay { .. } => scalar::value(cell, &DataType::String),
        Cell::Binary(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        Cell::Time { .. } | Cell::Date(_) => scalar::value(cell, &DataType::UnixTimestamp),
        Cell::Decimal { .. } => scalar::value(cell, &DataType::Decimal),
        Cell::List(elements) => list_of(&elements),
        Cell::Struct(array, row) => Ok(Value::Map(fields(array, row)?)),
        Cell::Map(ref keys, ref values) if has_text(keys) => Ok(Value::Map(entries(keys, values)?)),
        Cell::Map(..) => scalar_map(cell),
        Cell::Other => Err("a value of a type that no feature can have".to_owned()),
    }
}

/// A list by the type of its elements; an empty one has no type and is null, as in Feast.
pub(super) fn list_of(elements: &ArrayRef) -> Result<Value, Reason> {
    if elements.is_empty() || elements.data_type() == &ArrowType::Null {
        return Ok(Value::Null);
    }
    let element = match elements.data_type() {
        // pandas turns integers with nulls into floats with NaN
        kind if kind.is_integer() && elements.null_count() > 0 => DataType::Float64,
        ArrowType::Int8
        | ArrowType::Int16
        | ArrowType::Int32
        | ArrowType::UInt8
        | ArrowType::UInt16 => DataType::Int32,
        ArrowType::Int64 | ArrowType::UInt32 | ArrowType::UInt64 => DataType::Int64,
        ArrowType::Float16 | ArrowType::Float32 => DataType::Float32,
        ArrowType::Float64 => DataType::Float64,
        ArrowType::Boolean => DataType::Bool,
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::String,
        ArrowType::Timestamp(..) | ArrowType::Date32 | ArrowType::Date64 => DataType::UnixTimestamp,
        kind if kind.is_decimal() => DataType::Decimal,
        kind if kind.is_binary() => DataType::Bytes,
        ArrowType::Struct(_) | ArrowType::Map(..) => return Ok(Value::MapList(maps(elements)?)),
        _ => return Ok(Value::ValueList(list::lists(elements)?)),
    };
    list::scalars((0..elements.len()).map(|row| cell(elements, row)), &element).map(Value::List)
}

/// The elements of a list of structs or maps.
pub(super) fn maps(elements: &ArrayRef) -> Result<Vec<Map>, Reason> {
    (0..elements.len())
        .map(|row| match cell(elements, row) {
            Cell::Struct(array, row) => fields(array, row),
            Cell::Map(keys, values) => entries(&keys, &values),
            other => Err(scalar::mismatch(&other, &DataType::Map)),
        })
        .collect()
}

/// The fields of a struct by their names.
pub(super) fn fields(array: &StructArray, row: usize) -> Result<Map, Reason> {
    let named = array.column_names().into_iter().zip(array.columns());
    named
        .map(|(name, column)| {
            let read = value(cell(&unpacked(column), row));
            Ok((name.to_owned(), read.map_err(|e| format!("{name}: {e}"))?))
        })
        .collect()
}

/// The entries of a map whose keys are text.
pub(super) fn entries(keys: &ArrayRef, values: &ArrayRef) -> Result<Map, Reason> {
    (0..keys.len())
        .map(|row| match cell(keys, row) {
            Cell::Text(key) => Ok((key.to_owned(), value(cell(values, row))?)),
            other => Err(format!(
                "a map with other keys than text; {}",
                scalar::mismatch(&other, &DataType::Map)
            )),
        })
        .collect()
}

/// A map whose keys are no text.
pub(super) fn scalar_map(found: Cell<'_>) -> Result<Value, Reason> {
    let Cell::Map(keys, values) = found else {
        return Err(scalar::mismatch(&found, &DataType::ScalarMap));
    };
    (0..keys.len())
        .map(|row| Ok((Some(map_key(cell(&keys, row))?), value(cell(&values, row))?)))
        .collect::<Result<_, _>>()
        .map(Value::ScalarMap)
}

fn map_key(key: Cell<'_>) -> Result<MapKey, Reason> {
    let declared = &DataType::ScalarMap;
    Ok(match key {
        Cell::Bool(flag) => MapKey::Bool(flag),
        Cell::Int(whole) => MapKey::Int64(scalar::in_range(whole, &DataType::Int64)?),
        Cell::Single(number) => MapKey::Float(number),
        Cell::Double(number) => MapKey::Double(number),
        Cell::Binary(bytes) => MapKey::Bytes(bytes.to_vec()),
        Cell::Time { at, .. } => MapKey::UnixTimestamp(at.seconds()),
        Cell::Date(days) => MapKey::UnixTimestamp(days.saturating_mul(86_400)),
        decimal @ Cell::Decimal { .. } => {
            MapKey::Decimal(scalar::text(decimal, declared)?.unwrap_or_default())
        }
        other => return Err(format!("as a key: {}", scalar::mismatch(&other, declared))),
    })
}

fn has_text(keys: &ArrayRef) -> bool {
    matches!(
        keys.data_type(),
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View
    )
}

/// A list of JSON scalars by what they are, as Feast infers it from a Python list.
pub(super) fn json_list(cells: Vec<Cell<'_>>) -> Result<List, Reason> {
    let element = match cells.iter().find(|cell| !matches!(cell, Cell::Null)) {
        Some(Cell::Bool(_)) => DataType::Bool,
        Some(Cell::Int(_)) if cells.iter().all(|c| !matches!(c, Cell::Double(_))) => {
            DataType::Int64
        }
        Some(Cell::Int(_) | Cell::Double(_)) => DataType::Float64,
        _ => DataType::String,
    };
    list::scalars(cells.into_iter(), &element)
}
