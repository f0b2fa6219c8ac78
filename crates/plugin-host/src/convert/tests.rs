use feature_model::{DataType, List, Map, MapKey, Value};
use proptest::{
    collection::{btree_map, vec},
    option::weighted,
    prelude::*,
};

use super::{BatchBuilder, BatchReader, ConvertError};
use crate::batch_check::check;

const SCALARS: [DataType; 12] = [
    DataType::Bytes,
    DataType::String,
    DataType::Int32,
    DataType::Int64,
    DataType::Float32,
    DataType::Float64,
    DataType::Bool,
    DataType::UnixTimestamp,
    DataType::Json,
    DataType::Uuid,
    DataType::TimeUuid,
    DataType::Decimal,
];

fn scalar_types() -> impl Strategy<Value = DataType> {
    proptest::sample::select(&SCALARS[..])
}

fn types() -> impl Strategy<Value = DataType> {
    let leaf = prop_oneof![
        4 => scalar_types(),
        1 => Just(DataType::PdfBytes),
        1 => Just(DataType::ImageBytes),
        1 => Just(DataType::Map),
        1 => Just(DataType::ScalarMap),
        1 => Just(DataType::ZonedTimestamp),
        1 => Just(DataType::ValueList),
        1 => Just(DataType::ValueSet),
        1 => Just(DataType::Array(Box::new(DataType::Map))),
        2 => scalar_types().prop_map(|element| DataType::Array(Box::new(element))),
        2 => scalar_types().prop_map(|element| DataType::Set(Box::new(element))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let structs = vec(inner.clone(), 1..4).prop_map(|members| {
            let named = members.into_iter().enumerate();
            DataType::Struct(
                named
                    .map(|(index, member)| (format!("m{index}"), member))
                    .collect(),
            )
        });
        let lists = inner.prop_filter_map("only these are nested in lists", |element| {
            let nests = matches!(element, DataType::Array(_) | DataType::Set(_));
            nests.then(|| Box::new(element))
        });
        prop_oneof![
            structs.clone(),
            structs.prop_map(|element| DataType::Array(Box::new(element))),
            lists.clone().prop_map(DataType::Array),
            lists.prop_map(DataType::Set),
        ]
    })
}

/// NaN is no value here, since it isn't equal to itself.
fn f64s() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("not a number", |number| !number.is_nan())
}

fn f32s() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("not a number", |number| !number.is_nan())
}

fn texts() -> impl Strategy<Value = String> {
    ".{0,6}"
}

fn documents() -> impl Strategy<Value = String> {
    any::<Option<i32>>().prop_map(|number| number.map_or("[]".to_owned(), |it| it.to_string()))
}

fn uuids() -> impl Strategy<Value = String> {
    any::<u128>().prop_map(|bits| format!("{bits:032x}"))
}

fn decimals() -> impl Strategy<Value = String> {
    any::<i32>().prop_map(|digits| format!("{digits}.50"))
}

fn blobs() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..6)
}

fn lists(element: &DataType) -> BoxedStrategy<List> {
    match element {
        DataType::Bytes => vec(blobs(), 0..4).prop_map(List::Bytes).boxed(),
        DataType::String => vec(texts(), 0..4).prop_map(List::String).boxed(),
        DataType::Int32 => vec(any::<i32>(), 0..4).prop_map(List::Int32).boxed(),
        DataType::Int64 => vec(any::<i64>(), 0..4).prop_map(List::Int64).boxed(),
        DataType::Float32 => vec(f32s(), 0..4).prop_map(List::Float).boxed(),
        DataType::Float64 => vec(f64s(), 0..4).prop_map(List::Double).boxed(),
        DataType::Bool => vec(any::<bool>(), 0..4).prop_map(List::Bool).boxed(),
        DataType::UnixTimestamp => vec(any::<i64>(), 0..4)
            .prop_map(List::UnixTimestamp)
            .boxed(),
        DataType::Json => vec(documents(), 0..4).prop_map(List::Json).boxed(),
        DataType::Uuid => vec(uuids(), 0..4).prop_map(List::Uuid).boxed(),
        DataType::TimeUuid => vec(uuids(), 0..4).prop_map(List::TimeUuid).boxed(),
        _ => vec(decimals(), 0..4).prop_map(List::Decimal).boxed(),
    }
}

fn keys() -> impl Strategy<Value = MapKey> {
    prop_oneof![
        any::<i32>().prop_map(MapKey::Int32),
        any::<i64>().prop_map(MapKey::Int64),
        f32s().prop_map(MapKey::Float),
        f64s().prop_map(MapKey::Double),
        any::<bool>().prop_map(MapKey::Bool),
        any::<i64>().prop_map(MapKey::UnixTimestamp),
        blobs().prop_map(MapKey::Bytes),
        uuids().prop_map(MapKey::Uuid),
        uuids().prop_map(MapKey::TimeUuid),
        decimals().prop_map(MapKey::Decimal),
    ]
}

fn scalar_maps(depth: u32) -> BoxedStrategy<Value> {
    let mixed = vec((weighted(0.8, keys()), untyped(depth)), 0..4);
    let plain =
        vec((any::<i64>().prop_map(MapKey::Int64), untyped(depth)), 0..4).prop_map(|entries| {
            let entries = entries.into_iter();
            entries.map(|(key, value)| (Some(key), value)).collect()
        });
    prop_oneof![mixed, plain].prop_map(Value::ScalarMap).boxed()
}

fn maps(depth: u32) -> BoxedStrategy<Map> {
    btree_map(texts(), untyped(depth), 0..4).boxed()
}

/// A value of this type, which is not null.
fn not_null(data_type: &DataType) -> BoxedStrategy<Value> {
    match data_type {
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => {
            blobs().prop_map(Value::Bytes).boxed()
        }
        DataType::String => texts().prop_map(Value::String).boxed(),
        DataType::Int32 => any::<i32>().prop_map(Value::Int32).boxed(),
        DataType::Int64 => any::<i64>().prop_map(Value::Int64).boxed(),
        DataType::Float32 => f32s().prop_map(Value::Float).boxed(),
        DataType::Float64 => f64s().prop_map(Value::Double).boxed(),
        DataType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        DataType::UnixTimestamp => any::<i64>().prop_map(Value::UnixTimestamp).boxed(),
        DataType::Json => documents().prop_map(Value::Json).boxed(),
        DataType::Uuid => uuids().prop_map(Value::Uuid).boxed(),
        DataType::TimeUuid => uuids().prop_map(Value::TimeUuid).boxed(),
        DataType::Decimal => decimals().prop_map(Value::Decimal).boxed(),
        DataType::ZonedTimestamp => (any::<i64>(), texts())
            .prop_map(|(unix_timestamp, zone)| Value::ZonedTimestamp {
                unix_timestamp,
                zone,
            })
            .boxed(),
        DataType::Map => maps(2).prop_map(Value::Map).boxed(),
        DataType::ScalarMap => scalar_maps(2),
        DataType::ValueList => vec(untyped(2), 0..4).prop_map(Value::ValueList).boxed(),
        DataType::ValueSet => vec(untyped(2), 0..4).prop_map(Value::ValueSet).boxed(),
        DataType::Struct(fields) => structs(fields).prop_map(Value::Struct).boxed(),
        DataType::Array(element) => match element.as_ref() {
            DataType::Map => vec(maps(2), 0..3).prop_map(Value::MapList).boxed(),
            DataType::Struct(fields) => vec(structs(fields), 0..3)
                .prop_map(Value::StructList)
                .boxed(),
            DataType::Array(_) | DataType::Set(_) => {
                vec(typed(element), 0..3).prop_map(Value::ValueList).boxed()
            }
            scalar => lists(scalar).prop_map(Value::List).boxed(),
        },
        DataType::Set(element) => match element.as_ref() {
            DataType::Array(_) | DataType::Set(_) => {
                vec(typed(element), 0..3).prop_map(Value::ValueSet).boxed()
            }
            scalar => lists(scalar).prop_map(Value::Set).boxed(),
        },
        DataType::Unknown(_) => Just(Value::Null).boxed(),
    }
}

fn typed(data_type: &DataType) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 4 => not_null(data_type)].boxed()
}

fn structs(fields: &[(String, DataType)]) -> BoxedStrategy<Map> {
    let members: Vec<_> = fields
        .iter()
        .map(|(_, data_type)| typed(data_type))
        .collect();
    let names: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
    members
        .prop_map(move |values| names.clone().into_iter().zip(values).collect())
        .boxed()
}

/// What can be in a map: anything.
fn untyped(depth: u32) -> BoxedStrategy<Value> {
    let scalar = scalar_types().prop_flat_map(|data_type| not_null(&data_type));
    let flat = prop_oneof![
        1 => Just(Value::Null),
        3 => scalar,
        1 => scalar_types().prop_flat_map(|element| lists(&element)).prop_map(Value::List),
        1 => scalar_types().prop_flat_map(|element| lists(&element)).prop_map(Value::Set),
        1 => not_null(&DataType::ZonedTimestamp),
    ];
    if depth == 0 {
        return flat.boxed();
    }
    let deeper = depth - 1;
    // The structs of one list have the same members.
    let struct_lists = vec(vec(untyped(deeper), 2), 0..3).prop_map(|rows| {
        let members = |values: Vec<Value>| ["x", "y"].map(str::to_owned).into_iter().zip(values);
        Value::StructList(rows.into_iter().map(|row| members(row).collect()).collect())
    });
    prop_oneof![
        4 => flat,
        1 => maps(deeper).prop_map(Value::Map),
        1 => maps(deeper).prop_map(Value::Struct),
        1 => vec(maps(deeper), 0..3).prop_map(Value::MapList),
        1 => struct_lists,
        1 => vec(untyped(deeper), 0..3).prop_map(Value::ValueList),
        1 => vec(untyped(deeper), 0..3).prop_map(Value::ValueSet),
        1 => scalar_maps(deeper),
    ]
    .boxed()
}

fn columns() -> impl Strategy<Value = (DataType, Vec<Value>)> {
    types().prop_flat_map(|data_type| {
        let values = vec(typed(&data_type), 0..5);
        (Just(data_type), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_value_of_every_type_comes_back((data_type, values) in columns()) {
        let columns = [
            ("first".to_owned(), data_type.clone()),
            ("second".to_owned(), data_type),
        ];
        let mut builder = BatchBuilder::new(&columns, values.len());
        builder.column(&values).unwrap();
        builder.column(&values).unwrap();
        let batch = builder.finish();
        let fields = columns.iter().map(|(name, data_type)| (name.as_str(), data_type));
        check(&batch, values.len(), fields).unwrap();
        let reader = BatchReader::new(batch, columns.as_slice().into(), values.len()).unwrap();
        for (row, value) in values.iter().enumerate() {
            prop_assert_eq!(&reader.value(0, row), value);
            prop_assert_eq!(&reader.value(1, row), value);
        }
    }
}

fn refused(data_type: DataType, value: Value) -> String {
    let columns = [("c".to_owned(), data_type)];
    let mut builder = BatchBuilder::new(&columns, 2);
    builder
        .column([Value::Null, value])
        .unwrap_err()
        .to_string()
}

#[test]
fn a_value_of_another_type_is_refused_with_its_place() {
    let message = refused(DataType::Int32, Value::Int64(1));
    assert_eq!(
        message,
        "row 1 of `c` can't be a value of type `Int32`: it is of another type"
    );
    let list = DataType::Array(Box::new(DataType::Int64));
    refused(list.clone(), Value::Set(List::Int64(vec![1])));
    refused(list.clone(), Value::List(List::Double(vec![1.0])));
    refused(list, Value::ValueList(vec![Value::Int64(1)]));
    refused(DataType::Map, Value::Struct(Map::new()));
    refused(DataType::ValueList, Value::MapList(vec![]));
}

#[test]
fn a_struct_may_lack_members_but_have_no_others() {
    let fields = vec![
        ("a".to_owned(), DataType::Int64),
        ("b".to_owned(), DataType::Bool),
    ];
    let data_type = DataType::Struct(fields);
    let one = |name: &str, value: Value| Value::Struct([(name.to_owned(), value)].into());
    let message = refused(data_type.clone(), one("c", Value::Null));
    assert!(
        message.contains("a member that its type hasn't"),
        "{message}"
    );

    let columns = [("c".to_owned(), data_type)];
    let mut builder = BatchBuilder::new(&columns, 1);
    builder.column([one("a", Value::Int64(1))]).unwrap();
    let reader = BatchReader::new(builder.finish(), columns.as_slice().into(), 1).unwrap();
    let whole = [
        ("a".to_owned(), Value::Int64(1)),
        ("b".to_owned(), Value::Null),
    ];
    assert_eq!(reader.value(0, 0), Value::Struct(whole.into()));
}

#[test]
fn what_would_be_lost_is_refused() {
    let mut deep = Value::Int64(1);
    for _ in 0..40 {
        deep = Value::Map([("deeper".to_owned(), deep)].into());
    }
    assert!(refused(DataType::Map, deep).contains("nested too deep"));

    let of = |name: &str| Map::from([(name.to_owned(), Value::Null)]);
    let unlike = Value::StructList(vec![of("a"), of("b")]);
    let map = Value::Map([("structs".to_owned(), unlike)].into());
    assert!(refused(DataType::Map, map).contains("different members"));

    let many = (0..300).map(|index| (format!("{index:03}"), Value::Struct(of(&index.to_string()))));
    let message = refused(DataType::Map, Value::Map(many.collect()));
    assert!(message.contains("more than 256 kinds"), "{message}");
    let unknown = [("c".to_owned(), DataType::Unknown(7))];
    let no_values: [Value; 0] = [];
    assert!(BatchBuilder::new(&unknown, 0).column(no_values).is_err());
}

#[test]
fn there_are_no_more_columns_than_are_named() {
    let columns = [("c".to_owned(), DataType::Int64)];
    let mut builder = BatchBuilder::new(&columns, 1);
    builder.column([Value::Int64(1)]).unwrap();
    let error = builder.column([Value::Int64(1)]).unwrap_err();
    assert_eq!(error, ConvertError::NoColumn { index: 1 });
}

#[test]
fn bits_of_nan_come_back() {
    let columns = [("c".to_owned(), DataType::Float64)];
    let bits = 0x7ff4_dead_beef_0001;
    let mut builder = BatchBuilder::new(&columns, 1);
    builder
        .column([Value::Double(f64::from_bits(bits))])
        .unwrap();
    let reader = BatchReader::new(builder.finish(), columns.as_slice().into(), 1).unwrap();
    assert!(matches!(reader.value(0, 0), Value::Double(found) if found.to_bits() == bits));
    assert_eq!(reader.value(0, 1), Value::Null);
    assert_eq!(reader.value(1, 0), Value::Null);
}

#[test]
fn a_number_crosses_as_a_wider_one() {
    let widened = |data_type: DataType, value: Value| {
        let columns = [("c".to_owned(), data_type)];
        let mut builder = BatchBuilder::new(&columns, 1);
        builder.column([value]).unwrap();
        let reader = BatchReader::new(builder.finish(), columns.as_slice().into(), 1).unwrap();
        reader.value(0, 0)
    };
    let array = |element: DataType| DataType::Array(Box::new(element));
    assert_eq!(widened(DataType::Int64, Value::Int32(-7)), Value::Int64(-7));
    assert_eq!(
        widened(DataType::Float64, Value::Int32(7)),
        Value::Double(7.0)
    );
    assert_eq!(
        widened(DataType::Float64, Value::Float(0.5)),
        Value::Double(0.5)
    );
    assert_eq!(
        widened(
            array(DataType::Float64),
            Value::List(List::Float(vec![0.5]))
        ),
        Value::List(List::Double(vec![0.5]))
    );
    let one = Value::List(List::Float(vec![0.5]));
    assert_eq!(
        widened(array(array(DataType::Float64)), Value::ValueList(vec![one])),
        Value::ValueList(vec![Value::List(List::Double(vec![0.5]))])
    );
    assert_eq!(
        widened(array(DataType::Int64), Value::List(List::Int32(vec![1]))),
        Value::List(List::Int64(vec![1]))
    );
}

#[test]
fn a_number_does_not_cross_as_a_narrower_one() {
    for (data_type, value) in [
        (DataType::Int32, Value::Int64(1)),
        (DataType::Float32, Value::Double(0.5)),
        (DataType::Float64, Value::Int64(1)),
    ] {
        let columns = [("c".to_owned(), data_type)];
        let mut builder = BatchBuilder::new(&columns, 1);
        assert!(builder.column([&value]).is_err(), "{value:?}");
    }
}
