use feature_model::{List, Map, MapKey, Value};

use super::for_both_stores;
use crate::{
    rows::{read_row, row, seconds, view, write_row},
    store::Store,
};

for_both_stores!(every_kind_of_value_comes_back_equal);

async fn every_kind_of_value_comes_back_equal(store: &Store) {
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let mut values = scalars();
    values.extend(collections());
    let names: Vec<String> = (0..values.len()).map(|index| format!("f{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stats = view("prj", "stats", &names);
    write_row(&*writer, &stats, 1, seconds(1), &values).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &values)
    );
}

fn scalars() -> Vec<Value> {
    let text = || "grüße\0".to_owned();
    vec![
        Value::Null,
        Value::Bytes(vec![]),
        Value::Bytes((0..=255).collect()),
        Value::String(String::new()),
        Value::String(text()),
        Value::String("x".repeat(1 << 20)),
        Value::Int32(0),
        Value::Int32(i32::MIN),
        Value::Int64(0),
        Value::Int64(i64::MAX),
        Value::Int64((1 << 53) + 1),
        Value::Double(-0.0),
        Value::Double(f64::INFINITY),
        Value::Float(0.1),
        Value::Bool(false),
        Value::Bool(true),
        Value::UnixTimestamp(-1),
        Value::Json("{\"a\": [1]}".to_owned()),
        Value::Uuid(text()),
        Value::TimeUuid(text()),
        Value::Decimal("1.10".to_owned()),
        Value::ZonedTimestamp {
            unix_timestamp: 1,
            zone: "Europe/Berlin".to_owned(),
        },
    ]
}

fn collections() -> Vec<Value> {
    let text = || vec!["a".to_owned(), String::new()];
    let map = || Map::from([("k".to_owned(), Value::Int64(1))]);
    vec![
        Value::List(List::Bytes(vec![vec![0], vec![]])),
        Value::List(List::String(text())),
        Value::List(List::Int32(vec![-1, 0])),
        Value::List(List::Int64(vec![i64::MIN])),
        Value::List(List::Double(vec![0.5])),
        Value::List(List::Float(vec![0.5])),
        Value::List(List::Bool(vec![true, false])),
        Value::List(List::UnixTimestamp(vec![5])),
        Value::List(List::Json(text())),
        Value::List(List::Uuid(text())),
        Value::List(List::TimeUuid(text())),
        Value::List(List::Decimal(text())),
        Value::Set(List::String(text())),
        Value::Set(List::Int64(vec![3, 1, 2])),
        Value::Map(map()),
        Value::MapList(vec![map(), Map::new()]),
        Value::Struct(map()),
        Value::StructList(vec![map()]),
        Value::ValueList(vec![Value::List(List::Int64(vec![1, 2]))]),
        Value::ValueSet(vec![Value::Set(List::Int64(vec![1, 2]))]),
        Value::ScalarMap(vec![(Some(MapKey::Int64(1)), Value::Bool(true))]),
    ]
}
