//! Lists of scalars and their elements.

use feature_model::{DataType, List, Value};

/// The list of scalars that values of this type are.
///
/// # Errors
/// The values themselves, where their type is none of a scalar.
pub(super) fn list_of(values: Vec<Value>, element: &DataType) -> Result<List, Vec<Value>> {
    macro_rules! all {
        ($list:ident, $case:ident) => {
            List::$list(
                values
                    .into_iter()
                    .filter_map(|value| match value {
                        Value::$case(inner) => Some(inner),
                        _ => None,
                    })
                    .collect(),
            )
        };
    }
    Ok(match element {
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => all!(Bytes, Bytes),
        DataType::String => all!(String, String),
        DataType::Int32 => all!(Int32, Int32),
        DataType::Int64 => all!(Int64, Int64),
        DataType::Float32 => all!(Float, Float),
        DataType::Float64 => all!(Double, Double),
        DataType::Bool => all!(Bool, Bool),
        DataType::UnixTimestamp => all!(UnixTimestamp, UnixTimestamp),
        DataType::Json => all!(Json, Json),
        DataType::Uuid => all!(Uuid, Uuid),
        DataType::TimeUuid => all!(TimeUuid, TimeUuid),
        DataType::Decimal => all!(Decimal, Decimal),
        _ => return Err(values),
    })
}

/// The elements as values.
pub(super) fn elements(list: &List) -> Vec<Value> {
    macro_rules! all {
        ($values:expr, $case:ident) => {
            $values.iter().cloned().map(Value::$case).collect()
        };
    }
    match list {
        List::Bytes(values) => all!(values, Bytes),
        List::String(values) => all!(values, String),
        List::Int32(values) => all!(values, Int32),
        List::Int64(values) => all!(values, Int64),
        List::Double(values) => all!(values, Double),
        List::Float(values) => all!(values, Float),
        List::Bool(values) => all!(values, Bool),
        List::UnixTimestamp(values) => all!(values, UnixTimestamp),
        List::Json(values) => all!(values, Json),
        List::Uuid(values) => all!(values, Uuid),
        List::TimeUuid(values) => all!(values, TimeUuid),
        List::Decimal(values) => all!(values, Decimal),
    }
}
