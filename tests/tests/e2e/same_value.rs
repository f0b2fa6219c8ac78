//! When a value in a reply of Feast and one in a reply of the gateway are the same.

use serde_json::{Number, Value};

/// Whether the gateway tells the value that Feast tells. A float that JSON has no number for is a string in
/// Feast's reply and null in the gateway's; a float32 is printed as a float64 by Feast and shortest by
/// the gateway.
pub(crate) fn same(feast: &Value, salver: &Value) -> bool {
    match (feast, salver) {
        (Value::String(text), Value::Null) => {
            matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity")
        }
        (Value::Number(feast), Value::Number(salver)) => same_number(feast, salver),
        (Value::Array(feast), Value::Array(salver)) => {
            feast.len() == salver.len()
                && feast
                    .iter()
                    .zip(salver)
                    .all(|(one, other)| same(one, other))
        }
        (Value::Object(feast), Value::Object(salver)) => {
            let same_entry = |(key, value): (&String, &Value)| {
                salver.get(key).is_some_and(|other| same(value, other))
            };
            feast.len() == salver.len() && feast.iter().all(same_entry)
        }
        _ => feast == salver,
    }
}

/// Integers digit by digit; floats as the float64 they are, or as the float32 that Feast widened.
fn same_number(feast: &Number, salver: &Number) -> bool {
    if !feast.is_f64() {
        return feast == salver;
    }
    let (Some(feast), Some(salver)) = (feast.as_f64(), salver.as_f64()) else {
        return false;
    };
    let single = feast as f32;
    feast == salver || (f64::from(single) == feast && salver as f32 == single)
}

#[test]
fn the_same_value_is_known_in_both_spellings() {
    let same = |feast: &str, salver: &str| {
        same(
            &serde_json::from_str(feast).unwrap(),
            &serde_json::from_str(salver).unwrap(),
        )
    };
    assert!(same("0.10000000149011612", "0.1"));
    assert!(same("[1.5, \"NaN\"]", "[1.5, null]"));
    assert!(same(
        "{\"a\": 9007199254740993}",
        "{\"a\": 9007199254740993}"
    ));
    assert!(!same("9007199254740993", "9007199254740992"));
    assert!(!same("0.1", "0.10000000149011612"));
    assert!(!same("null", "\"NaN\""));
    assert!(!same("{\"a\": 1, \"b\": 2}", "{\"a\": 1}"));
}
