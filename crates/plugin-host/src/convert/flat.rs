//! Arrays that hold no other arrays: they grow by values, or by the elements of a list.

use feature_model::{DataType, List, Value};

use crate::{Blobs, Values, ZonedTimestamps};

/// Why a value isn't taken.
pub(super) type Refused = &'static str;

pub(super) const OTHER_TYPE: Refused = "it is of another type";

/// An empty array of scalars; none where the type is no scalar.
pub(super) fn flat(scalar: &DataType, rows: usize) -> Option<Values> {
    let blobs = || empty_blobs(rows);
    Some(match scalar {
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => Values::Bytes(blobs()),
        DataType::String => Values::Text(blobs()),
        DataType::Json => Values::Json(blobs()),
        DataType::Uuid => Values::Uuid(blobs()),
        DataType::TimeUuid => Values::TimeUuid(blobs()),
        DataType::Decimal => Values::Decimal(blobs()),
        DataType::Int32 => Values::Int32(Vec::with_capacity(rows)),
        DataType::Int64 => Values::Int64(Vec::with_capacity(rows)),
        DataType::Float32 => Values::Float32(Vec::with_capacity(rows)),
        DataType::Float64 => Values::Float64(Vec::with_capacity(rows)),
        DataType::Bool => Values::Boolean(Vec::with_capacity(rows)),
        DataType::UnixTimestamp => Values::UnixTimestamp(Vec::with_capacity(rows)),
        DataType::ZonedTimestamp => Values::ZonedTimestamp(ZonedTimestamps {
            seconds: Vec::with_capacity(rows),
            zones: blobs(),
        }),
        _ => return None,
    })
}

pub(super) fn empty_blobs(rows: usize) -> Blobs {
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0);
    Blobs {
        offsets,
        data: Vec::new(),
    }
}

/// Adds a value of the array's type.
pub(super) fn push_flat(values: &mut Values, value: &Value) -> Result<(), Refused> {
    match (values, value) {
        (Values::Boolean(bytes), Value::Bool(bool)) => bytes.push(u8::from(*bool)),
        (Values::Int32(numbers), Value::Int32(number)) => numbers.push(*number),
        (Values::Int64(numbers), Value::Int64(number)) => numbers.push(*number),
        (Values::Float32(numbers), Value::Float(number)) => numbers.push(*number),
        (Values::Float64(numbers), Value::Double(number)) => numbers.push(*number),
        (Values::UnixTimestamp(times), Value::UnixTimestamp(time)) => times.push(*time),
        (Values::Bytes(blobs), Value::Bytes(bytes)) => push_blob(blobs, bytes)?,
        (Values::Text(blobs), Value::String(text))
        | (Values::Json(blobs), Value::Json(text))
        | (Values::Uuid(blobs), Value::Uuid(text))
        | (Values::TimeUuid(blobs), Value::TimeUuid(text))
        | (Values::Decimal(blobs), Value::Decimal(text)) => push_blob(blobs, text.as_bytes())?,
        (
            Values::ZonedTimestamp(zoned),
            Value::ZonedTimestamp {
                unix_timestamp,
                zone,
            },
        ) => {
            push_blob(&mut zoned.zones, zone.as_bytes())?;
            zoned.seconds.push(*unix_timestamp);
        }
        _ => return Err(OTHER_TYPE),
    }
    Ok(())
}

/// Adds what stands at the place of a null.
pub(super) fn push_flat_default(values: &mut Values) {
    match values {
        Values::Boolean(bytes) => bytes.push(0),
        Values::Int32(numbers) => numbers.push(0),
        Values::Int64(numbers) | Values::UnixTimestamp(numbers) => numbers.push(0),
        Values::Float32(numbers) => numbers.push(0.0),
        Values::Float64(numbers) => numbers.push(0.0),
        Values::Bytes(blobs)
        | Values::Text(blobs)
        | Values::Json(blobs)
        | Values::Uuid(blobs)
        | Values::TimeUuid(blobs)
        | Values::Decimal(blobs) => repeat_last(&mut blobs.offsets),
        Values::ZonedTimestamp(zoned) => {
            zoned.seconds.push(0);
            repeat_last(&mut zoned.zones.offsets);
        }
        Values::List(_)
        | Values::Set(_)
        | Values::Map(_)
        | Values::ScalarMap(_)
        | Values::Struct(_)
        | Values::Mixed(_) => {}
    }
}

/// Adds all elements of a list.
pub(super) fn extend(values: &mut Values, list: &List) -> Result<(), Refused> {
    match (values, list) {
        (Values::Boolean(bytes), List::Bool(bools)) => {
            bytes.extend(bools.iter().map(|bool| u8::from(*bool)));
        }
        (Values::Int32(numbers), List::Int32(more)) => numbers.extend_from_slice(more),
        (Values::Int64(numbers), List::Int64(more))
        | (Values::UnixTimestamp(numbers), List::UnixTimestamp(more)) => {
            numbers.extend_from_slice(more);
        }
        (Values::Float32(numbers), List::Float(more)) => numbers.extend_from_slice(more),
        (Values::Float64(numbers), List::Double(more)) => numbers.extend_from_slice(more),
        (Values::Bytes(blobs), List::Bytes(more)) => {
            more.iter().try_for_each(|bytes| push_blob(blobs, bytes))?;
        }
        (Values::Text(blobs), List::String(more))
        | (Values::Json(blobs), List::Json(more))
        | (Values::Uuid(blobs), List::Uuid(more))
        | (Values::TimeUuid(blobs), List::TimeUuid(more))
        | (Values::Decimal(blobs), List::Decimal(more)) => {
            more.iter()
                .try_for_each(|text| push_blob(blobs, text.as_bytes()))?;
        }
        _ => return Err(OTHER_TYPE),
    }
    Ok(())
}

pub(super) fn push_blob(blobs: &mut Blobs, bytes: &[u8]) -> Result<(), Refused> {
    blobs.data.extend_from_slice(bytes);
    push_offset(&mut blobs.offsets, bytes.len())
}

pub(super) fn push_offset(offsets: &mut Vec<u32>, count: usize) -> Result<(), Refused> {
    let last = offsets.last().copied().unwrap_or(0);
    let next = u32::try_from(count)
        .ok()
        .and_then(|count| last.checked_add(count))
        .ok_or("the column grows above 4 GiB")?;
    offsets.push(next);
    Ok(())
}

pub(super) fn repeat_last(offsets: &mut Vec<u32>) {
    let last = offsets.last().copied().unwrap_or(0);
    offsets.push(last);
}
