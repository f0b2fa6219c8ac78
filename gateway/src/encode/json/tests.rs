use feature_model::{List, Map, Value};
use proptest::prelude::*;
use settings::NonFinite;

use super::value;

fn json_of(written: &Value, non_finite: NonFinite) -> String {
    let mut out = Vec::new();
    value(&mut out, written, non_finite);
    String::from_utf8(out).unwrap()
}

fn json(written: &Value) -> String {
    json_of(written, NonFinite::Null)
}

#[test]
fn scalars_are_written_as_feast_writes_them() {
    for (written, expected) in [
        (Value::Null, "null"),
        (Value::Int64(9_007_199_254_740_993), "9007199254740993"),
        (Value::Int64(i64::MIN), "-9223372036854775808"),
        (Value::Int32(-1), "-1"),
        (Value::UnixTimestamp(1_700_000_000), "1700000000"),
        (Value::Bool(true), "true"),
        (Value::Bytes(vec![0, 255]), "\"AP8=\""),
        (Value::Bytes(Vec::new()), "\"\""),
        (
            Value::String("aé\"\\\n\u{1}".into()),
            "\"aé\\\"\\\\\\n\\u0001\"",
        ),
        (Value::Json("{\"a\": 1}".into()), "\"{\\\"a\\\": 1}\""),
        (Value::Uuid("0b8c".into()), "\"0b8c\""),
        (Value::Decimal("1.10".into()), "\"1.10\""),
        (
            Value::ZonedTimestamp {
                unix_timestamp: 1_690_000_000,
                zone: "Europe/Berlin".into(),
            },
            "\"2023-07-22T06:26:40+02:00\"",
        ),
        (Value::ScalarMap(Vec::new()), "null"),
    ] {
        assert_eq!(json(&written), expected);
    }
}

#[test]
fn floats_are_the_shortest_text_of_their_own_width() {
    for (written, expected) in [
        (Value::Float(0.1), "0.1"),
        (Value::Double(0.1), "0.1"),
        (Value::Double(f64::from(0.1_f32)), "0.10000000149011612"),
        (Value::Float(-0.0), "-0.0"),
        (Value::Float(16_777_216.0), "16777216.0"),
        (Value::Double(1e300), "1e+300"),
    ] {
        let told = json(&written);
        let parsed: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert!(parsed.is_f64(), "{told}");
        assert_eq!(told, expected);
    }
}

#[test]
fn what_is_not_finite_is_null_or_feasts_string() {
    for (number, string) in [
        (f64::NAN, "\"NaN\""),
        (f64::INFINITY, "\"Infinity\""),
        (f64::NEG_INFINITY, "\"-Infinity\""),
    ] {
        assert_eq!(json(&Value::Double(number)), "null");
        assert_eq!(json_of(&Value::Double(number), NonFinite::String), string);
        #[allow(clippy::cast_possible_truncation)]
        let narrow = Value::Float(number as f32);
        assert_eq!(json_of(&narrow, NonFinite::String), string);
    }
    let list = Value::List(List::Double(vec![1.5, f64::NAN]));
    assert_eq!(json(&list), "[1.5,null]");
    assert_eq!(json_of(&list, NonFinite::String), "[1.5,\"NaN\"]");
}

#[test]
fn collections_are_arrays_and_objects() {
    let map = Map::from([
        ("b".to_owned(), Value::Int64(1)),
        (
            "a\"".to_owned(),
            Value::List(List::String(vec!["x".into()])),
        ),
    ]);
    for (written, expected) in [
        (Value::List(List::Int64(Vec::new())), "[]"),
        (Value::Set(List::Bool(vec![true, false])), "[true,false]"),
        (
            Value::List(List::Bytes(vec![vec![1], vec![]])),
            "[\"AQ==\",\"\"]",
        ),
        (
            Value::List(List::UnixTimestamp(vec![1, i64::MIN])),
            "[1,null]",
        ),
        (Value::Map(map.clone()), "{\"a\\\"\":[\"x\"],\"b\":1}"),
        (
            Value::StructList(vec![map, Map::new()]),
            "[{\"a\\\"\":[\"x\"],\"b\":1},{}]",
        ),
        (
            Value::ValueList(vec![Value::List(List::Int32(vec![1])), Value::Null]),
            "[[1],null]",
        ),
        (Value::ValueSet(vec![Value::ValueList(Vec::new())]), "[[]]"),
    ] {
        assert_eq!(json(&written), expected);
    }
}

proptest! {
    #[test]
    fn a_float_reads_back_as_the_same_float(bits: u32) {
        let number = f32::from_bits(bits);
        let told = json(&Value::Float(number));
        if number.is_finite() {
            prop_assert_eq!(told.parse::<f32>().unwrap().to_bits(), bits);
            prop_assert!(serde_json::from_str::<f64>(&told).is_ok());
        } else {
            prop_assert_eq!(told, "null");
        }
    }

    #[test]
    fn a_double_reads_back_as_the_same_double(bits: u64) {
        let number = f64::from_bits(bits);
        let told = json(&Value::Double(number));
        if number.is_finite() {
            prop_assert_eq!(told.parse::<f64>().unwrap().to_bits(), bits);
        } else {
            prop_assert_eq!(told, "null");
        }
    }

    #[test]
    fn an_integer_reads_back(number: i64) {
        let told = json(&Value::Int64(number));
        prop_assert_eq!(serde_json::from_str::<i64>(&told).unwrap(), number);
    }

    #[test]
    fn a_string_reads_back(text: String) {
        let told = json(&Value::String(text.clone()));
        prop_assert_eq!(serde_json::from_str::<String>(&told).unwrap(), text);
    }

    #[test]
    fn bytes_read_back(bytes: Vec<u8>) {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let told: String = serde_json::from_str(&json(&Value::Bytes(bytes.clone()))).unwrap();
        prop_assert_eq!(STANDARD.decode(told).unwrap(), bytes);
    }
}
