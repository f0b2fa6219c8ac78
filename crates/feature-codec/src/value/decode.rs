use feature_model::{List, Map, MapKey, Value};
use prost::Message;

use super::decode_scalar;
use crate::{
    DecodeError,
    messages::{Key, ProtoMap, ProtoValue, RepeatedValue, ScalarMap, Val},
};

/// Reads the `feast.types.Value` of one stored feature; no bytes are null.
///
/// As in protobuf, fields that are not known are skipped and the last case of several counts. A value
/// that is one number, flag or timestamp is read without allocating. Lists and maps may be nested as
/// deeply as Feast reads them: 100 messages within each other.
///
/// # Errors
/// [`DecodeError::Corrupt`] where the bytes are no protobuf message, a known field has another wire
/// type, a text is no UTF-8, or the nesting is deeper.
pub fn decode_value(bytes: &[u8]) -> Result<Value, DecodeError> {
    match decode_scalar(bytes) {
        Some(scalar) => Ok(scalar.into()),
        None => decode_any(bytes),
    }
}

fn decode_any(bytes: &[u8]) -> Result<Value, DecodeError> {
    let decoded = ProtoValue::decode(bytes)
        .map_err(|error| DecodeError::corrupt("feature value", error.to_string()))?;
    Ok(value(decoded))
}

/// Recursion is bounded: prost has refused what is nested deeper than 100 messages.
fn value(decoded: ProtoValue) -> Value {
    let Some(val) = decoded.val else {
        return Value::Null;
    };
    match val {
        Val::Null(_) => Value::Null,
        Val::Bytes(bytes) => Value::Bytes(bytes),
        Val::String(text) => Value::String(text),
        Val::Int32(number) => Value::Int32(number),
        Val::Int64(number) => Value::Int64(number),
        Val::Double(number) => Value::Double(number),
        Val::Float(number) => Value::Float(number),
        Val::Bool(flag) => Value::Bool(flag),
        Val::UnixTimestamp(seconds) => Value::UnixTimestamp(seconds),
        Val::Json(text) => Value::Json(text),
        Val::Uuid(text) => Value::Uuid(text),
        Val::TimeUuid(text) => Value::TimeUuid(text),
        Val::Decimal(text) => Value::Decimal(text),
        Val::ZonedTimestamp(zoned) => Value::ZonedTimestamp {
            unix_timestamp: zoned.unix_timestamp,
            zone: zoned.zone,
        },
        collection => collection_value(collection),
    }
}

fn collection_value(val: Val) -> Value {
    match val {
        Val::Map(entries) => Value::Map(map(entries)),
        Val::Struct(fields) => Value::Struct(map(fields)),
        Val::MapList(list) => Value::MapList(list.val.into_iter().map(map).collect()),
        Val::StructList(list) => Value::StructList(list.val.into_iter().map(map).collect()),
        Val::ValueList(list) => Value::ValueList(values(list)),
        Val::ValueSet(set) => Value::ValueSet(values(set)),
        Val::ScalarMap(entries) => Value::ScalarMap(scalar_map(entries)),
        other => scalar_collection(other),
    }
}

fn scalar_collection(val: Val) -> Value {
    match val {
        Val::BytesList(list) => Value::List(List::Bytes(list.val)),
        Val::StringList(list) => Value::List(List::String(list.val)),
        Val::Int32List(list) => Value::List(List::Int32(list.val)),
        Val::Int64List(list) => Value::List(List::Int64(list.val)),
        Val::DoubleList(list) => Value::List(List::Double(list.val)),
        Val::FloatList(list) => Value::List(List::Float(list.val)),
        Val::BoolList(list) => Value::List(List::Bool(list.val)),
        Val::UnixTimestampList(list) => Value::List(List::UnixTimestamp(list.val)),
        Val::JsonList(list) => Value::List(List::Json(list.val)),
        Val::UuidList(list) => Value::List(List::Uuid(list.val)),
        Val::TimeUuidList(list) => Value::List(List::TimeUuid(list.val)),
        Val::DecimalList(list) => Value::List(List::Decimal(list.val)),
        Val::BytesSet(set) => Value::Set(List::Bytes(set.val)),
        Val::StringSet(set) => Value::Set(List::String(set.val)),
        Val::Int32Set(set) => Value::Set(List::Int32(set.val)),
        Val::Int64Set(set) => Value::Set(List::Int64(set.val)),
        Val::DoubleSet(set) => Value::Set(List::Double(set.val)),
        Val::FloatSet(set) => Value::Set(List::Float(set.val)),
        Val::BoolSet(set) => Value::Set(List::Bool(set.val)),
        Val::UnixTimestampSet(set) => Value::Set(List::UnixTimestamp(set.val)),
        Val::UuidSet(set) => Value::Set(List::Uuid(set.val)),
        Val::TimeUuidSet(set) => Value::Set(List::TimeUuid(set.val)),
        Val::DecimalSet(set) => Value::Set(List::Decimal(set.val)),
        _ => Value::Null,
    }
}

fn map(decoded: ProtoMap) -> Map {
    let entries = decoded.val.into_iter();
    entries.map(|(key, val)| (key, value(val))).collect()
}

fn values(decoded: RepeatedValue) -> Vec<Value> {
    decoded.val.into_iter().map(value).collect()
}

fn scalar_map(decoded: ScalarMap) -> Vec<(Option<MapKey>, Value)> {
    let entries = decoded.val.into_iter();
    entries
        .map(|entry| {
            let key = entry.key.and_then(|key| key.key).map(map_key);
            (key, entry.value.map(value).unwrap_or_default())
        })
        .collect()
}

fn map_key(key: Key) -> MapKey {
    match key {
        Key::Int32(number) => MapKey::Int32(number),
        Key::Int64(number) => MapKey::Int64(number),
        Key::Float(number) => MapKey::Float(number),
        Key::Double(number) => MapKey::Double(number),
        Key::Bool(flag) => MapKey::Bool(flag),
        Key::UnixTimestamp(seconds) => MapKey::UnixTimestamp(seconds),
        Key::Bytes(bytes) => MapKey::Bytes(bytes),
        Key::Uuid(text) => MapKey::Uuid(text),
        Key::TimeUuid(text) => MapKey::TimeUuid(text),
        Key::Decimal(text) => MapKey::Decimal(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use feature_model::Value;

    use super::{decode_any, decode_scalar};

    /// A tag of a scalar field and a varint, most of the time: what random bytes rarely are.
    fn nearly_scalars() -> impl Strategy<Value = Vec<u8>> {
        let tag = prop::sample::select(vec![0x0a, 0x12, 0x18, 0x20, 0x29, 0x35, 0x38, 0x40, 0x98]);
        let body = prop_oneof![
            vec(any::<u8>(), 0..12),
            (vec(0x80..=0xff_u8, 0..11), any::<u8>()).prop_map(|(mut high, last)| {
                high.push(last);
                high
            }),
            "\\PC{0,9}".prop_map(|text| [&[text.len() as u8], text.as_bytes()].concat()),
        ];
        (tag, body).prop_map(|(tag, body)| [vec![tag], body].concat())
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_way_reads(bytes in nearly_scalars()) {
            if let Some(scalar) = decode_scalar(&bytes) {
                let value = Value::from(scalar);
                let long_way = decode_any(&bytes).unwrap();
                prop_assert_eq!(format!("{value:?}"), format!("{long_way:?}"));
            }
        }
    }

    #[test]
    fn every_plain_scalar_takes_the_short_way() {
        for bytes in [
            &b""[..],
            b"\x0a\x01a",
            b"\x12\x01a",
            b"\x18\x01",
            b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x29\0\0\0\0\0\0\0\0",
            b"\x35\0\0\0\0",
            b"\x38\x01",
            b"\x40\x01",
        ] {
            let value = decode_scalar(bytes).map(Value::from);
            assert_eq!(value, Some(decode_any(bytes).unwrap()));
        }
    }
}
