//! JSON as bytes, appended to one buffer.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use feature_model::{List, Map, Value};
use settings::NonFinite;

use super::{digits, zoned};

/// `null`
pub(crate) fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"null");
}

/// An integer with all its digits.
#[inline]
pub(crate) fn integer(out: &mut Vec<u8>, number: impl Into<i64>) {
    digits::integer(out, number.into());
}

/// A string in quotes. Only what JSON demands is escaped: text beyond ASCII stays as it is.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[start..index]);
        escape(out, *byte);
        start = index + 1;
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        other => {
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(other >> 4)]);
            out.push(HEX[usize::from(other & 15)]);
        }
    }
}

/// Items with commas between.
pub(crate) fn separated<I: IntoIterator>(
    out: &mut Vec<u8>,
    items: I,
    mut write: impl FnMut(&mut Vec<u8>, I::Item),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
}

/// A value as Feast's server writes it (`feast/feature_server_utils.py` of Feast 0.67), but for floats:
/// those are the shortest text that reads back as the same float, of 32 or 64 bits as they are stored.
///
/// What JSON has no form for is `null`: floats that aren't finite (unless they are wanted as strings), maps
/// whose keys aren't strings (as in Feast), and instants outside the years 1 to 9999.
pub(crate) fn value(out: &mut Vec<u8>, value: &Value, non_finite: NonFinite) {
    match value {
        Value::Null | Value::ScalarMap(_) => null(out),
        Value::Bytes(bytes) => base64(out, bytes),
        Value::Int32(number) => integer(out, *number),
        Value::Int64(number) => integer(out, *number),
        Value::UnixTimestamp(seconds) => unix_timestamp(out, *seconds),
        Value::Double(number) => double(out, *number, non_finite),
        Value::Float(number) => float(out, *number, non_finite),
        Value::Bool(flag) => boolean(out, *flag),
        Value::String(text)
        | Value::Json(text)
        | Value::Uuid(text)
        | Value::TimeUuid(text)
        | Value::Decimal(text) => string(out, text),
        Value::ZonedTimestamp {
            unix_timestamp,
            zone,
        } => match zoned::iso_8601(*unix_timestamp, zone) {
            Some(text) => string(out, &text),
            None => null(out),
        },
        Value::List(elements) | Value::Set(elements) => list(out, elements, non_finite),
        Value::Map(entries) | Value::Struct(entries) => map(out, entries, non_finite),
        Value::MapList(maps) | Value::StructList(maps) => {
            array(out, maps, |out, entries| map(out, entries, non_finite));
        }
        Value::ValueList(values) | Value::ValueSet(values) => {
            array(out, values, |out, element| {
                self::value(out, element, non_finite);
            });
        }
    }
}

fn list(out: &mut Vec<u8>, elements: &List, non_finite: NonFinite) {
    match elements {
        List::Bytes(all) => array(out, all, |out, bytes| base64(out, bytes)),
        List::Int32(all) => array(out, all, |out, number| integer(out, *number)),
        List::Int64(all) => array(out, all, |out, number| integer(out, *number)),
        List::UnixTimestamp(all) => array(out, all, |out, seconds| unix_timestamp(out, *seconds)),
        List::Double(all) => array(out, all, |out, number| double(out, *number, non_finite)),
        List::Float(all) => array(out, all, |out, number| float(out, *number, non_finite)),
        List::Bool(all) => array(out, all, |out, flag| boolean(out, *flag)),
        List::String(all)
        | List::Json(all)
        | List::Uuid(all)
        | List::TimeUuid(all)
        | List::Decimal(all) => array(out, all, |out, text| string(out, text)),
    }
}

fn array<'v, T: 'v>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = &'v T>,
    write: impl FnMut(&mut Vec<u8>, &'v T),
) {
    out.push(b'[');
    separated(out, items, write);
    out.push(b']');
}

fn map(out: &mut Vec<u8>, entries: &Map, non_finite: NonFinite) {
    out.push(b'{');
    separated(out, entries, |out, (key, entry)| {
        string(out, key);
        out.push(b':');
        value(out, entry, non_finite);
    });
    out.push(b'}');
}

/// `true` or `false`
pub(crate) fn boolean(out: &mut Vec<u8>, flag: bool) {
    out.extend_from_slice(if flag { b"true" } else { b"false" });
}

/// Feast's mark of a missing instant, numpy's NaT.
pub(crate) const NOT_A_TIME: i64 = i64::MIN;

fn unix_timestamp(out: &mut Vec<u8>, seconds: i64) {
    if seconds == NOT_A_TIME {
        null(out);
    } else {
        integer(out, seconds);
    }
}

/// A float of 64 bits.
pub(crate) fn double(out: &mut Vec<u8>, number: f64, wanted: NonFinite) {
    if number.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        not_finite(out, number, wanted);
    }
}

/// A float of 32 bits.
pub(crate) fn float(out: &mut Vec<u8>, number: f32, wanted: NonFinite) {
    if number.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    } else {
        not_finite(out, f64::from(number), wanted);
    }
}

fn not_finite(out: &mut Vec<u8>, number: f64, wanted: NonFinite) {
    let text: &[u8] = match wanted {
        NonFinite::Null => b"null",
        NonFinite::String if number.is_nan() => b"\"NaN\"",
        NonFinite::String if number > 0.0 => b"\"Infinity\"",
        NonFinite::String => b"\"-Infinity\"",
    };
    out.extend_from_slice(text);
}

/// Bytes as a string of padded base64.
pub(crate) fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    if BASE64.encode_slice(bytes, &mut out[start..]).is_err() {
        // can't be: the room is what padded base64 needs
        out.truncate(start);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests;
