//! Lists, sets, structs and maps.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float32Array, Int32Array, Int64Array, LargeListArray, ListArray,
    MapArray, StringArray, StructArray, TimestampMicrosecondArray, TimestampNanosecondArray,
    builder::*,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType as ArrowType, Field, Int32Type, Int64Type};
use feature_model::{List, MapKey, Value};

use super::{map, read, refusal, string};

pub(super) fn lists(values: ArrayRef, lengths: [usize; 2]) -> ListArray {
    let field = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    ListArray::new(field, OffsetBuffer::from_lengths(lengths), values, None)
}

#[test]
fn lists_have_the_declared_type_and_an_empty_one_is_no_null() {
    let ints = || lists(Arc::new(Int64Array::from(vec![1, 2])), [2, 0]);
    assert_eq!(
        read(ints(), "Array(Int64)"),
        [
            Value::List(List::Int64(vec![1, 2])),
            Value::List(List::Int64(vec![]))
        ]
    );
    assert_eq!(
        read(ints(), "Array(Int32)")[0],
        Value::List(List::Int32(vec![1, 2]))
    );
    assert_eq!(
        read(ints(), "Array(UnixTimestamp)")[0],
        Value::List(List::UnixTimestamp(vec![1, 2]))
    );
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(5)]), None]);
    assert_eq!(
        read(large, "Array(Int64)"),
        [Value::List(List::Int64(vec![5])), Value::Null]
    );
    let at = TimestampNanosecondArray::from(vec![1_500_000_000, -500_000_000]);
    assert_eq!(
        read(lists(Arc::new(at), [2, 0]), "Array(UnixTimestamp)")[0],
        Value::List(List::UnixTimestamp(vec![1, -1]))
    );
}

#[test]
fn nulls_in_lists_have_the_stand_ins_that_feast_gives_them() {
    let texts = StringArray::from(vec![Some("a"), None]);
    assert_eq!(
        read(lists(Arc::new(texts), [2, 0]), "Array(String)")[0],
        Value::List(List::String(vec!["a".to_owned(), String::new()]))
    );
    let flags = BooleanArray::from(vec![Some(true), None]);
    assert_eq!(
        read(lists(Arc::new(flags), [2, 0]), "Array(Bool)")[0],
        Value::List(List::Bool(vec![true, false]))
    );
    let at = TimestampMicrosecondArray::from(vec![None, Some(1_000_000)]);
    assert_eq!(
        read(lists(Arc::new(at), [2, 0]), "Array(UnixTimestamp)")[0],
        Value::List(List::UnixTimestamp(vec![i64::MIN, 1]))
    );
    let ints = Int64Array::from(vec![Some(1), None]);
    assert_eq!(
        read(lists(Arc::new(ints), [2, 0]), "Array(Int64)")[0],
        Value::List(List::Int64(vec![1, 0]))
    );
    for declared in ["Array(Uuid)", "Array(TimeUuid)", "Array(Decimal)"] {
        let null = StringArray::from(vec![None::<&str>]);
        assert!(refusal(lists(Arc::new(null), [1, 0]), declared).contains("a null in a list of"));
    }
    let floats = Float32Array::from(vec![Some(1.5), None]);
    match &read(lists(Arc::new(floats), [2, 0]), "Array(Float32)")[0] {
        Value::List(List::Float(values)) => assert!(values[0] == 1.5 && values[1].is_nan()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sets_lose_their_repetitions() {
    let ints = Int64Array::from(vec![Some(3), Some(1), Some(3), None]);
    assert_eq!(
        read(lists(Arc::new(ints), [4, 0]), "Set(Int64)"),
        [
            Value::Set(List::Int64(vec![3, 1])),
            Value::Set(List::Int64(vec![]))
        ]
    );
    let texts = StringArray::from(vec!["2.0", "1", "2.0"]);
    assert_eq!(
        read(lists(Arc::new(texts), [3, 0]), "Set(Decimal)")[0],
        Value::Set(List::Decimal(vec!["2.0".to_owned(), "1".to_owned()]))
    );
}

#[test]
fn nested_lists_have_the_types_of_their_elements_whatever_was_declared() {
    let inner = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        Some(vec![]),
        None,
    ]);
    let nested = || lists(Arc::new(inner.clone()), [3, 0]);
    let values = vec![
        Value::List(List::Int32(vec![1, 2])),
        Value::Null,
        Value::Null,
    ];
    assert_eq!(
        read(nested(), "Array(Array(Int64))"),
        [Value::ValueList(values.clone()), Value::ValueList(vec![])]
    );
    assert_eq!(
        read(nested(), "Set(Array(Int64))")[0],
        Value::ValueSet(values)
    );
    let deep = lists(
        Arc::new(lists(
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
                Some(vec![Some(4)]),
                Some(vec![]),
            ])),
            [1, 1],
        )),
        [1, 1],
    );
    assert_eq!(
        read(deep, "Array(Array(Array(Int64)))"),
        [
            Value::ValueList(vec![Value::ValueList(vec![Value::List(List::Int64(
                vec![4]
            ))])]),
            Value::ValueList(vec![Value::ValueList(vec![Value::Null])]),
        ]
    );
}

fn structs() -> StructArray {
    StructArray::from(vec![
        (
            Arc::new(Field::new("a", ArrowType::Int32, true)),
            Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("b", ArrowType::Utf8, true)),
            Arc::new(StringArray::from(vec![Some("é"), None])) as ArrayRef,
        ),
    ])
}

#[test]
fn structs_become_maps_with_inferred_types() {
    let first = map([("a", Value::Int64(1)), ("b", string("é"))]);
    let second = map([("a", Value::Null), ("b", Value::Null)]);
    assert_eq!(
        read(structs(), "Map"),
        [Value::Map(first.clone()), Value::Map(second.clone())]
    );
    assert_eq!(
        read(structs(), "Struct({a: Int32})")[0],
        Value::Struct(first.clone())
    );
    assert_eq!(
        read(structs(), "Json"),
        [
            Value::Json(r#"{"a": 1, "b": "\u00e9"}"#.to_owned()),
            Value::Json(r#"{"a": null, "b": null}"#.to_owned()),
        ]
    );
    let several = || lists(Arc::new(structs()), [2, 0]);
    let maps = vec![first, second];
    assert_eq!(
        read(several(), "Array(Map)")[0],
        Value::MapList(maps.clone())
    );
    assert_eq!(
        read(several(), "Array(Struct({a: Int64}))")[0],
        Value::StructList(maps)
    );
    assert_eq!(
        read(several(), "Array(Json)")[1],
        Value::List(List::Json(vec![]))
    );
    assert_eq!(
        refusal(structs(), "Int64"),
        "`f`: a struct where Int64 is declared"
    );
}

fn maps<K: ArrayBuilder, V: ArrayBuilder>(
    mut builder: MapBuilder<K, V>,
    fill: impl Fn(&mut MapBuilder<K, V>),
) -> MapArray {
    fill(&mut builder);
    builder.append(true).unwrap();
    builder.finish()
}

#[test]
fn maps_are_maps_by_the_type_of_their_keys() {
    let texts = || {
        maps(
            MapBuilder::new(None, StringBuilder::new(), Int64Builder::new()),
            |maps| {
                maps.keys().append_value("a");
                maps.values().append_value(1);
                maps.keys().append_value("b");
                maps.values().append_null();
            },
        )
    };
    let entries = map([("a", Value::Int64(1)), ("b", Value::Null)]);
    assert_eq!(read(texts(), "Map"), [Value::Map(entries)]);
    assert_eq!(
        read(texts(), "Json"),
        [Value::Json(r#"{"a": 1, "b": null}"#.to_owned())]
    );
    let ints = || {
        maps(
            MapBuilder::new(None, Int64Builder::new(), StringBuilder::new()),
            |maps| {
                maps.keys().append_value(7);
                maps.values().append_value("x");
            },
        )
    };
    let entries = vec![(Some(MapKey::Int64(7)), string("x"))];
    assert_eq!(read(ints(), "ScalarMap"), [Value::ScalarMap(entries)]);
    assert!(refusal(ints(), "Map").starts_with("`f`: a map with other keys than text"));
}
