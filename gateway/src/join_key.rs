//! Entity values: what a body gives becomes the value of a join key, exactly or not at all.
//!
//! A join key that is off by one finds another entity's features, so nothing is rounded, cut or guessed:
//! numeric strings and floats of integral value (`"1001"`, `1001.0`, `1e3`) are the integers they say, and
//! whatever isn't exactly a value of the declared type is refused.

mod integer;

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use feature_model::{DataType, Timestamp, Value};

use crate::{ask::Given, nearest::shown};
use integer::{Integral, integral};

/// As what the values of a join key are read. Feast's entity keys have no other types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// A 32-bit integer.
    Int32,
    /// A 64-bit integer.
    Int64,
    /// A string.
    String,
    /// Bytes, given in base64.
    Bytes,
    /// An instant in whole seconds, given in epoch seconds or as ISO 8601.
    UnixTimestamp,
    /// As Feast infers it where no type is declared: a number is an `Int64`, a string a `String`; the first
    /// value decides for all.
    Inferred,
}

impl KeyType {
    /// The key type of a declared type; `None` where Feast has no entity keys of that type.
    #[must_use]
    pub fn of(declared: &DataType) -> Option<Self> {
        match declared {
            DataType::Int32 => Some(Self::Int32),
            DataType::Int64 => Some(Self::Int64),
            DataType::String => Some(Self::String),
            DataType::Bytes => Some(Self::Bytes),
            DataType::UnixTimestamp => Some(Self::UnixTimestamp),
            DataType::Unknown(_) => Some(Self::Inferred),
            _ => None,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Int32 => "an integer from -2147483648 to 2147483647 (Int32)",
            Self::Int64 => "an integer from -9223372036854775808 to 9223372036854775807 (Int64)",
            Self::String => "a string (String)",
            Self::Bytes => "a string in base64 (Bytes)",
            Self::UnixTimestamp => {
                "whole seconds since 1970, or a string such as \"2026-01-31T12:00:00Z\" (UnixTimestamp)"
            }
            Self::Inferred => "an integer or a string",
        }
    }
}

/// A value that isn't exactly one of its join key's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`entities.{field}[{row}]` is `{given}`{why}; give {expected}")]
pub struct KeyValueError {
    field: String,
    row: usize,
    given: String,
    why: &'static str,
    expected: &'static str,
}

/// Reads the values of one join key; `field` is the name under which the body gives them.
///
/// # Errors
/// At the first value that isn't exactly one of that type.
pub fn read(
    field: &str,
    values: &[Given<'_>],
    key_type: KeyType,
) -> Result<Vec<Value>, KeyValueError> {
    let key_type = match (key_type, values.first()) {
        (KeyType::Inferred, Some(Given::Text(_))) => KeyType::String,
        (KeyType::Inferred, Some(Given::Number(_))) => KeyType::Int64,
        (declared, _) => declared,
    };
    let value = |(row, given): (usize, &Given<'_>)| {
        read_one(given, key_type)
            .map_err(|why| KeyValueError::new(field, row, given, why, key_type.expected()))
    };
    values.iter().enumerate().map(value).collect()
}

/// Checks the values of a join key that nothing needs, which the reply repeats as they are: scalars, and
/// numbers that other parsers of JSON can read.
///
/// # Errors
/// At the first value that can't be repeated.
pub fn check_repeatable(field: &str, values: &[Given<'_>]) -> Result<(), KeyValueError> {
    for (row, given) in values.iter().enumerate() {
        let why = match given {
            Given::Nested(_) => "",
            Given::Number(text) if !text.parse::<f64>().is_ok_and(f64::is_finite) => {
                ", which is out of range"
            }
            Given::Null | Given::Bool(_) | Given::Number(_) | Given::Text(_) => continue,
        };
        let expected = "a number or a string";
        return Err(KeyValueError::new(field, row, given, why, expected));
    }
    Ok(())
}

impl KeyValueError {
    fn new(
        field: &str,
        row: usize,
        given: &Given<'_>,
        why: &'static str,
        expected: &'static str,
    ) -> Self {
        Self {
            field: shown(field).into_owned(),
            row,
            given: text_of(given),
            why,
            expected,
        }
    }
}

/// The value as it was given, shortened.
pub(crate) fn text_of(given: &Given<'_>) -> String {
    let text: Cow<'_, str> = match given {
        Given::Null => "null".into(),
        Given::Bool(value) => value.to_string().into(),
        Given::Number(text) | Given::Nested(text) => shown(text),
        Given::Text(text) => format!("\"{}\"", shown(text)).into(),
    };
    text.into_owned()
}

/// Reads one value. The error is the reason, in the middle of a sentence.
pub(crate) fn read_one(given: &Given<'_>, key_type: KeyType) -> Result<Value, &'static str> {
    match key_type {
        KeyType::Int32 => {
            let value = int64(given)?;
            i32::try_from(value)
                .map(Value::Int32)
                .map_err(|_| ", which is out of range")
        }
        KeyType::Int64 => int64(given).map(Value::Int64),
        KeyType::String => string(given).map(Value::String),
        KeyType::Bytes => bytes(given).map(Value::Bytes),
        KeyType::UnixTimestamp => unix_timestamp(given).map(Value::UnixTimestamp),
        KeyType::Inferred => Err(""),
    }
}

fn int64(given: &Given<'_>) -> Result<i64, &'static str> {
    let text = match given {
        Given::Number(text) => text,
        Given::Text(text) => text.trim(),
        Given::Null | Given::Bool(_) | Given::Nested(_) => return Err(""),
    };
    match integral(text) {
        Integral::Exact(value) => Ok(value),
        Integral::Fraction => Err(", which has a fraction"),
        Integral::OutOfRange => Err(", which is out of range"),
        Integral::NoNumber => Err(", which is no number"),
    }
}

/// An integer is taken as its text, as Feast does; a float has many texts, so it is refused.
fn string(given: &Given<'_>) -> Result<String, &'static str> {
    match given {
        Given::Text(text) => Ok(text.clone().into_owned()),
        Given::Number("-0") => Ok("0".to_owned()),
        Given::Number(text) if !text.contains(['.', 'e', 'E']) => Ok((*text).to_owned()),
        Given::Number(_) => Err(", a float"),
        Given::Null | Given::Bool(_) | Given::Nested(_) => Err(""),
    }
}

fn bytes(given: &Given<'_>) -> Result<Vec<u8>, &'static str> {
    match given {
        Given::Text(text) => BASE64
            .decode(text.as_bytes())
            .map_err(|_| ", which is no base64"),
        _ => Err(""),
    }
}

fn unix_timestamp(given: &Given<'_>) -> Result<i64, &'static str> {
    let Given::Text(text) = given else {
        return int64(given);
    };
    if let Integral::Exact(seconds) = integral(text.trim()) {
        return Ok(seconds);
    }
    match text.parse::<Timestamp>() {
        Ok(instant) if instant.subsecond_nanos() == 0 => Ok(instant.seconds()),
        Ok(_) => Err(", which is no whole second"),
        Err(_) => Err(", which is no instant"),
    }
}

#[cfg(test)]
mod tests;
