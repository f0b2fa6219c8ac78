use feature_model::{DataType, Timestamp, Value, is_decimal};

use super::{Reason, uuid};
use crate::{cell::Cell, python_text};

/// A scalar by its declared type. `cell` is not null.
pub(super) fn value(cell: Cell<'_>, declared: &DataType) -> Result<Value, Reason> {
    Ok(match declared {
        DataType::Int32 => match integer(&cell, declared)? {
            Some(whole) => Value::Int32(in_range(whole, declared)?),
            None => Value::Null,
        },
        DataType::Int64 => match integer(&cell, declared)? {
            Some(whole) => Value::Int64(in_range(whole, declared)?),
            None => Value::Null,
        },
        DataType::Float32 => match cell {
            Cell::Single(number) => single(number),
            #[allow(clippy::cast_possible_truncation, reason = "as protobuf's float does")]
            other => single(number(&other, declared)? as f32),
        },
        DataType::Float64 => double(number(&cell, declared)?),
        DataType::Bool => Value::Bool(boolean(&cell, declared)?),
        DataType::String => match text(cell, declared)? {
            Some(text) => Value::String(text),
            None => Value::Null,
        },
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => {
            Value::Bytes(bytes(&cell, declared)?)
        }
        DataType::UnixTimestamp => match unix_timestamp(&cell, declared)? {
            Some(seconds) => Value::UnixTimestamp(seconds),
            None => Value::Null,
        },
        DataType::ZonedTimestamp => zoned_timestamp(&cell, declared)?,
        DataType::Uuid => Value::Uuid(uuid::text(&cell, declared)?),
        DataType::TimeUuid => Value::TimeUuid(uuid::text(&cell, declared)?),
        DataType::Decimal => match decimal(cell, declared)? {
            Some(text) => Value::Decimal(text),
            None => Value::Null,
        },
        _ => return Err(mismatch(&cell, declared)),
    })
}

/// A float64; Feast stores NaN as null.
pub(super) fn double(number: f64) -> Value {
    if number.is_nan() {
        Value::Null
    } else {
        Value::Double(number)
    }
}

/// A float32; Feast stores NaN as null.
pub(super) fn single(number: f32) -> Value {
    if number.is_nan() {
        Value::Null
    } else {
        Value::Float(number)
    }
}

/// A whole number; one with a fraction is refused and not cut. `None` is NaN, which Feast reads as null.
pub(super) fn integer(cell: &Cell<'_>, declared: &DataType) -> Result<Option<i128>, Reason> {
    let (whole, shown) = match cell {
        Cell::Int(whole) => return Ok(Some(*whole)),
        Cell::Bool(flag) => return Ok(Some(i128::from(*flag))),
        Cell::Text(text) => return whole_number(text).map(Some),
        Cell::Single(number) if number.is_nan() => return Ok(None),
        Cell::Single(number) => (exact((*number).into()), python_text::single(*number)),
        Cell::Double(number) if number.is_nan() => return Ok(None),
        Cell::Double(number) => (exact(*number), python_text::float(*number)),
        Cell::Decimal { digits, scale } => {
            let text = python_text::decimal(digits, *scale);
            (whole(&text), text)
        }
        other => return Err(mismatch(other, declared)),
    };
    match whole {
        Some(whole) => Ok(Some(whole)),
        None => Err(format!("{shown} is no integer")),
    }
}

fn whole_number(text: &str) -> Result<i128, Reason> {
    whole(text.trim()).ok_or_else(|| format!("`{}` is no integer", shortened(text)))
}

/// `2`, `2e3`, or `2.0`, which pandas writes to CSV files for a 2 of a column with nulls.
fn whole(text: &str) -> Option<i128> {
    let digits = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
        // A float would round it, to an integer perhaps.
        Some((_, fraction)) if fraction.bytes().all(|digit| digit.is_ascii_digit()) => return None,
        _ => text,
    };
    digits.parse().ok().or_else(|| exact(text.parse().ok()?))
}

fn exact(number: f64) -> Option<i128> {
    #[allow(clippy::cast_possible_truncation, reason = "there is no fraction")]
    (number.fract() == 0.0).then_some(number as i128)
}

pub(super) fn in_range<T: TryFrom<i128>>(whole: i128, declared: &DataType) -> Result<T, Reason> {
    T::try_from(whole).map_err(|_| format!("{whole} is out of range of {declared}"))
}

/// Python's `float(value)`.
pub(super) fn number(cell: &Cell<'_>, declared: &DataType) -> Result<f64, Reason> {
    #[allow(clippy::cast_precision_loss, reason = "as Python's float() does")]
    match cell {
        Cell::Double(number) => Ok(*number),
        Cell::Single(number) => Ok(f64::from(*number)),
        Cell::Int(whole) => Ok(*whole as f64),
        Cell::Bool(flag) => Ok(f64::from(u8::from(*flag))),
        Cell::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| format!("`{}` is no number", shortened(text))),
        Cell::Decimal { digits, scale } => python_text::decimal(digits, *scale)
            .parse()
            .map_err(|_| mismatch(cell, declared)),
        other => Err(mismatch(other, declared)),
    }
}

pub(super) fn boolean(cell: &Cell<'_>, declared: &DataType) -> Result<bool, Reason> {
    match cell {
        Cell::Bool(flag) => Ok(*flag),
        Cell::Int(0) => Ok(false),
        Cell::Int(1) => Ok(true),
        Cell::Int(whole) => Err(format!("{whole} is neither true nor false")),
        Cell::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(format!("`{}` is neither true nor false", shortened(text))),
        },
        other => Err(mismatch(other, declared)),
    }
}

/// Python's `str(value)`. `None` is NaN, which Feast reads as null.
pub(super) fn text(cell: Cell<'_>, declared: &DataType) -> Result<Option<String>, Reason> {
    Ok(Some(match cell {
        Cell::Text(text) => text.to_owned(),
        Cell::Binary(bytes) => utf8(bytes)?.to_owned(),
        Cell::Bool(true) => "True".to_owned(),
        Cell::Bool(false) => "False".to_owned(),
        Cell::Int(whole) => whole.to_string(),
        Cell::Single(number) if number.is_nan() => return Ok(None),
        Cell::Single(number) => python_text::single(number),
        Cell::Double(number) if number.is_nan() => return Ok(None),
        Cell::Double(number) => python_text::float(number),
        Cell::Decimal { digits, scale } => python_text::decimal(&digits, scale),
        Cell::Time { at, digits, .. } => python_text::time(at, digits),
        Cell::Date(days) => python_text::date(days),
        Cell::TimeOfDay { nanos, digits } => python_text::time_of_day(nanos, digits),
        other => return Err(mismatch(&other, declared)),
    }))
}

/// The text of bytes that a writer without a text type left behind.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, Reason> {
    std::str::from_utf8(bytes).map_err(|_| "the bytes are no UTF-8 text".to_owned())
}

pub(super) fn bytes(cell: &Cell<'_>, declared: &DataType) -> Result<Vec<u8>, Reason> {
    match cell {
        Cell::Binary(bytes) => Ok(bytes.to_vec()),
        Cell::Text(text) => Ok(text.as_bytes().to_vec()),
        other => Err(mismatch(other, declared)),
    }
}

/// An instant: of a timestamp, of midnight of a date, or of ISO 8601 text; UTC where no zone is told.
pub(crate) fn instant(cell: &Cell<'_>) -> Result<Timestamp, Reason> {
    match cell {
        Cell::Time { at, .. } => Ok(*at),
        Cell::Date(days) => Ok(Timestamp::from_seconds(days.saturating_mul(86_400))),
        Cell::Text(text) => text.parse().map_err(|error| format!("{error}")),
        other => Err(mismatch(other, &DataType::UnixTimestamp)),
    }
}

/// Whole seconds: of an instant rounded down, and a number is refused if it has a fraction. `None` is NaN.
pub(super) fn unix_timestamp(cell: &Cell<'_>, declared: &DataType) -> Result<Option<i64>, Reason> {
    let seconds = match cell {
        Cell::Int(_) | Cell::Single(_) | Cell::Double(_) => match integer(cell, declared)? {
            Some(whole) => in_range(whole, declared)?,
            None => return Ok(None),
        },
        Cell::Text(text) => match whole(text.trim()) {
            Some(seconds) => in_range(seconds, declared)?,
            None => instant(cell)?.seconds(),
        },
        Cell::Time { .. } | Cell::Date(_) => instant(cell)?.seconds(),
        other => return Err(mismatch(other, declared)),
    };
    Ok(Some(seconds))
}

/// The instant in seconds and the zone of its column; no zone is an empty name, as in Feast.
fn zoned_timestamp(cell: &Cell<'_>, declared: &DataType) -> Result<Value, Reason> {
    let zone = match cell {
        Cell::Time { zone, .. } => zone.unwrap_or_default().to_owned(),
        Cell::Text(text) => zone_of(text),
        Cell::Date(_) => String::new(),
        other => return Err(mismatch(other, declared)),
    };
    Ok(Value::ZonedTimestamp {
        unix_timestamp: instant(cell)?.seconds(),
        zone,
    })
}

/// The offset at the end of ISO 8601 text in the form in which Feast keeps it: `UTC`, `UTC+02:00`.
fn zone_of(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.ends_with(['Z', 'z']) {
        return "UTC".to_owned();
    }
    let Some(start) = trimmed.len().checked_sub(6) else {
        return String::new();
    };
    match trimmed.get(start..) {
        Some("+00:00") => "UTC".to_owned(),
        Some(offset) if offset.starts_with(['+', '-']) && offset.get(3..4) == Some(":") => {
            format!("UTC{offset}")
        }
        _ => String::new(),
    }
}

/// Text that Python's `Decimal` reads: what it doesn't read spoils every read of the row in Feast.
pub(super) fn decimal(cell: Cell<'_>, declared: &DataType) -> Result<Option<String>, Reason> {
    match cell {
        Cell::Text(text) if !is_decimal(text) => {
            Err(format!("`{}` is no decimal number", shortened(text)))
        }
        Cell::Decimal { .. } | Cell::Text(_) | Cell::Int(_) | Cell::Single(_) | Cell::Double(_) => {
            text(cell, declared)
        }
        other => Err(mismatch(&other, declared)),
    }
}

/// The reason when a value has another type than the declared one.
pub(super) fn mismatch(cell: &Cell<'_>, declared: &DataType) -> Reason {
    let found = match cell {
        Cell::Null => "null",
        Cell::Bool(_) => "a boolean",
        Cell::Int(_) => "an integer",
        Cell::Single(_) | Cell::Double(_) => "a float",
        Cell::Text(_) => "text",
        Cell::Binary(_) => "bytes",
        Cell::Time { .. } => "a timestamp",
        Cell::Date(_) => "a date",
        Cell::TimeOfDay { .. } => "a time of day",
        Cell::Decimal { .. } => "a decimal",
        Cell::List(_) => "a list",
        Cell::Struct(..) => "a struct",
        Cell::Map(..) => "a map",
        Cell::Other => "a value of another type",
    };
    format!("{found} where {declared} is declared")
}

/// The beginning of a text for a message, which a whole one may be too long for.
pub(super) fn shortened(text: &str) -> String {
    const MOST_CHARS: usize = 40;
    if text.chars().count() <= MOST_CHARS {
        return text.to_owned();
    }
    text.chars().take(MOST_CHARS).chain(['…']).collect()
}
