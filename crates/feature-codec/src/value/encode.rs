use feature_model::{List, Map, MapKey, Value};

use crate::wire::{WireType, int32_bits, int64_bits, put_bytes, put_message, put_tag, put_varint};

/// The only field of every list, set and map message.
const VAL: u32 = 1;
/// The fields of a map's entry.
const ENTRY_KEY: u32 = 1;
const ENTRY_VALUE: u32 = 2;

/// Appends a value's `feast.types.Value` bytes to `out`; null appends nothing.
///
/// The bytes are those of Feast's protobuf: defaults are written (`0` is `2000`) and numbers of a list are
/// packed. Feast writes the entries of a map in no particular order; here they are in byte order.
pub fn encode_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bytes(bytes) => put_bytes(out, 1, bytes),
        Value::String(text) => put_bytes(out, 2, text.as_bytes()),
        Value::Int32(number) => put_number(out, 3, int32_bits(*number)),
        Value::Int64(number) => put_number(out, 4, int64_bits(*number)),
        Value::Double(number) => put_double(out, 5, *number),
        Value::Float(number) => put_float(out, 6, *number),
        Value::Bool(flag) => put_number(out, 7, u64::from(*flag)),
        Value::UnixTimestamp(seconds) => put_number(out, 8, int64_bits(*seconds)),
        Value::List(list) => put_list(out, list_field(list), list),
        Value::Set(set) => put_list(out, set_field(set), set),
        Value::Map(map) => put_message(out, 20, |out| put_map(out, map)),
        Value::MapList(maps) => put_message(out, 21, |out| put_maps(out, maps)),
        Value::Json(text) => put_bytes(out, 32, text.as_bytes()),
        Value::Struct(map) => put_message(out, 34, |out| put_map(out, map)),
        Value::StructList(maps) => put_message(out, 35, |out| put_maps(out, maps)),
        Value::Uuid(text) => put_bytes(out, 36, text.as_bytes()),
        Value::TimeUuid(text) => put_bytes(out, 37, text.as_bytes()),
        Value::ValueList(values) => put_message(out, 42, |out| put_values(out, values)),
        Value::ValueSet(values) => put_message(out, 43, |out| put_values(out, values)),
        Value::Decimal(text) => put_bytes(out, 44, text.as_bytes()),
        Value::ScalarMap(entries) => put_message(out, 47, |out| put_scalar_map(out, entries)),
        Value::ZonedTimestamp {
            unix_timestamp,
            zone,
        } => put_message(out, 48, |out| {
            put_zoned_timestamp(out, *unix_timestamp, zone);
        }),
    }
}

fn list_field(list: &List) -> u32 {
    match list {
        List::Bytes(_) => 11,
        List::String(_) => 12,
        List::Int32(_) => 13,
        List::Int64(_) => 14,
        List::Double(_) => 15,
        List::Float(_) => 16,
        List::Bool(_) => 17,
        List::UnixTimestamp(_) => 18,
        List::Json(_) => 33,
        List::Uuid(_) => 38,
        List::TimeUuid(_) => 39,
        List::Decimal(_) => 45,
    }
}

/// Feast has no set of JSON documents; the field of the list is the nearest it has.
fn set_field(set: &List) -> u32 {
    match set {
        List::Bytes(_) => 22,
        List::String(_) => 23,
        List::Int32(_) => 24,
        List::Int64(_) => 25,
        List::Double(_) => 26,
        List::Float(_) => 27,
        List::Bool(_) => 28,
        List::UnixTimestamp(_) => 29,
        List::Json(_) => 33,
        List::Uuid(_) => 40,
        List::TimeUuid(_) => 41,
        List::Decimal(_) => 46,
    }
}

fn put_list(out: &mut Vec<u8>, field: u32, list: &List) {
    put_message(out, field, |out| match list {
        List::Bytes(items) => items.iter().for_each(|item| put_bytes(out, VAL, item)),
        List::String(items)
        | List::Json(items)
        | List::Uuid(items)
        | List::TimeUuid(items)
        | List::Decimal(items) => {
            for item in items {
                put_bytes(out, VAL, item.as_bytes());
            }
        }
        List::Int32(items) => {
            put_packed(out, items, |out, item| put_varint(out, int32_bits(*item)));
        }
        List::Int64(items) | List::UnixTimestamp(items) => {
            put_packed(out, items, |out, item| put_varint(out, int64_bits(*item)));
        }
        List::Double(items) => put_packed(out, items, |out, item| {
            out.extend_from_slice(&item.to_le_bytes());
        }),
        List::Float(items) => put_packed(out, items, |out, item| {
            out.extend_from_slice(&item.to_le_bytes());
        }),
        List::Bool(items) => put_packed(out, items, |out, item| out.push(u8::from(*item))),
    });
}

/// An empty list of numbers has no packed field at all.
fn put_packed<T>(out: &mut Vec<u8>, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    if items.is_empty() {
        return;
    }
    put_message(out, VAL, |out| {
        out.reserve(size_of_val(items));
        items.iter().for_each(|item| put(out, item));
    });
}

fn put_maps(out: &mut Vec<u8>, maps: &[Map]) {
    for map in maps {
        put_message(out, VAL, |out| put_map(out, map));
    }
}

fn put_map(out: &mut Vec<u8>, map: &Map) {
    for (key, value) in map {
        put_message(out, VAL, |out| {
            put_bytes(out, ENTRY_KEY, key.as_bytes());
            put_message(out, ENTRY_VALUE, |out| encode_value(value, out));
        });
    }
}

fn put_values(out: &mut Vec<u8>, values: &[Value]) {
    for value in values {
        put_message(out, VAL, |out| encode_value(value, out));
    }
}

fn put_scalar_map(out: &mut Vec<u8>, entries: &[(Option<MapKey>, Value)]) {
    for (key, value) in entries {
        put_message(out, VAL, |out| {
            if let Some(key) = key {
                put_message(out, ENTRY_KEY, |out| put_map_key(out, key));
            }
            put_message(out, ENTRY_VALUE, |out| encode_value(value, out));
        });
    }
}

fn put_map_key(out: &mut Vec<u8>, key: &MapKey) {
    match key {
        MapKey::Int32(number) => put_number(out, 1, int32_bits(*number)),
        MapKey::Int64(number) => put_number(out, 2, int64_bits(*number)),
        MapKey::Float(number) => put_float(out, 3, *number),
        MapKey::Double(number) => put_double(out, 4, *number),
        MapKey::Bool(flag) => put_number(out, 5, u64::from(*flag)),
        MapKey::UnixTimestamp(seconds) => put_number(out, 6, int64_bits(*seconds)),
        MapKey::Bytes(bytes) => put_bytes(out, 7, bytes),
        MapKey::Uuid(text) => put_bytes(out, 8, text.as_bytes()),
        MapKey::TimeUuid(text) => put_bytes(out, 9, text.as_bytes()),
        MapKey::Decimal(text) => put_bytes(out, 10, text.as_bytes()),
    }
}

/// Unlike the cases of a `Value`, its fields are left out where they have their default.
fn put_zoned_timestamp(out: &mut Vec<u8>, unix_timestamp: i64, zone: &str) {
    if unix_timestamp != 0 {
        put_number(out, 1, int64_bits(unix_timestamp));
    }
    if !zone.is_empty() {
        put_bytes(out, 2, zone.as_bytes());
    }
}

fn put_number(out: &mut Vec<u8>, field: u32, bits: u64) {
    put_tag(out, field, WireType::Varint);
    put_varint(out, bits);
}

fn put_double(out: &mut Vec<u8>, field: u32, number: f64) {
    put_tag(out, field, WireType::Fixed64);
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_float(out: &mut Vec<u8>, field: u32, number: f32) {
    put_tag(out, field, WireType::Fixed32);
    out.extend_from_slice(&number.to_le_bytes());
}
