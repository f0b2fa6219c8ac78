//! Join keys as columns to group by, and for people.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow::datatypes::{DataType as ArrowType, SchemaRef};
use feature_model::{DataType, Value};

use crate::columns::Columns;

/// The column that values of a join key are grouped in.
pub(crate) fn key_type(declared: &DataType) -> ArrowType {
    match declared {
        DataType::String => ArrowType::Utf8,
        DataType::Bytes => ArrowType::Binary,
        _ => ArrowType::Int64,
    }
}

/// Whether a join key of that type can be stored: Feast refuses all others.
pub(crate) fn is_key_type(declared: &DataType) -> bool {
    matches!(
        declared,
        DataType::String
            | DataType::Bytes
            | DataType::Int32
            | DataType::Int64
            | DataType::UnixTimestamp
    )
}

/// The keys of the `kept` rows, with the types that `schema` begins with.
pub(crate) fn key_arrays(keys: &[Vec<Value>], schema: &SchemaRef, kept: &[usize]) -> Vec<ArrayRef> {
    if keys.is_empty() {
        return vec![Arc::new(Int64Array::from(vec![0; kept.len()]))];
    }
    let with_types = keys.iter().zip(schema.fields());
    with_types
        .map(|(values, field)| key_array(kept.iter().map(|row| &values[*row]), field.data_type()))
        .collect()
}

fn key_array<'a>(values: impl Iterator<Item = &'a Value>, kind: &ArrowType) -> ArrayRef {
    match kind {
        ArrowType::Utf8 => Arc::new(StringArray::from_iter_values(values.map(
            |value| match value {
                Value::String(text) => text.as_str(),
                _ => "",
            },
        ))),
        ArrowType::Binary => Arc::new(BinaryArray::from_iter_values(values.map(
            |value| match value {
                Value::Bytes(bytes) => bytes.as_slice(),
                _ => &[],
            },
        ))),
        _ => Arc::new(Int64Array::from_iter_values(values.map(
            |value| match value {
                Value::Int64(whole) | Value::UnixTimestamp(whole) => *whole,
                Value::Int32(whole) => i64::from(*whole),
                _ => 0,
            },
        ))),
    }
}

/// Join keys of a row for people, such as `driver_id=1001, day=2`.
pub(crate) fn shown_key(columns: &Columns, keys: &[Vec<Value>], row: usize) -> String {
    let shown: Vec<String> = columns
        .join_keys
        .iter()
        .zip(keys)
        .map(|(column, values)| format!("{}={}", column.name, shown(&values[row])))
        .collect();
    shown.join(", ")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        Value::Int32(whole) => whole.to_string(),
        Value::Int64(whole) | Value::UnixTimestamp(whole) => whole.to_string(),
        other => format!("{other:?}"),
    }
}
