//! Which kinds of arrays a type crosses as.

use feature_model::DataType;

use super::rules::Wrong;
use crate::Values;

#[derive(Clone, Copy)]
pub(super) enum Kind<'t> {
    Typed(&'t DataType),
    /// Any value: what is in a map.
    Any,
    /// A key of a scalar map: a scalar, or a mixture of them.
    Key,
    /// One alternative of keys: a scalar.
    PlainKey,
}

pub(super) fn check_kind(kind: Kind<'_>, values: &Values) -> Result<(), Wrong> {
    let (fits, expected) = match kind {
        Kind::Typed(data_type) => {
            return match is_of(data_type, values) {
                true => Ok(()),
                false => Err(wrong_type(data_type, values)),
            };
        }
        Kind::Any => (true, ""),
        Kind::Key => (
            is_key(values) || matches!(values, Values::Mixed(_)),
            "a key",
        ),
        Kind::PlainKey => (is_key(values), "a key"),
    };
    if fits {
        return Ok(());
    }
    Err(Wrong::Type {
        expected: expected.to_owned(),
        found: values.kind(),
    })
}

pub(super) fn wrong_type(data_type: &DataType, values: &Values) -> Wrong {
    Wrong::Type {
        expected: format!("`{data_type}`"),
        found: values.kind(),
    }
}

/// Whether an array is of the kind that a type crosses as; what is nested in it isn't looked at.
pub(super) fn is_of(data_type: &DataType, values: &Values) -> bool {
    match data_type {
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => {
            matches!(values, Values::Bytes(_))
        }
        DataType::String => matches!(values, Values::Text(_)),
        DataType::Int32 => matches!(values, Values::Int32(_)),
        DataType::Int64 => matches!(values, Values::Int64(_)),
        DataType::Float32 => matches!(values, Values::Float32(_)),
        DataType::Float64 => matches!(values, Values::Float64(_)),
        DataType::Bool => matches!(values, Values::Boolean(_)),
        DataType::UnixTimestamp => matches!(values, Values::UnixTimestamp(_)),
        DataType::Json => matches!(values, Values::Json(_)),
        DataType::Uuid => matches!(values, Values::Uuid(_)),
        DataType::TimeUuid => matches!(values, Values::TimeUuid(_)),
        DataType::Decimal => matches!(values, Values::Decimal(_)),
        DataType::Map => matches!(values, Values::Map(_)),
        DataType::ScalarMap => matches!(values, Values::ScalarMap(_)),
        DataType::ZonedTimestamp => matches!(values, Values::ZonedTimestamp(_)),
        DataType::Struct(_) => matches!(values, Values::Struct(_)),
        DataType::Array(_) | DataType::ValueList => matches!(values, Values::List(_)),
        DataType::Set(_) | DataType::ValueSet => matches!(values, Values::Set(_)),
        DataType::Unknown(_) => false,
    }
}

fn is_key(values: &Values) -> bool {
    matches!(
        values,
        Values::Boolean(_)
            | Values::Int32(_)
            | Values::Int64(_)
            | Values::Float32(_)
            | Values::Float64(_)
            | Values::UnixTimestamp(_)
            | Values::Bytes(_)
            | Values::Uuid(_)
            | Values::TimeUuid(_)
            | Values::Decimal(_)
    )
}
