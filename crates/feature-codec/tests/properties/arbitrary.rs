//! Any value that Feast can store.

use feature_model::{List, MapKey, Timestamp, Value};
use proptest::{collection::vec, option, prelude::*};

pub(crate) fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![1 => Just(Value::Null), 6 => scalars(), 4 => lists(), 2 => sets()];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let map = prop::collection::btree_map(any::<String>(), inner.clone(), 0..4);
        prop_oneof![
            map.clone().prop_map(Value::Map),
            map.clone().prop_map(Value::Struct),
            vec(map.clone(), 0..3).prop_map(Value::MapList),
            vec(map, 0..3).prop_map(Value::StructList),
            vec(inner.clone(), 0..4).prop_map(Value::ValueList),
            vec(inner.clone(), 0..4).prop_map(Value::ValueSet),
            vec((option::of(map_keys()), inner), 0..4).prop_map(Value::ScalarMap),
        ]
    })
}

pub(crate) fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        key_values(),
        any::<f64>().prop_map(Value::Double),
        any::<f32>().prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        any::<String>().prop_map(Value::Json),
        any::<String>().prop_map(Value::Uuid),
        any::<String>().prop_map(Value::TimeUuid),
        any::<String>().prop_map(Value::Decimal),
        (any::<i64>(), any::<String>()).prop_map(|(unix_timestamp, zone)| {
            Value::ZonedTimestamp {
                unix_timestamp,
                zone,
            }
        }),
    ]
}

/// The values that an entity key can have.
pub(crate) fn key_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        vec(any::<u8>(), 0..200).prop_map(Value::Bytes),
        any::<String>().prop_map(Value::String),
        any::<i32>().prop_map(Value::Int32),
        any::<i64>().prop_map(Value::Int64),
        any::<i64>().prop_map(Value::UnixTimestamp),
    ]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(any::<String>(), 0..4)
}

fn lists() -> impl Strategy<Value = Value> {
    let any_list = prop_oneof![scalar_lists(), texts().prop_map(List::Json)];
    any_list.prop_map(Value::List)
}

fn sets() -> impl Strategy<Value = Value> {
    scalar_lists().prop_map(Value::Set)
}

fn scalar_lists() -> impl Strategy<Value = List> {
    prop_oneof![
        vec(vec(any::<u8>(), 0..9), 0..4).prop_map(List::Bytes),
        texts().prop_map(List::String),
        vec(any::<i32>(), 0..40).prop_map(List::Int32),
        vec(any::<i64>(), 0..40).prop_map(List::Int64),
        vec(any::<f64>(), 0..40).prop_map(List::Double),
        vec(any::<f32>(), 0..40).prop_map(List::Float),
        vec(any::<bool>(), 0..40).prop_map(List::Bool),
        vec(any::<i64>(), 0..40).prop_map(List::UnixTimestamp),
        texts().prop_map(List::Uuid),
        texts().prop_map(List::TimeUuid),
        texts().prop_map(List::Decimal),
    ]
}

fn map_keys() -> impl Strategy<Value = MapKey> {
    prop_oneof![
        any::<i32>().prop_map(MapKey::Int32),
        any::<i64>().prop_map(MapKey::Int64),
        any::<f32>().prop_map(MapKey::Float),
        any::<f64>().prop_map(MapKey::Double),
        any::<bool>().prop_map(MapKey::Bool),
        any::<i64>().prop_map(MapKey::UnixTimestamp),
        vec(any::<u8>(), 0..9).prop_map(MapKey::Bytes),
        any::<String>().prop_map(MapKey::Uuid),
        any::<String>().prop_map(MapKey::TimeUuid),
        any::<String>().prop_map(MapKey::Decimal),
    ]
}

pub(crate) fn timestamps() -> impl Strategy<Value = Timestamp> {
    let seconds = prop_oneof![any::<i64>(), -100_i64..100];
    (seconds, 0..1_000_000_000_u32).prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos))
}
