//! A function that returns what it takes gives back the same arrays, for every kind of values.

use std::collections::BTreeMap;

use plugin_sdk::{
    Decimal, Json, ScalarMap, Set, Struct, TimeUuid, Timestamp, Transform, Uuid, Value,
    ZonedTimestamp,
    bindings::salver::transform::columns::{
        Array, Batch, Lists, Maps, Mixed, ScalarMaps, StructMember, Structs, Values,
        ZonedTimestamps,
    },
    transform,
};

use crate::batches::{array, blobs, nullable};

macro_rules! same {
    ($($name:ident: $type:ty;)*) => {$(
        #[transform]
        fn $name(x: Option<$type>) -> Option<$type> {
            x
        }
    )*};
}

#[derive(Struct)]
struct Person<'a> {
    name: &'a str,
    tags: Option<Vec<i64>>,
}

same! {
    booleans: bool;
    int32s: i32;
    int64s: i64;
    float32s: f32;
    float64s: f64;
    timestamps: Timestamp;
    zoned: ZonedTimestamp;
    zoned_views: ZonedTimestamp<&str>;
    byte_views: &[u8];
    bytes: Vec<u8>;
    text_views: &str;
    texts: String;
    jsons: Json;
    json_views: Json<&str>;
    uuids: Uuid;
    time_uuids: TimeUuid<&str>;
    decimals: Decimal;
    lists: Vec<f32>;
    slices: &[f32];
    sets: Set<String>;
    nested: Vec<Option<Vec<i64>>>;
    structs: Person<'_>;
    maps: BTreeMap<String, Value>;
    scalar_maps: ScalarMap;
    values: Vec<Value>;
}

#[track_caller]
fn comes_back<T: Transform>(rows: usize, values: Array, children: Vec<Array>) {
    let columns = vec![values];
    let inputs = Batch { columns, children };
    let out = T::transform("{}", rows, &inputs).unwrap();
    assert_eq!(out.columns, inputs);
}

#[test]
fn numbers_come_back() {
    let valid = [1, 0];
    comes_back::<booleans>(2, nullable(&valid, Values::Boolean(vec![1, 0])), vec![]);
    comes_back::<int32s>(
        2,
        nullable(&valid, Values::Int32(vec![i32::MIN, 0])),
        vec![],
    );
    comes_back::<int64s>(2, array(Values::Int64(vec![i64::MIN, i64::MAX])), vec![]);
    comes_back::<float32s>(2, array(Values::Float32(vec![f32::MIN, -0.0])), vec![]);
    comes_back::<float64s>(
        2,
        array(Values::Float64(vec![f64::MAX, f64::INFINITY])),
        vec![],
    );
    comes_back::<timestamps>(
        2,
        nullable(&valid, Values::UnixTimestamp(vec![-5, 0])),
        vec![],
    );
}

#[test]
fn blobs_come_back() {
    let three = || blobs(&["ä", "", "bc"]);
    comes_back::<text_views>(3, nullable(&[1, 0, 1], Values::Text(three())), vec![]);
    comes_back::<texts>(3, array(Values::Text(three())), vec![]);
    comes_back::<byte_views>(3, array(Values::Bytes(three())), vec![]);
    comes_back::<bytes>(3, array(Values::Bytes(three())), vec![]);
    comes_back::<jsons>(3, array(Values::Json(three())), vec![]);
    comes_back::<json_views>(3, array(Values::Json(three())), vec![]);
    comes_back::<uuids>(3, array(Values::Uuid(three())), vec![]);
    comes_back::<time_uuids>(3, array(Values::TimeUuid(three())), vec![]);
    comes_back::<decimals>(3, array(Values::Decimal(three())), vec![]);
    let seconds = vec![1, 0, 3];
    let zones = three();
    let times = nullable(
        &[1, 0, 1],
        Values::ZonedTimestamp(ZonedTimestamps { seconds, zones }),
    );
    comes_back::<zoned>(3, times.clone(), vec![]);
    comes_back::<zoned_views>(3, times, vec![]);
}

fn two_lists(elements: u32) -> Lists {
    let offsets = vec![0, 2, 2, 3];
    Lists { offsets, elements }
}

#[test]
fn lists_and_sets_come_back() {
    let floats = || vec![array(Values::Float32(vec![1.0, f32::INFINITY, 3.0]))];
    let rows = nullable(&[1, 0, 1], Values::List(two_lists(0)));
    comes_back::<lists>(3, rows.clone(), floats());
    comes_back::<slices>(3, rows.clone(), floats());
    let texts = vec![array(Values::Text(blobs(&["a", "b", "c"])))];
    comes_back::<sets>(3, array(Values::Set(two_lists(0))), texts);
    let inner = nullable(&[1, 0, 1], Values::List(two_lists(1)));
    let numbers = array(Values::Int64(vec![1, 2, 3]));
    comes_back::<nested>(3, rows, vec![inner, numbers]);
}

#[test]
fn structs_come_back() {
    let member = |name: &str, values| StructMember {
        name: name.to_owned(),
        values,
    };
    let people = Structs {
        length: 3,
        members: vec![member("name", 0), member("tags", 1)],
    };
    let children = vec![
        nullable(&[1, 0, 1], Values::Text(blobs(&["a", "", "c"]))),
        nullable(&[1, 0, 1], Values::List(two_lists(2))),
        array(Values::Int64(vec![1, 2, 3])),
    ];
    comes_back::<structs>(3, nullable(&[1, 0, 1], Values::Struct(people)), children);
}

/// Two numbers, a null, a text and two lists, as the one alternative after the other.
fn mixed(first: u32) -> Vec<Array> {
    let values = Mixed {
        choices: vec![0, 1, 0, 0, 2, 3],
        positions: vec![0, 0, 1, 0, 0, 0],
        alternatives: vec![first + 1, first + 2, first + 3, first + 5],
    };
    let lists = |elements| {
        let offsets = vec![0, 2];
        Lists { offsets, elements }
    };
    let two_kinds = Mixed {
        choices: vec![0, 1],
        positions: vec![0, 0],
        alternatives: vec![first + 7, first + 8],
    };
    vec![
        nullable(&[1, 1, 1, 0, 1, 1], Values::Mixed(values)),
        array(Values::Int64(vec![1, 2])),
        array(Values::Text(blobs(&["a"]))),
        array(Values::List(lists(first + 4))),
        array(Values::Float64(vec![0.5, 1.5])),
        array(Values::Set(lists(first + 6))),
        array(Values::Mixed(two_kinds)),
        array(Values::Boolean(vec![1])),
        array(Values::Bytes(blobs(&["x"]))),
    ]
}

#[test]
fn maps_and_values_of_several_kinds_come_back() {
    let offsets = vec![0, 4, 4, 6];
    let keys = blobs(&["a", "b", "c", "d", "a", "b"]);
    let rows = Maps {
        offsets: offsets.clone(),
        keys,
        values: 0,
    };
    let valid = [1, 0, 1];
    comes_back::<maps>(3, nullable(&valid, Values::Map(rows)), mixed(0));
    let lists = Lists {
        offsets: offsets.clone(),
        elements: 0,
    };
    comes_back::<values>(3, nullable(&valid, Values::List(lists)), mixed(0));
    let rows = ScalarMaps {
        offsets,
        keys: 0,
        values: 1,
    };
    let mut children = vec![array(Values::Int32(vec![1, 2, 3, 4, 5, 6]))];
    children.extend(mixed(1));
    comes_back::<scalar_maps>(3, nullable(&valid, Values::ScalarMap(rows)), children);
}

#[transform]
fn weights(x: BTreeMap<String, f64>) -> f64 {
    x.values().sum()
}

#[transform]
fn inner_nulls(x: Vec<Vec<i64>>) -> i64 {
    x.iter().flatten().sum()
}

#[test]
fn what_a_value_has_no_place_for_is_told_with_row_and_column() {
    let run = |values, children| {
        let columns = vec![values];
        Batch { columns, children }
    };
    let offsets = vec![0, 1];
    let maps = Maps {
        offsets: offsets.clone(),
        keys: blobs(&["a"]),
        values: 0,
    };
    let text = mixed_of_one(Values::Text(blobs(&["b"])));
    let error = weights::transform("{}", 1, &run(array(Values::Map(maps)), text)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the value of `a` is no f64: String(\"b\") (row 0, column `x`)"
    );
    let lists = Lists {
        offsets: offsets.clone(),
        elements: 0,
    };
    let elements = 1;
    let inner = nullable(&[0], Values::List(Lists { offsets, elements }));
    let children = vec![inner, array(Values::Int64(vec![1]))];
    let error = inner_nulls::transform("{}", 1, &run(array(Values::List(lists)), children));
    assert_eq!(
        error.unwrap_err().to_string(),
        "there is a null within the value; `Option` takes it (row 0, column `x`)"
    );
}

fn mixed_of_one(values: Values) -> Vec<Array> {
    let mixed = Mixed {
        choices: vec![0],
        positions: vec![0],
        alternatives: vec![1],
    };
    vec![array(Values::Mixed(mixed)), array(values)]
}
