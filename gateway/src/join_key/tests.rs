use feature_model::{DataType, Value};

use super::{KeyType, check_repeatable, read};
use crate::ask::Given;

fn number(text: &'static str) -> Given<'static> {
    Given::Number(text)
}

fn text(text: &'static str) -> Given<'static> {
    Given::Text(text.into())
}

fn one(given: Given<'static>, key_type: KeyType) -> Result<Value, String> {
    match read("driver_id", &[given], key_type) {
        Ok(mut values) => Ok(values.remove(0)),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn integers_are_taken_from_numbers_and_numeric_strings() {
    for given in [
        number("1001"),
        number("1001.0"),
        number("1.001e3"),
        text("1001"),
        text(" 1001 "),
        text("1001.0"),
    ] {
        assert_eq!(one(given.clone(), KeyType::Int64), Ok(Value::Int64(1001)));
        assert_eq!(one(given, KeyType::Int32), Ok(Value::Int32(1001)));
    }
    let beyond_a_double = number("9007199254740993");
    assert_eq!(
        one(beyond_a_double, KeyType::Int64),
        Ok(Value::Int64(9_007_199_254_740_993))
    );
}

#[test]
fn what_is_not_exactly_an_integer_is_refused_and_told() {
    for (given, message) in [
        (
            number("1001.7"),
            "`entities.driver_id[0]` is `1001.7`, which has a fraction; give an integer",
        ),
        (
            number("1e19"),
            "`entities.driver_id[0]` is `1e19`, which is out of range; give an integer",
        ),
        (
            text("abc"),
            "`entities.driver_id[0]` is `\"abc\"`, which is no number; give an integer",
        ),
        (
            text(""),
            "`entities.driver_id[0]` is `\"\"`, which is no number; give an integer",
        ),
        (
            Given::Null,
            "`entities.driver_id[0]` is `null`; give an integer",
        ),
        (
            Given::Bool(true),
            "`entities.driver_id[0]` is `true`; give an integer",
        ),
        (
            Given::Nested("[1]"),
            "`entities.driver_id[0]` is `[1]`; give an integer",
        ),
    ] {
        let refused = one(given, KeyType::Int64).unwrap_err();
        assert!(refused.starts_with(message), "{refused}");
    }
    let too_large = one(number("2147483648"), KeyType::Int32).unwrap_err();
    assert!(too_large.contains("out of range"), "{too_large}");
    assert!(too_large.contains("2147483647 (Int32)"), "{too_large}");
}

#[test]
fn strings_take_integers_as_their_text() {
    let string = |text: &str| Ok(Value::String(text.to_owned()));
    assert_eq!(one(text("aé"), KeyType::String), string("aé"));
    assert_eq!(one(text(""), KeyType::String), string(""));
    assert_eq!(one(number("5"), KeyType::String), string("5"));
    assert_eq!(one(number("-0"), KeyType::String), string("0"));
    let beyond_64_bits = "123456789012345678901234567890";
    assert_eq!(
        one(number(beyond_64_bits), KeyType::String),
        string(beyond_64_bits)
    );
    for refused in [number("5.0"), number("5e0"), Given::Bool(true), Given::Null] {
        assert!(one(refused, KeyType::String).is_err());
    }
}

#[test]
fn bytes_are_base64_and_instants_are_seconds_or_iso_8601() {
    assert_eq!(
        one(text("AP8="), KeyType::Bytes),
        Ok(Value::Bytes(vec![0, 255]))
    );
    assert!(one(text("?"), KeyType::Bytes).is_err());
    assert!(one(number("1"), KeyType::Bytes).is_err());
    let instant = Ok(Value::UnixTimestamp(1_700_000_000));
    assert_eq!(one(number("1700000000"), KeyType::UnixTimestamp), instant);
    assert_eq!(one(text("1700000000"), KeyType::UnixTimestamp), instant);
    assert_eq!(
        one(text("2023-11-14T22:13:20Z"), KeyType::UnixTimestamp),
        instant
    );
    assert!(one(text("2023-11-14T22:13:20.5Z"), KeyType::UnixTimestamp).is_err());
    assert!(one(text("yesterday"), KeyType::UnixTimestamp).is_err());
}

#[test]
fn without_a_declared_type_the_first_value_decides() {
    assert_eq!(one(number("5"), KeyType::Inferred), Ok(Value::Int64(5)));
    assert_eq!(
        one(text("5"), KeyType::Inferred),
        Ok(Value::String("5".to_owned()))
    );
    assert!(one(number("5.5"), KeyType::Inferred).is_err());
    assert!(one(Given::Null, KeyType::Inferred).is_err());
    assert!(one(Given::Bool(true), KeyType::Inferred).is_err());
    let mixed = read("id", &[number("1"), text("a")], KeyType::Inferred);
    let refused = mixed.unwrap_err().to_string();
    assert!(
        refused.starts_with("`entities.id[1]` is `\"a\"`"),
        "{refused}"
    );
}

#[test]
fn types_that_are_no_keys_in_feast_are_none_here() {
    assert_eq!(KeyType::of(&DataType::Int64), Some(KeyType::Int64));
    assert_eq!(KeyType::of(&DataType::Unknown(0)), Some(KeyType::Inferred));
    for no_key in [
        DataType::Float64,
        DataType::Bool,
        DataType::Uuid,
        DataType::Json,
    ] {
        assert_eq!(KeyType::of(&no_key), None);
    }
}

#[test]
fn only_what_other_parsers_can_read_is_repeated() {
    let repeatable = [
        Given::Null,
        Given::Bool(true),
        text("a"),
        number("1.50"),
        number("123456789012345678901234567890"),
    ];
    assert_eq!(check_repeatable("k", &repeatable), Ok(()));
    for refused in [
        number("1e999"),
        Given::Nested("[[[]]]"),
        Given::Nested("{}"),
    ] {
        let error = check_repeatable("k", &[text("a"), refused])
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("`entities.k[1]` is `"), "{error}");
        assert!(error.ends_with("; give a number or a string"), "{error}");
    }
}
