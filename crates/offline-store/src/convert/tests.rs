//! What Feast 0.67 stored for the same columns, recorded by materializing them with it.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float16Array, Float32Array,
    Float64Array, Int8Array, Int32Array, Int64Array, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
    builder::*,
};
use arrow::datatypes::{Fields, Int32Type};
use feature_model::{DataType, List, Map, Value};

use super::{Unreadable, column};

mod nested;
mod refused;

fn read(array: impl arrow::array::Array + 'static, declared: &str) -> Vec<Value> {
    let (values, unreadable) = try_read(Arc::new(array), declared);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    values
}

fn try_read(array: ArrayRef, declared: &str) -> (Vec<Value>, Unreadable) {
    let mut unreadable = Unreadable::new();
    let declared: DataType = declared.parse().unwrap();
    let values = column("f", &array, &declared, &mut unreadable);
    (values, unreadable)
}

fn refusal(array: impl arrow::array::Array + 'static, declared: &str) -> String {
    let (_, unreadable) = try_read(Arc::new(array), declared);
    unreadable.into_values().next().unwrap()
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Map {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[test]
fn integers_of_every_width_are_read_as_every_number_type() {
    let small = || Int8Array::from(vec![Some(0), None, Some(100)]);
    let int = |value| Value::Int64(value);
    assert_eq!(read(small(), "Int64"), [int(0), Value::Null, int(100)]);
    assert_eq!(read(small(), "Int32")[2], Value::Int32(100));
    assert_eq!(read(small(), "Float32")[2], Value::Float(100.0));
    assert_eq!(read(small(), "Float64")[2], Value::Double(100.0));
    assert_eq!(read(small(), "String")[2], string("100"));
    assert_eq!(read(small(), "UnixTimestamp")[2], Value::UnixTimestamp(100));
    assert_eq!(
        read(small(), "Decimal")[2],
        Value::Decimal("100".to_owned())
    );
    let big = Int64Array::from(vec![Some(9_007_199_254_740_993), None]);
    assert_eq!(read(big, "Int64")[0], int(9_007_199_254_740_993));
}

#[test]
fn integers_out_of_range_are_refused() {
    let reason = refusal(Int64Array::from(vec![3_000_000_000]), "Int32");
    assert_eq!(reason, "`f`: 3000000000 is out of range of Int32");
    let reason = refusal(UInt64Array::from(vec![u64::MAX]), "Int64");
    assert_eq!(reason, "`f`: 18446744073709551615 is out of range of Int64");
}

#[test]
fn floats_without_a_fraction_are_integers_and_nan_is_null() {
    let whole = || Float64Array::from(vec![Some(0.0), Some(-2.0), Some(f64::NAN), None]);
    assert_eq!(
        read(whole(), "Int64"),
        [Value::Int64(0), Value::Int64(-2), Value::Null, Value::Null]
    );
    assert_eq!(read(whole(), "Int32")[1], Value::Int32(-2));
    assert_eq!(read(whole(), "UnixTimestamp")[1], Value::UnixTimestamp(-2));
}

#[test]
fn floats_are_read_as_numbers_and_as_text() {
    let floats = || Float64Array::from(vec![0.0, 1.9, -2.5, f64::NAN]);
    assert_eq!(read(floats(), "Float64")[3], Value::Null);
    assert_eq!(
        read(floats(), "Float32")[1..],
        [Value::Float(1.9), Value::Float(-2.5), Value::Null]
    );
    assert_eq!(
        read(floats(), "String"),
        [string("0.0"), string("1.9"), string("-2.5"), Value::Null]
    );
    let half = Float16Array::from(vec![half_of(1.9)]);
    assert_eq!(read(half, "Float32"), [Value::Float(1.900_390_6)]);
    let beyond = Float64Array::from(vec![1e300, 1e-300]);
    assert_eq!(
        read(beyond, "Float32"),
        [Value::Float(f32::INFINITY), Value::Float(0.0)]
    );
    assert_eq!(
        refusal(Float32Array::from(vec![1.5]), "Bool"),
        "`f`: a float where Bool is declared"
    );
}

fn half_of(
    value: f32,
) -> <arrow::datatypes::Float16Type as arrow::datatypes::ArrowPrimitiveType>::Native {
    <arrow::datatypes::Float16Type as arrow::datatypes::ArrowPrimitiveType>::Native::from_f32(value)
}

#[test]
fn booleans_are_read_as_numbers_and_as_pythons_words() {
    let flags = || BooleanArray::from(vec![Some(true), None, Some(false)]);
    assert_eq!(
        read(flags(), "Bool"),
        [Value::Bool(true), Value::Null, Value::Bool(false)]
    );
    assert_eq!(
        read(flags(), "Int32"),
        [Value::Int32(1), Value::Null, Value::Int32(0)]
    );
    assert_eq!(
        read(flags(), "String"),
        [string("True"), Value::Null, string("False")]
    );
}

#[test]
fn text_is_read_by_what_it_spells() {
    let texts = |texts: [&'static str; 1]| StringArray::from(texts.to_vec());
    assert_eq!(read(texts(["é"]), "String"), [string("é")]);
    assert_eq!(read(texts([" 2 "]), "Int64"), [Value::Int64(2)]);
    assert_eq!(read(texts(["2.0"]), "Int64"), [Value::Int64(2)]);
    assert_eq!(read(texts(["2.5"]), "Float32"), [Value::Float(2.5)]);
    assert_eq!(
        read(texts(["2.50"]), "Decimal"),
        [Value::Decimal("2.50".to_owned())]
    );
    assert_eq!(read(texts(["true"]), "Bool"), [Value::Bool(true)]);
    assert_eq!(
        read(texts(["2026-01-02T03:04:05+01:00"]), "UnixTimestamp"),
        [Value::UnixTimestamp(1_767_319_445)]
    );
    assert_eq!(
        read(texts(["2026-01-02 03:04:05-07:00"]), "ZonedTimestamp"),
        [Value::ZonedTimestamp {
            unix_timestamp: 1_767_348_245,
            zone: "UTC-07:00".to_owned()
        }]
    );
    assert_eq!(
        read(texts(["1767319445.0"]), "UnixTimestamp"),
        [Value::UnixTimestamp(1_767_319_445)]
    );
    assert_eq!(refusal(texts(["2.5"]), "Int64"), "`f`: `2.5` is no integer");
    assert_eq!(
        refusal(texts(["many"]), "Float32"),
        "`f`: `many` is no number"
    );
    assert_eq!(
        refusal(texts(["yes"]), "Bool"),
        "`f`: `yes` is neither true nor false"
    );
    let long = "x".repeat(100);
    let reason = refusal(StringArray::from(vec![long]), "Int32");
    assert_eq!(reason, format!("`f`: `{}…` is no integer", "x".repeat(40)));
}

#[test]
fn bytes_stay_bytes() {
    let bytes = || BinaryArray::from(vec![Some(b"\x00\xff".as_ref()), None]);
    for declared in ["Bytes", "PdfBytes", "ImageBytes"] {
        assert_eq!(
            read(bytes(), declared),
            [Value::Bytes(vec![0, 255]), Value::Null]
        );
    }
    assert_eq!(
        refusal(bytes(), "String"),
        "`f`: the bytes are no UTF-8 text"
    );
    let mut fixed = FixedSizeBinaryBuilder::new(16);
    fixed
        .append_value(0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8_u128.to_be_bytes())
        .unwrap();
    assert_eq!(
        read(fixed.finish(), "Uuid"),
        [Value::Uuid(
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8".to_owned()
        )]
    );
}

#[test]
fn timestamps_of_every_unit_are_seconds_rounded_down() {
    let seconds = [
        Value::UnixTimestamp(1_767_323_045),
        Value::UnixTimestamp(-2),
    ];
    let micros = TimestampMicrosecondArray::from(vec![1_767_323_045_678_901, -1_500_000]);
    assert_eq!(read(micros.clone(), "UnixTimestamp"), seconds);
    let zoned = TimestampNanosecondArray::from(vec![1_767_323_045_678_901_000, -1_500_000_000]);
    let zoned = zoned.with_timezone("America/New_York");
    assert_eq!(read(zoned.clone(), "UnixTimestamp"), seconds);
    assert_eq!(
        read(zoned, "ZonedTimestamp")[0],
        Value::ZonedTimestamp {
            unix_timestamp: 1_767_323_045,
            zone: "America/New_York".to_owned()
        }
    );
    assert_eq!(
        read(micros, "String")[0],
        string("2026-01-02T03:04:05.678901")
    );
    let millis = TimestampMillisecondArray::from(vec![-1_500]);
    assert_eq!(read(millis, "String"), [string("1969-12-31T23:59:58.500")]);
    let dates = Date32Array::from(vec![Some(20_455), None]);
    assert_eq!(
        read(dates.clone(), "UnixTimestamp"),
        [Value::UnixTimestamp(1_767_312_000), Value::Null]
    );
    assert_eq!(read(dates, "String"), [string("2026-01-02"), Value::Null]);
}

#[test]
fn decimals_keep_their_digits() {
    let decimals = || {
        Decimal128Array::from(vec![Some(150), None, Some(-1)])
            .with_precision_and_scale(10, 2)
            .unwrap()
    };
    assert_eq!(
        read(decimals(), "Decimal"),
        [
            Value::Decimal("1.50".to_owned()),
            Value::Null,
            Value::Decimal("-0.01".to_owned())
        ]
    );
    assert_eq!(read(decimals(), "Float64")[2], Value::Double(-0.01));
    assert_eq!(refusal(decimals(), "Int64"), "`f`: 1.50 is no integer");
    assert_eq!(read(decimals(), "String")[0], string("1.50"));
}

#[test]
fn json_text_is_parsed_where_a_structure_is_declared() {
    let text = r#"{"a": 1, "b": "x", "c": [1, 2], "d": {"e": null, "f": 1.5, "g": true}, "h": [{"i": 1}], "j": []}"#;
    let inner = map([
        ("e", Value::Null),
        ("f", Value::Double(1.5)),
        ("g", Value::Bool(true)),
    ]);
    let entries = map([
        ("a", Value::Int64(1)),
        ("b", string("x")),
        ("c", Value::List(List::Int64(vec![1, 2]))),
        ("d", Value::Map(inner)),
        ("h", Value::MapList(vec![map([("i", Value::Int64(1))])])),
        ("j", Value::Null),
    ]);
    let texts = || StringArray::from(vec![text]);
    assert_eq!(read(texts(), "Map"), [Value::Map(entries.clone())]);
    assert_eq!(
        read(texts(), "Struct({a: Int64})"),
        [Value::Struct(entries)]
    );
    assert_eq!(read(texts(), "Json"), [Value::Json(text.to_owned())]);
    let arrays = |text| StringArray::from(vec![text]);
    assert_eq!(
        read(arrays("[1, 2]"), "Array(Int64)"),
        [Value::List(List::Int64(vec![1, 2]))]
    );
    assert_eq!(
        read(arrays("[[1], []]"), "Array(Array(Int64))"),
        [Value::ValueList(vec![
            Value::List(List::Int64(vec![1])),
            Value::Null
        ])]
    );
    assert_eq!(
        read(arrays(r#"[{"a": 1}]"#), "Array(Map)"),
        [Value::MapList(vec![map([("a", Value::Int64(1))])])]
    );
    assert!(refusal(arrays("{"), "Json").starts_with("`f`: `{` is no JSON"));
    assert_eq!(
        refusal(arrays("[1]"), "Map"),
        "`f`: an array where a JSON object is needed"
    );
    let bytes = BinaryArray::from(vec![b"[1,2]".as_ref()]);
    assert_eq!(
        read(bytes, "Array(Int64)"),
        [Value::List(List::Int64(vec![1, 2]))]
    );
}

#[test]
fn dictionaries_are_read_as_their_values() {
    let mut builder = StringDictionaryBuilder::<Int32Type>::new();
    builder.append_value("a");
    builder.append_null();
    builder.append_value("a");
    assert_eq!(
        read(builder.finish(), "String"),
        [string("a"), Value::Null, string("a")]
    );
}

#[test]
fn an_unknown_type_is_inferred_from_the_column() {
    let declared = DataType::Unknown(0);
    let array: ArrayRef = Arc::new(StructArray::new_empty_fields(1, None));
    let mut unreadable = Unreadable::new();
    assert_eq!(
        column("f", &array, &declared, &mut unreadable),
        [Value::Map(Map::new())]
    );
    let _ = Fields::empty();
    let array: ArrayRef = Arc::new(Int32Array::from(vec![5]));
    assert_eq!(
        column("f", &array, &declared, &mut unreadable),
        [Value::Int64(5)]
    );
}
