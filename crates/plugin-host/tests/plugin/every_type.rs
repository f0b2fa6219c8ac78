//! Values of every type go through a plugin of `plugin-sdk` and come back as they were.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

use feature_model::{DataType, List, MapKey, Value, Wasi};
use plugin_host::{BatchBuilder, BatchReader, CallError, Component, Failure, Plugin};

use crate::fixture::{component, host, options};

/// Built from `tests/fixtures/every_type`.
static EVERY_TYPE: LazyLock<Vec<u8>> = LazyLock::new(|| component("every_type"));

const UUID: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

fn plugin(transform: &str) -> Plugin {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    let component = COMPONENT.get_or_init(|| host().compile(&EVERY_TYPE, Wasi::None).unwrap());
    let mut options = options(transform);
    options.parameters = "{}".to_owned();
    Plugin::new(component, options).unwrap()
}

/// Rows of one column through a plugin; null rows are added.
#[track_caller]
fn comes_back(transform: &str, data_type: &str, values: &[Value]) {
    let plugin = plugin(transform);
    let data_type: DataType = data_type.parse().unwrap();
    assert_eq!(plugin.description().inputs[0].data_type, data_type);
    let inputs = [("x".to_owned(), data_type.clone())];
    let outputs = [(transform.to_owned(), data_type)];
    let with_nulls: Vec<Value> = [&[Value::Null], values, &[Value::Null]].concat();
    for rows in [values, &with_nulls, &[], &[Value::Null]] {
        let mut builder = BatchBuilder::new(&inputs, rows.len());
        builder.column(rows).unwrap();
        let count = u32::try_from(rows.len()).unwrap();
        let out = plugin.call_blocking(count, &builder.finish()).unwrap();
        let reader = BatchReader::new(out, outputs.as_slice().into(), rows.len()).unwrap();
        let back: Vec<Value> = (0..rows.len()).map(|row| reader.value(0, row)).collect();
        assert_eq!(back, rows, "{transform}");
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn scalars_come_back() {
    comes_back("boolean", "Bool", &[Value::Bool(true), Value::Bool(false)]);
    comes_back("int32", "Int32", &[Value::Int32(i32::MIN), Value::Int32(1)]);
    comes_back(
        "int64",
        "Int64",
        &[Value::Int64(i64::MAX), Value::Int64(-1)],
    );
    comes_back(
        "float32",
        "Float32",
        &[Value::Float(f32::MIN), Value::Float(-0.0)],
    );
    let floats = [Value::Double(f64::MAX), Value::Double(f64::INFINITY)];
    comes_back("float64", "Float64", &floats);
    comes_back(
        "unix_timestamp",
        "UnixTimestamp",
        &[Value::UnixTimestamp(-5)],
    );
    let zoned = [Value::ZonedTimestamp {
        unix_timestamp: 7,
        zone: text("Europe/Berlin"),
    }];
    comes_back("zoned_timestamp", "ZonedTimestamp", &zoned);
    comes_back("zoned_timestamp_view", "ZonedTimestamp", &zoned);
}

#[test]
fn texts_and_bytes_come_back() {
    let bytes = [Value::Bytes(vec![0, 255]), Value::Bytes(Vec::new())];
    comes_back("bytes", "Bytes", &bytes);
    comes_back("bytes_view", "Bytes", &bytes);
    let texts = [Value::String(text("äöü")), Value::String(text(""))];
    comes_back("string", "String", &texts);
    comes_back("string_view", "String", &texts);
    comes_back("json", "Json", &[Value::Json(text(r#"{"a": 1}"#))]);
    comes_back("uuid", "Uuid", &[Value::Uuid(text(UUID))]);
    comes_back("time_uuid", "TimeUuid", &[Value::TimeUuid(text(UUID))]);
    comes_back("decimal", "Decimal", &[Value::Decimal(text("1.50"))]);
}

#[test]
fn lists_and_sets_come_back() {
    let floats = [
        Value::List(List::Float(vec![1.0, 2.0])),
        Value::List(List::Float(Vec::new())),
    ];
    comes_back("floats", "Array(Float32)", &floats);
    comes_back("floats_view", "Array(Float32)", &floats);
    let texts = List::String(vec![text("a"), text("b")]);
    comes_back("strings", "Array(String)", &[Value::List(texts.clone())]);
    let times = Value::List(List::UnixTimestamp(vec![1, 2]));
    comes_back("times", "Array(UnixTimestamp)", &[times]);
    comes_back("string_set", "Set(String)", &[Value::Set(texts)]);
    comes_back(
        "int_set",
        "Set(Int64)",
        &[Value::Set(List::Int64(vec![1, 2]))],
    );
    let set = |values: &[i64]| Value::Set(List::Int64(values.to_vec()));
    let nested = Value::ValueList(vec![
        Value::ValueList(vec![set(&[1, 2]), set(&[])]),
        Value::Null,
    ]);
    comes_back("nested", "Array(Array(Set(Int64)))", &[nested]);
}

fn person(age: Value, home: Value) -> BTreeMap<String, Value> {
    let tags = Value::List(List::String(vec![text("x")]));
    BTreeMap::from([
        (text("name"), Value::String(text("Ada"))),
        (text("age"), age),
        (text("tags"), tags),
        (text("home"), home),
    ])
}

#[test]
fn structs_come_back() {
    let home = Value::Struct(BTreeMap::from([(text("zip"), Value::Int32(7))]));
    let people = vec![
        person(Value::Int64(36), home),
        person(Value::Null, Value::Null),
    ];
    let data_type =
        "Struct({name: String, age: Int64, tags: Array(String), home: Struct({zip: Int32})})";
    let structs: Vec<Value> = people.iter().cloned().map(Value::Struct).collect();
    comes_back("person", data_type, &structs);
    let lists = [Value::StructList(people), Value::StructList(Vec::new())];
    comes_back("people", &format!("Array({data_type})"), &lists);
}

/// A value of each kind that can be in a map.
fn anything() -> Vec<Value> {
    let inner = BTreeMap::from([(text("a"), Value::Int64(1)), (text("b"), Value::Null)]);
    vec![
        Value::Int64(1),
        Value::String(text("a")),
        Value::Null,
        Value::Int64(2),
        Value::Double(0.5),
        Value::Float(0.5),
        Value::Bool(true),
        Value::Int32(3),
        Value::Bytes(vec![1]),
        Value::UnixTimestamp(4),
        Value::Json(text("{}")),
        Value::Uuid(text(UUID)),
        Value::TimeUuid(text(UUID)),
        Value::Decimal(text("1")),
        Value::ZonedTimestamp {
            unix_timestamp: 5,
            zone: text("UTC"),
        },
        Value::List(List::Double(vec![1.0])),
        Value::Set(List::String(vec![text("s")])),
        Value::Map(inner.clone()),
        Value::Struct(inner),
        Value::ValueList(vec![Value::Int64(1), Value::String(text("b"))]),
    ]
}

fn map_of(values: Vec<Value>) -> BTreeMap<String, Value> {
    let values = values.into_iter().enumerate();
    values
        .map(|(index, value)| (format!("{index:02}"), value))
        .collect()
}

#[test]
fn maps_come_back() {
    let maps = [
        Value::Map(map_of(anything())),
        Value::Map(BTreeMap::new()),
        Value::Map(map_of(vec![Value::Bool(false), Value::Int64(9)])),
    ];
    comes_back("map", "Map", &maps);
    comes_back("hash_map", "Map", &maps);
    let lists = [Value::MapList(vec![map_of(anything()), BTreeMap::new()])];
    comes_back("maps", "Array(Map)", &lists);
    let scalar = |keys: Vec<MapKey>| {
        let keys = keys.into_iter().map(Some);
        Value::ScalarMap(keys.zip(anything()).collect())
    };
    let scalar_maps = [
        scalar(vec![MapKey::Int64(1), MapKey::Int64(2)]),
        scalar(vec![
            MapKey::Uuid(text(UUID)),
            MapKey::Bool(true),
            MapKey::Double(1.0),
        ]),
    ];
    comes_back("scalar_map", "ScalarMap", &scalar_maps);
    comes_back("value_list", "ValueList", &[Value::ValueList(anything())]);
    comes_back("value_set", "ValueSet", &[Value::ValueSet(anything())]);
}

#[test]
fn an_error_of_a_row_comes_with_row_and_column() {
    let plugin = plugin("refuses");
    let inputs = [(text("x"), DataType::Int64)];
    let mut builder = BatchBuilder::new(&inputs, 3);
    let values = [Value::Int64(0), Value::Null, Value::Int64(1)];
    builder.column(values).unwrap();
    let error = plugin.call_blocking(3, &builder.finish()).unwrap_err();
    let CallError::Failed {
        failure,
        message,
        row,
        column,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*failure, Failure::InvalidInput);
    assert_eq!(message, "`1` is refused");
    assert_eq!((*row, column.as_deref()), (Some(2), Some("x")));
}

#[test]
fn a_panic_is_a_trap() {
    let plugin = plugin("panics");
    let inputs = [(text("x"), DataType::Int64)];
    let mut builder = BatchBuilder::new(&inputs, 1);
    builder.column([Value::Int64(1)]).unwrap();
    let error = plugin.call_blocking(1, &builder.finish()).unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error}");
}
