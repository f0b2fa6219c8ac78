use std::path::Path;

use feature_model::{DataType, List, Map, MapKey, Value};
use settings::yaml;

use super::value;

fn read(text: &str, data_type: &str) -> Result<Value, String> {
    let node = yaml::parse(text, Path::new("c.yaml")).unwrap();
    let data_type = match data_type {
        // Types that only a registry tells.
        "ValueList" => DataType::ValueList,
        "ValueSet" => DataType::ValueSet,
        named => named.parse().unwrap(),
    };
    value(&node, &data_type).map_err(|problem| problem.to_string())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn scalars_are_of_the_type_of_their_column() {
    for (yaml, data_type, wanted) in [
        ("1", "Int32", Value::Int32(1)),
        ("-9223372036854775808", "Int64", Value::Int64(i64::MIN)),
        ("1", "Float64", Value::Double(1.0)),
        ("1e-9", "Float64", Value::Double(1e-9)),
        ("0.1", "Float32", Value::Float(0.1)),
        ("-.inf", "Float32", Value::Float(f32::NEG_INFINITY)),
        ("yes", "Bool", Value::Bool(true)),
        ("yes", "String", text("yes")),
        ("12", "String", text("12")),
        ("'null'", "String", text("null")),
        ("''", "String", text("")),
        ("'{\"a\": 1}'", "Json", Value::Json("{\"a\": 1}".to_owned())),
        ("1.50", "Decimal", Value::Decimal("1.50".to_owned())),
        ("u", "Uuid", Value::Uuid("u".to_owned())),
        ("u", "TimeUuid", Value::TimeUuid("u".to_owned())),
        ("AP8=", "Bytes", Value::Bytes(vec![0, 255])),
        ("AP8=", "PdfBytes", Value::Bytes(vec![0, 255])),
        ("AP8=", "ImageBytes", Value::Bytes(vec![0, 255])),
        (
            "1772366400",
            "UnixTimestamp",
            Value::UnixTimestamp(1_772_366_400),
        ),
        (
            "2026-03-01T12:00:00Z",
            "UnixTimestamp",
            Value::UnixTimestamp(1_772_366_400),
        ),
        ("null", "Int64", Value::Null),
        ("~", "Map", Value::Null),
    ] {
        assert_eq!(read(yaml, data_type), Ok(wanted), "{yaml} as {data_type}");
    }
    assert!(matches!(read(".nan", "Float64"), Ok(Value::Double(nan)) if nan.is_nan()));
}

#[test]
fn lists_sets_and_mappings_are_of_their_type() {
    let map = |entries: [(&str, Value); 1]| -> Map {
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    };
    for (yaml, data_type, wanted) in [
        (
            "[1, 2]",
            "Array(Int32)",
            Value::List(List::Int32(vec![1, 2])),
        ),
        ("[2, 1]", "Set(Int64)", Value::Set(List::Int64(vec![2, 1]))),
        ("[1]", "Array(Float32)", Value::List(List::Float(vec![1.0]))),
        ("[]", "Array(String)", Value::List(List::String(vec![]))),
        (
            "[[1], null]",
            "Array(Array(Int64))",
            Value::ValueList(vec![Value::List(List::Int64(vec![1])), Value::Null]),
        ),
        (
            "[1, 1.5, a, null, [2]]",
            "ValueList",
            Value::ValueList(vec![
                Value::Int64(1),
                Value::Double(1.5),
                text("a"),
                Value::Null,
                Value::ValueList(vec![Value::Int64(2)]),
            ]),
        ),
        (
            "[true]",
            "ValueSet",
            Value::ValueSet(vec![Value::Bool(true)]),
        ),
        ("{a: b}", "Map", Value::Map(map([("a", text("b"))]))),
        (
            "[{a: 1}]",
            "Array(Map)",
            Value::MapList(vec![map([("a", Value::Int64(1))])]),
        ),
        (
            "{a: 1}",
            "Struct({a: Float32})",
            Value::Struct(map([("a", Value::Float(1.0))])),
        ),
        (
            "[{a: null}]",
            "Array(Struct({a: Float32}))",
            Value::StructList(vec![map([("a", Value::Null)])]),
        ),
        (
            "[[1, one], [.5, two], [null, 3]]",
            "ScalarMap",
            Value::ScalarMap(vec![
                (Some(MapKey::Int64(1)), text("one")),
                (Some(MapKey::Double(0.5)), text("two")),
                (None, Value::Int64(3)),
            ]),
        ),
        (
            "{seconds: 1, zone: Europe/Berlin}",
            "ZonedTimestamp",
            Value::ZonedTimestamp {
                unix_timestamp: 1,
                zone: "Europe/Berlin".to_owned(),
            },
        ),
    ] {
        assert_eq!(read(yaml, data_type), Ok(wanted), "{yaml} as {data_type}");
    }
}

#[test]
fn what_is_no_value_of_the_type_is_told_with_its_line() {
    for (yaml, data_type, told) in [
        (
            "1.5",
            "Int64",
            "`1.5` is no `Int64`, which is a whole number",
        ),
        ("'1'", "Int64", "`1` is no `Int64`"),
        ("2147483648", "Int32", "whole number of 32 bits"),
        ("nan", "Float64", "`.nan`"),
        ("'1.5'", "Float64", "is a number"),
        ("1", "Bool", "`true` or `false`"),
        ("{a", "String", ""),
        ("*", "Bytes", ""),
        ("a b", "Bytes", "base64"),
        ("'{'", "Json", "JSON document"),
        ("yesterday", "UnixTimestamp", "whole seconds"),
        ("2026-03-01T12:00:00.5Z", "UnixTimestamp", "whole seconds"),
        ("[1]", "Int64", "a list is no `Int64`"),
        (
            "1",
            "Array(Int64)",
            "`1` is no `Array(Int64)`, which is a list",
        ),
        (
            "[1,\n null]",
            "Array(Int64)",
            "c.yaml:2: a list of `Int64` has no nulls",
        ),
        ("[1,\n a]", "Array(Int64)", "c.yaml:2: `a` is no `Int64`"),
        (
            "a: 1\nb: 2",
            "Struct({a: Int64})",
            "c.yaml:2: `b` is no member",
        ),
        ("a: 1", "Struct({a: Int64, b: Int64})", "the member `b`"),
        ("[[1]]", "ScalarMap", "list of pairs"),
        ("[[a, 1]]", "ScalarMap", "a key of a `ScalarMap`"),
        (
            "{seconds: 1}",
            "ZonedTimestamp",
            "`{seconds: 1772366400, zone: Europe/Berlin}`",
        ),
    ] {
        let Ok(node) = yaml::parse(yaml, Path::new("c.yaml")) else {
            assert!(told.is_empty(), "{yaml}");
            continue;
        };
        let found = value(&node, &data_type.parse().unwrap()).unwrap_err();
        assert!(found.to_string().contains(told), "{yaml}: {found}");
    }
}
