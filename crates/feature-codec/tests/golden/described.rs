//! Values as `record_golden.py` describes them: `{"int64_val": "5"}`, floats as their bits, bytes as hex.

use feature_model::{List, Map, MapKey, Value};
use serde_json::Value as Json;

pub(crate) fn text_of(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}

pub(crate) fn bytes_of(json: &Json) -> Vec<u8> {
    let hex = json.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) fn described(json: &Json) -> Value {
    let Some((field, told)) = json.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    let kind = field.strip_suffix("_val").unwrap();
    match kind {
        "map" => Value::Map(map(told)),
        "struct" => Value::Struct(map(told)),
        "map_list" => Value::MapList(each(told, map)),
        "struct_list" => Value::StructList(each(told, map)),
        "list" => Value::ValueList(each(told, described)),
        "set" => Value::ValueSet(each(told, described)),
        "scalar_map" => Value::ScalarMap(each(told, |entry| {
            (map_key(&entry[0]), described(&entry[1]))
        })),
        "zoned_timestamp" => Value::ZonedTimestamp {
            unix_timestamp: number(&told[0]),
            zone: text_of(&told[1]),
        },
        _ => match (kind.strip_suffix("_list"), kind.strip_suffix("_set")) {
            (Some(element), _) => Value::List(list(element, told)),
            (_, Some(element)) => Value::Set(list(element, told)),
            _ => scalar(kind, told),
        },
    }
}

fn each<T>(told: &Json, one: impl Fn(&Json) -> T) -> Vec<T> {
    told.as_array().unwrap().iter().map(one).collect()
}

fn map(told: &Json) -> Map {
    let entries = told.as_object().unwrap().iter();
    entries
        .map(|(key, value)| (key.clone(), described(value)))
        .collect()
}

fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(told: &Json) -> T {
    told.as_str().unwrap().parse().unwrap()
}

fn double(told: &Json) -> f64 {
    f64::from_be_bytes(bytes_of(told).try_into().unwrap())
}

fn float(told: &Json) -> f32 {
    f32::from_be_bytes(bytes_of(told).try_into().unwrap())
}

fn flag(told: &Json) -> bool {
    told.as_bool().unwrap()
}

fn scalar(kind: &str, told: &Json) -> Value {
    match kind {
        "bytes" => Value::Bytes(bytes_of(told)),
        "string" => Value::String(text_of(told)),
        "int32" => Value::Int32(number(told)),
        "int64" => Value::Int64(number(told)),
        "double" => Value::Double(double(told)),
        "float" => Value::Float(float(told)),
        "bool" => Value::Bool(flag(told)),
        "unix_timestamp" => Value::UnixTimestamp(number(told)),
        "json" => Value::Json(text_of(told)),
        "uuid" => Value::Uuid(text_of(told)),
        "time_uuid" => Value::TimeUuid(text_of(told)),
        "decimal" => Value::Decimal(text_of(told)),
        other => panic!("unknown kind `{other}`"),
    }
}

fn list(element: &str, told: &Json) -> List {
    match element {
        "bytes" => List::Bytes(each(told, bytes_of)),
        "string" => List::String(each(told, text_of)),
        "int32" => List::Int32(each(told, number)),
        "int64" => List::Int64(each(told, number)),
        "double" => List::Double(each(told, double)),
        "float" => List::Float(each(told, float)),
        "bool" => List::Bool(each(told, flag)),
        "unix_timestamp" => List::UnixTimestamp(each(told, number)),
        "json" => List::Json(each(told, text_of)),
        "uuid" => List::Uuid(each(told, text_of)),
        "time_uuid" => List::TimeUuid(each(told, text_of)),
        "decimal" => List::Decimal(each(told, text_of)),
        other => panic!("unknown kind of element `{other}`"),
    }
}

fn map_key(json: &Json) -> Option<MapKey> {
    let (field, told) = json.as_object()?.iter().next()?;
    Some(match field.strip_suffix("_key").unwrap() {
        "int32" => MapKey::Int32(number(told)),
        "int64" => MapKey::Int64(number(told)),
        "float" => MapKey::Float(float(told)),
        "double" => MapKey::Double(double(told)),
        "bool" => MapKey::Bool(flag(told)),
        "unix_timestamp" => MapKey::UnixTimestamp(number(told)),
        "bytes" => MapKey::Bytes(bytes_of(told)),
        "uuid" => MapKey::Uuid(text_of(told)),
        "time_uuid" => MapKey::TimeUuid(text_of(told)),
        "decimal" => MapKey::Decimal(text_of(told)),
        other => panic!("unknown kind of key `{other}`"),
    })
}
