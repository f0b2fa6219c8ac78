use std::collections::HashSet;
use std::hash::Hash;

use arrow::array::{Array, ArrayRef};
use feature_model::{DataType, List, Value};

use super::{Reason, infer, json, scalar, uuid};
use crate::cell::{Cell, cell};

/// What Feast puts in the place of a null in a list of timestamps (numpy's NaT).
const NULL_TIMESTAMP: i64 = i64::MIN;

/// A declared `Array(element)`.
pub(super) fn array(cell: Cell<'_>, element: &DataType) -> Result<Value, Reason> {
    match element {
        DataType::Array(_) | DataType::Set(_) | DataType::ValueList | DataType::ValueSet => {
            nested(cell).map(Value::ValueList)
        }
        DataType::Map => json::or_maps(cell, element).map(Value::MapList),
        DataType::Struct(_) => json::or_maps(cell, element).map(Value::StructList),
        scalar => elements(cell, scalar).map(Value::List),
    }
}

/// A declared `Set(element)`: the list without its repetitions, in the order of first appearance.
pub(super) fn set(cell: Cell<'_>, element: &DataType) -> Result<Value, Reason> {
    match element {
        DataType::Array(_) | DataType::Set(_) | DataType::ValueList | DataType::ValueSet => {
            nested(cell).map(Value::ValueSet)
        }
        scalar => match cell {
            Cell::List(elements) => {
                let kept = (0..elements.len())
                    .map(|row| super::cell(&elements, row))
                    .filter(|cell| keeps_nulls(scalar) || !matches!(cell, Cell::Null));
                scalars(kept, scalar).map(distinct).map(Value::Set)
            }
            other => elements(other, scalar).map(distinct).map(Value::Set),
        },
    }
}

/// Feast has a stand-in for null only in sets of floats and timestamps; a null elsewhere is left out.
fn keeps_nulls(element: &DataType) -> bool {
    matches!(
        element,
        DataType::Float32 | DataType::Float64 | DataType::UnixTimestamp
    )
}

fn elements(found: Cell<'_>, element: &DataType) -> Result<List, Reason> {
    match found {
        Cell::List(array) => scalars((0..array.len()).map(|row| cell(&array, row)), element),
        Cell::Text(text) => json::list(text, element),
        Cell::Binary(bytes) => json::list(scalar::utf8(bytes)?, element),
        other => Err(scalar::mismatch(
            &other,
            &DataType::Array(Box::new(element.clone())),
        )),
    }
}

/// Elements of one declared type. A list holds no null: each type has the stand-in that Feast gives it
/// (`_LIST_NONE_DEFAULTS`; NaN for floats, which come from arrow as NaN), if Feast can read that.
pub(super) fn scalars<'a>(
    cells: impl Iterator<Item = Cell<'a>>,
    element: &DataType,
) -> Result<List, Reason> {
    #[allow(clippy::cast_possible_truncation, reason = "as protobuf's float does")]
    Ok(match element {
        DataType::Int32 => List::Int32(all(cells, 0, |cell| {
            scalar::in_range(whole(&cell, element)?, element)
        })?),
        DataType::Int64 => List::Int64(all(cells, 0, |cell| {
            scalar::in_range(whole(&cell, element)?, element)
        })?),
        DataType::Float32 => List::Float(all(cells, f32::NAN, |cell| match cell {
            Cell::Single(number) => Ok(number),
            other => Ok(scalar::number(&other, element)? as f32),
        })?),
        DataType::Float64 => {
            List::Double(all(cells, f64::NAN, |cell| scalar::number(&cell, element))?)
        }
        DataType::Bool => List::Bool(all(cells, false, |cell| scalar::boolean(&cell, element))?),
        DataType::String => List::String(all(cells, String::new(), |cell| {
            Ok(scalar::text(cell, element)?.unwrap_or_default())
        })?),
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => {
            List::Bytes(all(cells, Vec::new(), |cell| {
                scalar::bytes(&cell, element)
            })?)
        }
        DataType::UnixTimestamp => List::UnixTimestamp(all(cells, NULL_TIMESTAMP, |cell| {
            Ok(scalar::unix_timestamp(&cell, element)?.unwrap_or(NULL_TIMESTAMP))
        })?),
        DataType::Uuid => List::Uuid(without_nulls(cells, element, |cell| {
            uuid::text(&cell, element).map(Some)
        })?),
        DataType::TimeUuid => List::TimeUuid(without_nulls(cells, element, |cell| {
            uuid::text(&cell, element).map(Some)
        })?),
        DataType::Decimal => List::Decimal(without_nulls(cells, element, |cell| {
            scalar::decimal(cell, element)
        })?),
        DataType::Json => List::Json(all(cells, "null".to_owned(), json::text)?),
        other => return Err(format!("Feast has no list of {other}")),
    })
}

/// NaN among integers stands for null, which is 0 in a list.
fn whole(cell: &Cell<'_>, element: &DataType) -> Result<i128, Reason> {
    Ok(scalar::integer(cell, element)?.unwrap_or_default())
}

fn all<'a, T: Clone>(
    cells: impl Iterator<Item = Cell<'a>>,
    null: T,
    read: impl Fn(Cell<'a>) -> Result<T, Reason>,
) -> Result<Vec<T>, Reason> {
    cells
        .map(|cell| match cell {
            Cell::Null => Ok(null.clone()),
            cell => read(cell),
        })
        .collect()
}

/// Texts that cannot be empty, which is Feast's stand-in for a null: it then fails to read the list.
fn without_nulls<'a>(
    cells: impl Iterator<Item = Cell<'a>>,
    element: &DataType,
    read: impl Fn(Cell<'a>) -> Result<Option<String>, Reason>,
) -> Result<Vec<String>, Reason> {
    let refusal = || format!("a null in a list of {element}, which Feast can't read");
    cells
        .map(|cell| match cell {
            Cell::Null => Err(refusal()),
            cell => read(cell)?.ok_or_else(refusal),
        })
        .collect()
}

/// A list of lists: each inner list has the type of its own elements.
pub(super) fn nested(found: Cell<'_>) -> Result<Vec<Value>, Reason> {
    match found {
        Cell::List(elements) => lists(&elements),
        Cell::Text(text) => json::lists(text),
        Cell::Binary(bytes) => json::lists(scalar::utf8(bytes)?),
        other => Err(scalar::mismatch(&other, &DataType::ValueList)),
    }
}

/// The inner lists of a list of lists.
pub(super) fn lists(elements: &ArrayRef) -> Result<Vec<Value>, Reason> {
    (0..elements.len())
        .map(|row| match cell(elements, row) {
            Cell::Null => Ok(Value::Null),
            Cell::List(inner) => infer::list_of(&inner),
            other => Err(scalar::mismatch(&other, &DataType::ValueList)),
        })
        .collect()
}

/// In sets of floats -0.0 is 0.0, and NaN is itself, as in a Python set of numpy's values.
fn distinct(list: List) -> List {
    match list {
        List::Bytes(values) => List::Bytes(firsts(values, Clone::clone)),
        List::String(values) => List::String(firsts(values, Clone::clone)),
        List::Int32(values) => List::Int32(firsts(values, |value| *value)),
        List::Int64(values) => List::Int64(firsts(values, |value| *value)),
        List::Double(values) => List::Double(firsts(values, |value| (value + 0.0).to_bits())),
        List::Float(values) => List::Float(firsts(values, |value| (value + 0.0).to_bits())),
        List::Bool(values) => List::Bool(firsts(values, |value| *value)),
        List::UnixTimestamp(values) => List::UnixTimestamp(firsts(values, |value| *value)),
        List::Json(values) => List::Json(firsts(values, Clone::clone)),
        List::Uuid(values) => List::Uuid(firsts(values, Clone::clone)),
        List::TimeUuid(values) => List::TimeUuid(firsts(values, Clone::clone)),
        List::Decimal(values) => List::Decimal(firsts(values, Clone::clone)),
    }
}

fn firsts<T, K: Hash + Eq>(values: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = HashSet::with_capacity(values.len());
    values
        .into_iter()
        .filter(|value| seen.insert(key(value)))
        .collect()
}
