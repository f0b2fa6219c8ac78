//! Lists of scalars and their elements.

use crate::{DataType, List, Value};

impl List {
    /// The list of scalars that values of this type are; those of another type are left out.
    ///
    /// # Errors
    /// The values themselves, where their type is none of a scalar.
    pub fn of_values(values: Vec<Value>, element: &DataType) -> Result<Self, Vec<Value>> {
        macro_rules! all {
            ($list:ident, $case:ident) => {
                Self::$list(
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
    #[must_use]
    pub fn to_values(&self) -> Vec<Value> {
        macro_rules! all {
            ($values:expr, $case:ident) => {
                $values.iter().cloned().map(Value::$case).collect()
            };
        }
        match self {
            Self::Bytes(values) => all!(values, Bytes),
            Self::String(values) => all!(values, String),
            Self::Int32(values) => all!(values, Int32),
            Self::Int64(values) => all!(values, Int64),
            Self::Double(values) => all!(values, Double),
            Self::Float(values) => all!(values, Float),
            Self::Bool(values) => all!(values, Bool),
            Self::UnixTimestamp(values) => all!(values, UnixTimestamp),
            Self::Json(values) => all!(values, Json),
            Self::Uuid(values) => all!(values, Uuid),
            Self::TimeUuid(values) => all!(values, TimeUuid),
            Self::Decimal(values) => all!(values, Decimal),
        }
    }
}
