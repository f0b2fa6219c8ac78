//! Whether a value is the one that is expected.

use feature_model::{List, Map, MapKey, Value};

/// Whether the values are equal where floating-point numbers may differ by `tolerance`. NaN equals NaN, and JSON
/// documents are compared, not their texts.
pub(super) fn equal(expected: &Value, found: &Value, tolerance: f64) -> bool {
    let all = |left: &[Value], right: &[Value]| {
        let pairs = || left.iter().zip(right);
        left.len() == right.len() && pairs().all(|(left, right)| equal(left, right, tolerance))
    };
    let all_maps = |left: &[Map], right: &[Map]| {
        let pairs = || left.iter().zip(right);
        left.len() == right.len() && pairs().all(|(left, right)| maps(left, right, tolerance))
    };
    match (expected, found) {
        (Value::Double(left), Value::Double(right)) => near(*left, *right, tolerance),
        (Value::Float(left), Value::Float(right)) => near_32(*left, *right, tolerance),
        (Value::Json(left), Value::Json(right)) => documents(left, right),
        (Value::List(left), Value::List(right)) | (Value::Set(left), Value::Set(right)) => {
            lists(left, right, tolerance)
        }
        // An empty list doesn't tell what its elements would be.
        (Value::List(_) | Value::MapList(_) | Value::StructList(_) | Value::ValueList(_), _)
            if is_empty_list(expected) && is_empty_list(found) =>
        {
            true
        }
        (Value::Map(left), Value::Map(right)) | (Value::Struct(left), Value::Struct(right)) => {
            maps(left, right, tolerance)
        }
        (Value::MapList(left), Value::MapList(right))
        | (Value::StructList(left), Value::StructList(right)) => all_maps(left, right),
        (Value::ValueList(left), Value::ValueList(right))
        | (Value::ValueSet(left), Value::ValueSet(right)) => all(left, right),
        // Of lists inside a map no type is told.
        (Value::ValueList(left), Value::List(right)) => all(left, &right.to_values()),
        (Value::ValueList(left), Value::MapList(right) | Value::StructList(right)) => {
            let right: Vec<_> = right.iter().cloned().map(Value::Map).collect();
            all(left, &right)
        }
        (Value::Map(left), Value::Struct(right)) => maps(left, right, tolerance),
        (Value::ScalarMap(left), Value::ScalarMap(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|((key, left), (other, right))| {
                    keys(key.as_ref(), other.as_ref(), tolerance) && equal(left, right, tolerance)
                })
        }
        _ => expected == found,
    }
}

fn is_empty_list(value: &Value) -> bool {
    match value {
        Value::List(list) => list.to_values().is_empty(),
        Value::MapList(maps) | Value::StructList(maps) => maps.is_empty(),
        Value::ValueList(values) => values.is_empty(),
        _ => false,
    }
}

#[allow(clippy::float_cmp, reason = "equal infinities have no difference")]
fn near(left: f64, right: f64, tolerance: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan()) || (left - right).abs() <= tolerance
}

fn near_32(left: f32, right: f32, tolerance: f64) -> bool {
    near(left.into(), right.into(), tolerance)
}

fn documents(left: &str, right: &str) -> bool {
    let parse = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    left == right || parse(left).is_some_and(|left| parse(right) == Some(left))
}

fn lists(left: &List, right: &List, tolerance: f64) -> bool {
    match (left, right) {
        (List::Double(left), List::Double(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| near(*left, *right, tolerance))
        }
        (List::Float(left), List::Float(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len()
                && pairs.all(|(left, right)| near_32(*left, *right, tolerance))
        }
        (List::Json(left), List::Json(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| documents(left, right))
        }
        _ => left == right,
    }
}

fn maps(left: &Map, right: &Map, tolerance: f64) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|((key, left), (other, right))| key == other && equal(left, right, tolerance))
}

fn keys(left: Option<&MapKey>, right: Option<&MapKey>, tolerance: f64) -> bool {
    match (left, right) {
        (Some(MapKey::Double(left)), Some(MapKey::Double(right))) => near(*left, *right, tolerance),
        (Some(MapKey::Float(left)), Some(MapKey::Float(right))) => {
            near_32(*left, *right, tolerance)
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_may_differ_by_the_tolerance_wherever_they_are() {
        let list = |x: f64| Value::List(List::Double(vec![1.0, x]));
        let nested = |x: f64| Value::Map([("a".to_owned(), list(x))].into());
        for (left, right) in [
            (Value::Double(1.0), Value::Double(1.0001)),
            (Value::Float(1.0), Value::Float(1.0001)),
            (list(1.0), list(1.0001)),
            (nested(1.0), nested(1.0001)),
        ] {
            assert!(equal(&left, &right, 0.001), "{left:?}");
            assert!(!equal(&left, &right, 0.000_01), "{left:?}");
            assert!(!equal(&left, &right, 0.0), "{left:?}");
        }
    }

    #[test]
    fn infinities_and_nan_equal_themselves_alone() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];
        for (at, left) in odd.iter().enumerate() {
            for (other, right) in odd.iter().enumerate() {
                let is_equal = equal(&Value::Double(*left), &Value::Double(*right), 1.0);
                assert_eq!(is_equal, at == other, "{left} {right}");
            }
        }
    }

    #[test]
    fn documents_are_equal_however_they_are_written() {
        let json = |text: &str| Value::Json(text.to_owned());
        assert!(equal(
            &json("{\"a\":1,\"b\":2}"),
            &json("{\"b\": 2, \"a\": 1}"),
            0.0
        ));
        assert!(!equal(&json("[1]"), &json("[2]"), 0.0));
    }

    #[test]
    fn a_null_equals_no_value_and_types_are_told_apart() {
        assert!(equal(&Value::Null, &Value::Null, 9.0));
        assert!(!equal(&Value::Null, &Value::Double(0.0), 9.0));
        assert!(!equal(&Value::Int64(1), &Value::Int32(1), 9.0));
        assert!(!equal(
            &Value::Set(List::Int64(vec![1])),
            &Value::List(List::Int64(vec![1])),
            0.0
        ));
    }
}
