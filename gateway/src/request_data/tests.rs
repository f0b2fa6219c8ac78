use feature_model::{DataType, List, Value};

use super::read;
use crate::ask::given;

fn value(json: &str, data_type: &str) -> Value {
    let data_type: DataType = data_type.parse().unwrap();
    let given = [given(json).unwrap()];
    let mut values = read("f", &given, &data_type).expect(json);
    values.remove(0)
}

fn refused(json: &str, data_type: &str) -> String {
    let data_type: DataType = data_type.parse().unwrap();
    let given = [given("null").unwrap(), given(json).unwrap()];
    read("f", &given, &data_type).expect_err(json).to_string()
}

#[test]
fn scalars_are_read_exactly() {
    for (json, data_type, expected) in [
        ("1.5", "Float64", Value::Double(1.5)),
        ("1", "Float32", Value::Float(1.0)),
        ("7", "Int32", Value::Int32(7)),
        ("\"7\"", "Int64", Value::Int64(7)),
        ("true", "Bool", Value::Bool(true)),
        ("\"a\\nb\"", "String", Value::String("a\nb".into())),
        ("\"aGk=\"", "Bytes", Value::Bytes(b"hi".to_vec())),
        (
            "\"2026-01-01T00:00:00Z\"",
            "UnixTimestamp",
            Value::UnixTimestamp(1_767_225_600),
        ),
        (
            "\"9999-12-31T23:59:59Z\"",
            "UnixTimestamp",
            Value::UnixTimestamp(253_402_300_799),
        ),
        ("\" 7 \"", "Int64", Value::Int64(7)),
        ("{\"a\": [1]}", "Json", Value::Json("{\"a\": [1]}".into())),
        ("\"[1]\"", "Json", Value::Json("[1]".into())),
        ("12.340", "Decimal", Value::Decimal("12.340".into())),
        ("null", "Int64", Value::Null),
    ] {
        assert_eq!(value(json, data_type), expected, "{json} as {data_type}");
    }
    let zoned = |zone: &str| Value::ZonedTimestamp {
        unix_timestamp: 1_767_222_000,
        zone: zone.into(),
    };
    assert_eq!(
        value(
            "\"2026-01-01T00:00:00+01:00[Europe/Berlin]\"",
            "ZonedTimestamp"
        ),
        zoned("Europe/Berlin")
    );
    assert_eq!(
        value("\"2026-01-01T00:00:00+01:00\"", "ZonedTimestamp"),
        zoned("+01:00")
    );
}

#[test]
fn lists_and_objects_are_read_by_their_type() {
    assert_eq!(
        value("[1, 2.5]", "Array(Float32)"),
        Value::List(List::Float(vec![1.0, 2.5]))
    );
    assert_eq!(
        value("[\"a\"]", "Set(String)"),
        Value::Set(List::String(vec!["a".into()]))
    );
    assert_eq!(
        value("[[1], []]", "Array(Array(Int64))"),
        Value::ValueList(vec![
            Value::List(List::Int64(vec![1])),
            Value::List(List::Int64(vec![])),
        ])
    );
    let map = [
        ("a".to_owned(), Value::Int64(1)),
        (
            "b".to_owned(),
            Value::ValueList(vec![Value::Null, Value::Double(0.5)]),
        ),
    ];
    assert_eq!(
        value("{\"a\": 1, \"b\": [null, 0.5]}", "Map"),
        Value::Map(map.into())
    );
    let made = [("x".to_owned(), Value::Int32(3))];
    assert_eq!(
        value("{\"x\": 3}", "Struct({x: Int32, y: String})"),
        Value::Struct(made.into())
    );
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    for (json, data_type, message) in [
        (
            "1.5",
            "Int64",
            "`entities.f[1]` is `1.5`, which has a fraction; give an integer (Int64)",
        ),
        (
            "1e999",
            "Float64",
            "`entities.f[1]` is `1e999`, which is out of range; give a number (Float64)",
        ),
        (
            "\"1\"",
            "Float64",
            "`entities.f[1]` is `\"1\"`; give a number (Float64)",
        ),
        (
            "[1, null]",
            "Array(Int64)",
            "`entities.f[1]` is `[1, null]`, which has a null in it; give a list (Array(Int64))",
        ),
        (
            "{\"z\": 1}",
            "Struct({x: Int32})",
            "`entities.f[1]` is `{\"z\": 1}`, which has a member that isn't declared; give an object with the declared members (Struct({x: Int32}))",
        ),
        ("1", "Map", "`entities.f[1]` is `1`; give an object (Map)"),
        (
            "\"x\"",
            "Uuid",
            "`entities.f[1]` is `\"x\"`, which is no UUID; give a UUID as a string (Uuid)",
        ),
    ] {
        assert_eq!(refused(json, data_type), message);
    }
}

#[test]
fn a_number_without_a_declared_type_is_taken_exactly_or_not_at_all() {
    assert_eq!(
        value("{\"a\": 9223372036854775807, \"b\": 1.5e3}", "Map"),
        Value::Map(
            [
                ("a".to_owned(), Value::Int64(i64::MAX)),
                ("b".to_owned(), Value::Double(1500.0)),
            ]
            .into()
        )
    );
    for json in ["{\"a\": 9223372036854775808}", "{\"a\": 1e400}"] {
        assert!(refused(json, "Map").contains("out of range"), "{json}");
    }
}

#[test]
fn deep_nesting_ends() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(refused(&format!("{{\"a\": {deep}}}"), "Map").contains("nested too deeply"));
    assert!(refused(&deep, "Json").contains("nested too deeply"));
    assert!(refused(&format!("\"{deep}\""), "Json").contains("nested too deeply"));
    let brackets_in_a_text = format!("[\"\\\"{}\"]", "[".repeat(100));
    assert!(matches!(value(&brackets_in_a_text, "Json"), Value::Json(_)));
}
