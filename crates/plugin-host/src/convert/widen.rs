//! Narrow numbers as wide ones, where `DataType::fits_into` lets a field fill a column of a wider type.

use std::borrow::Cow;

use feature_model::{DataType, List, Value};

/// The value as one of the type where that takes no loss; as it is where there is nothing to widen.
pub(super) fn widened<'v>(data_type: &DataType, value: &'v Value) -> Cow<'v, Value> {
    let wide = match (data_type, value) {
        (DataType::Int64, Value::Int32(number)) => Value::Int64((*number).into()),
        (DataType::Float64, Value::Int32(number)) => Value::Double((*number).into()),
        (DataType::Float64, Value::Float(number)) => Value::Double((*number).into()),
        (DataType::Array(element), Value::List(narrow)) => match list(element, narrow) {
            Some(wide) => Value::List(wide),
            None => return Cow::Borrowed(value),
        },
        (DataType::Set(element), Value::Set(narrow)) => match list(element, narrow) {
            Some(wide) => Value::Set(wide),
            None => return Cow::Borrowed(value),
        },
        (DataType::Array(element), Value::ValueList(narrow)) if is_wide(element) => {
            Value::ValueList(nested(element, narrow))
        }
        (DataType::Set(element), Value::ValueSet(narrow)) if is_wide(element) => {
            Value::ValueSet(nested(element, narrow))
        }
        _ => return Cow::Borrowed(value),
    };
    Cow::Owned(wide)
}

fn list(element: &DataType, narrow: &List) -> Option<List> {
    Some(match (element, narrow) {
        (DataType::Int64, List::Int32(numbers)) => {
            List::Int64(numbers.iter().map(|number| (*number).into()).collect())
        }
        (DataType::Float64, List::Int32(numbers)) => {
            List::Double(numbers.iter().map(|number| (*number).into()).collect())
        }
        (DataType::Float64, List::Float(numbers)) => {
            List::Double(numbers.iter().map(|number| (*number).into()).collect())
        }
        _ => return None,
    })
}

fn nested(element: &DataType, narrow: &[Value]) -> Vec<Value> {
    let wide = narrow.iter().map(|value| widened(element, value));
    wide.map(Cow::into_owned).collect()
}

/// Whether there is a type that fits into this one and isn't this one.
fn is_wide(data_type: &DataType) -> bool {
    match data_type {
        DataType::Int64 | DataType::Float64 => true,
        DataType::Array(element) | DataType::Set(element) => is_wide(element),
        _ => false,
    }
}
