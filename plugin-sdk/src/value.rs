use std::collections::BTreeMap;

use crate::{Decimal, Json, Set, TimeUuid, Timestamp, Uuid, ZonedTimestamp};

/// A value of any kind: what is in maps, and in lists whose element type isn't told.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the cases are the kinds' names")]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int32(i32),
    Int64(i64),
    Float32(f32),
    Float64(f64),
    Timestamp(Timestamp),
    ZonedTimestamp(ZonedTimestamp),
    Bytes(Vec<u8>),
    String(String),
    Json(Json),
    Uuid(Uuid),
    TimeUuid(TimeUuid),
    Decimal(Decimal),
    List(Vec<Value>),
    Set(Vec<Value>),
    Map(BTreeMap<String, Value>),
    ScalarMap(Vec<(Value, Value)>),
    Struct(Vec<(String, Value)>),
}

impl Value {
    /// The number that it is, whatever its width; none of another kind.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int32(value) => Some(f64::from(*value)),
            Self::Int64(value) => Some(*value as f64),
            Self::Float32(value) => Some(f64::from(*value)),
            Self::Float64(value) => Some(*value),
            _ => None,
        }
    }

    /// The whole number that it is; none of another kind.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int32(value) => Some(i64::from(*value)),
            Self::Int64(value) => Some(*value),
            _ => None,
        }
    }

    /// The text that it is; none of another kind.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// A type that the values of a map can be taken as: [`Value`] as they are, another where all are of its kind.
pub trait FromValue: Sized {
    /// The value, or what was given where it is of another kind.
    ///
    /// # Errors
    /// The value is of another kind.
    fn from_value(value: Value) -> Result<Self, Value>;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, Value> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// Whole numbers of either width.
impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, Value> {
        value.as_i64().ok_or(value)
    }
}

/// Floating-point numbers of either width.
impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Float32(value) => Ok(value.into()),
            Value::Float64(value) => Ok(value),
            other => Err(other),
        }
    }
}

macro_rules! from_value {
    ($($type:ty: $case:ident),* $(,)?) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Value> {
                match value {
                    Value::$case(value) => Ok(value),
                    other => Err(other),
                }
            }
        }
    )*};
}

from_value!(
    bool: Bool,
    i32: Int32,
    f32: Float32,
    Timestamp: Timestamp,
    ZonedTimestamp: ZonedTimestamp,
    Vec<u8>: Bytes,
    String: String,
    Json: Json,
    Uuid: Uuid,
    TimeUuid: TimeUuid,
    Decimal: Decimal,
    Vec<Value>: List,
    BTreeMap<String, Value>: Map,
);

macro_rules! into_value {
    ($($type:ty: $case:ident),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$case(value)
            }
        }
    )*};
}

into_value!(
    bool: Bool,
    i32: Int32,
    i64: Int64,
    f32: Float32,
    f64: Float64,
    Timestamp: Timestamp,
    ZonedTimestamp: ZonedTimestamp,
    Vec<u8>: Bytes,
    String: String,
    Json: Json,
    Uuid: Uuid,
    TimeUuid: TimeUuid,
    Decimal: Decimal,
    Vec<Value>: List,
    BTreeMap<String, Value>: Map,
);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<Set<Value>> for Value {
    fn from(set: Set<Value>) -> Self {
        Self::Set(set.0)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
