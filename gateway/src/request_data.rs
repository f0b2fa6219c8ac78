//! Request data: what a body gives becomes the values of a request source's field, exactly or not at all.

mod nested;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use feature_model::{DataType, Value};
use serde::de::IgnoredAny;
use uuid::Uuid;

use crate::{
    ask::Given,
    join_key::{self, KeyType},
    nearest::shown,
};

/// A value that isn't one of its field's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`entities.{field}[{row}]` is `{given}`{why}; give {expected}")]
pub struct RequestValueError {
    field: String,
    row: usize,
    given: String,
    why: &'static str,
    expected: String,
}

/// Why a value doesn't fit, in the middle of a sentence; empty where the type says it all.
type Why = &'static str;

/// Reads the values of one field; `null` is a null.
///
/// # Errors
/// At the first value that isn't one of that type.
pub(crate) fn read(
    field: &str,
    values: &[Given<'_>],
    data_type: &DataType,
) -> Result<Vec<Value>, RequestValueError> {
    let value = |(row, given): (usize, &Given<'_>)| {
        read_one(given, data_type).map_err(|why| RequestValueError {
            field: shown(field).into_owned(),
            row,
            given: join_key::text_of(given),
            why,
            expected: expected(data_type),
        })
    };
    // `collect` doesn't know how many there will be where one can be wrong
    let mut read = Vec::with_capacity(values.len());
    for given in values.iter().enumerate() {
        read.push(value(given)?);
    }
    Ok(read)
}

fn read_one(given: &Given<'_>, data_type: &DataType) -> Result<Value, Why> {
    if *given == Given::Null {
        return Ok(Value::Null);
    }
    if let (Given::Nested(text), false) = (given, *data_type == DataType::Json) {
        return nested::read(text, data_type);
    }
    match data_type {
        DataType::Bool => match given {
            Given::Bool(flag) => Ok(Value::Bool(*flag)),
            _ => Err(""),
        },
        DataType::Float64 => number(given).map(Value::Double),
        DataType::Float32 => single(given).map(Value::Float),
        DataType::Json => json(given).map(Value::Json),
        DataType::PdfBytes | DataType::ImageBytes => base64(given).map(Value::Bytes),
        DataType::Uuid => uuid(given).map(Value::Uuid),
        DataType::TimeUuid => uuid(given).map(Value::TimeUuid),
        DataType::Decimal => decimal(given).map(Value::Decimal),
        DataType::ZonedTimestamp => zoned(given),
        DataType::Unknown(_) => inferred(given),
        other => match KeyType::of(other) {
            Some(key_type) => join_key::read_one(given, key_type),
            None => Err(""),
        },
    }
}

/// A value of a field or a map that declares no types, by its JSON type.
fn inferred(given: &Given<'_>) -> Result<Value, Why> {
    Ok(match given {
        Given::Null | Given::Nested(_) => Value::Null,
        Given::Bool(flag) => Value::Bool(*flag),
        Given::Text(text) => Value::String(text.clone().into_owned()),
        Given::Number(text) if text.contains(['.', 'e', 'E']) => Value::Double(number(given)?),
        Given::Number(text) => Value::Int64(text.parse().map_err(|_| OUT_OF_RANGE)?),
    })
}

const OUT_OF_RANGE: Why = ", which is out of range";

fn number(given: &Given<'_>) -> Result<f64, Why> {
    let Given::Number(text) = given else {
        return Err("");
    };
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or(OUT_OF_RANGE)
}

fn single(given: &Given<'_>) -> Result<f32, Why> {
    let Given::Number(text) = given else {
        return Err("");
    };
    let number = text.parse::<f32>().ok().filter(|number| number.is_finite());
    number.ok_or(OUT_OF_RANGE)
}

/// A string is the text of a document, as in Feast; anything else is the document itself.
fn json(given: &Given<'_>) -> Result<String, Why> {
    match given {
        Given::Text(text) if depth(text) > DEEPEST_DOCUMENT => Err(TOO_DEEP),
        Given::Nested(text) if depth(text) > DEEPEST_DOCUMENT => Err(TOO_DEEP),
        Given::Text(text) => match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => Ok(text.clone().into_owned()),
            Err(_) => Err(", which is no text of a JSON document"),
        },
        Given::Number(text) | Given::Nested(text) => Ok((*text).to_owned()),
        Given::Bool(flag) => Ok(flag.to_string()),
        Given::Null => Err(""),
    }
}

/// Deeper documents are refused: a plugin's own parser may have no limit but its stack.
const DEEPEST_DOCUMENT: usize = 64;

const TOO_DEEP: Why = ", which is nested too deeply";

/// How deep the lists and objects of a JSON text are in each other.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn base64(given: &Given<'_>) -> Result<Vec<u8>, Why> {
    match given {
        Given::Text(text) => BASE64
            .decode(text.as_bytes())
            .map_err(|_| ", which is no base64"),
        _ => Err(""),
    }
}

fn uuid(given: &Given<'_>) -> Result<String, Why> {
    match given {
        Given::Text(text) if Uuid::try_parse(text).is_ok() => Ok(text.clone().into_owned()),
        Given::Text(_) => Err(", which is no UUID"),
        _ => Err(""),
    }
}

fn decimal(given: &Given<'_>) -> Result<String, Why> {
    let text = match given {
        Given::Number(text) => *text,
        Given::Text(text) => text.as_ref(),
        _ => return Err(""),
    };
    let has_digits_only = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    if has_digits_only && text.parse::<f64>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err(", which is no decimal number")
    }
}

/// `2026-01-31T12:00:00[Europe/Berlin]`, or with an offset for a zone.
fn zoned(given: &Given<'_>) -> Result<Value, Why> {
    let Given::Text(text) = given else {
        return Err("");
    };
    let (instant, zone) = match text.parse::<jiff::Zoned>() {
        Ok(zoned) => {
            let name = zoned.time_zone().iana_name().map(str::to_owned);
            let zone = name.unwrap_or_else(|| zoned.offset().to_string());
            (zoned.timestamp(), zone)
        }
        Err(_) => {
            let instant = text.parse::<jiff::Timestamp>();
            let instant = instant.map_err(|_| ", which is no instant in a time zone")?;
            (instant, offset(text)?.to_owned())
        }
    };
    if instant.subsec_nanosecond() != 0 {
        return Err(", which is no whole second");
    }
    Ok(Value::ZonedTimestamp {
        unix_timestamp: instant.as_second(),
        zone,
    })
}

fn offset(text: &str) -> Result<&str, Why> {
    if text.ends_with(['Z', 'z']) {
        return Ok("UTC");
    }
    let start = text.rfind(['+', '-']).ok_or(", which has no time zone")?;
    text.get(start..).ok_or(", which has no time zone")
}

fn expected(data_type: &DataType) -> String {
    let what = match data_type {
        DataType::Bool => "`true` or `false`",
        DataType::Int32 | DataType::Int64 => "an integer",
        DataType::Float32 | DataType::Float64 => "a number",
        DataType::String => "a string",
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => "a string in base64",
        DataType::UnixTimestamp => {
            "whole seconds since 1970, or a string such as \"2026-01-31T12:00:00Z\""
        }
        DataType::ZonedTimestamp => "a string such as \"2026-01-31T12:00:00+01:00[Europe/Berlin]\"",
        DataType::Uuid | DataType::TimeUuid => "a UUID as a string",
        DataType::Decimal => "a decimal number",
        DataType::Json => "a JSON document",
        DataType::Map => "an object",
        DataType::ScalarMap => "`null`: request data can't bring maps with other keys than strings",
        DataType::Struct(_) => "an object with the declared members",
        DataType::Array(_) | DataType::Set(_) | DataType::ValueList | DataType::ValueSet => {
            "a list"
        }
        DataType::Unknown(_) => "any value",
    };
    format!("{what} ({data_type})")
}

#[cfg(test)]
mod tests;
