use feature_model::Value;

/// What Feast keeps beside a value in SQLite's column `value_text`: Python's `str()` of a text, number
/// or flag. `None`, an SQL NULL, for every other value.
///
/// Source: `extract_text_and_num` in `feast/infra/online_stores/helpers.py` of Feast 0.67.
#[must_use]
pub fn value_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Int32(number) => Some(number.to_string()),
        Value::Int64(number) => Some(number.to_string()),
        Value::Double(number) => Some(python_float(*number)),
        // Python has no 32-bit float: protobuf hands it the nearest 64-bit one, which is exact.
        Value::Float(number) => Some(python_float(f64::from(*number))),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

/// `repr(float)`: the fewest digits that read back the same, with an exponent of at least two digits
/// below 1e-4 and from 1e16 on, and always a `.0` without one.
fn python_float(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(small) if small < -4 => format!("{mantissa}e-{:02}", small.unsigned_abs()),
        Ok(large) if large >= 16 => format!("{mantissa}e+{large:02}"),
        _ => format!("{number:?}"),
    }
}

#[cfg(test)]
mod tests {
    use feature_model::{List, Value};

    use super::value_text;

    #[test]
    fn floats_are_printed_as_python_prints_them() {
        for (number, printed) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.25e100, "1.25e+100"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(value_text(&Value::Double(number)).as_deref(), Some(printed));
        }
        let single = value_text(&Value::Float(0.1));
        assert_eq!(single.as_deref(), Some("0.10000000149011612"));
    }

    #[test]
    fn only_texts_numbers_and_flags_have_a_text() {
        assert_eq!(value_text(&Value::Bool(true)).as_deref(), Some("True"));
        assert_eq!(value_text(&Value::Int64(-1)).as_deref(), Some("-1"));
        assert_eq!(value_text(&Value::String("é".into())).as_deref(), Some("é"));
        assert_eq!(value_text(&Value::UnixTimestamp(1)), None);
        assert_eq!(value_text(&Value::Null), None);
        assert_eq!(value_text(&Value::List(List::Int64(vec![1]))), None);
    }
}
