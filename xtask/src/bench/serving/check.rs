//! Whether a reply has Feast's values. Nothing is timed before.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Number, Value};

/// Both replies, in the layout of columns, tell the same values and statuses of the same features.
pub(super) fn same(ours: &Value, feasts: &Value) -> Result<()> {
    same_of(&["values", "statuses"], ours, feasts)
}

/// Both replies tell the same values.
pub(super) fn same_values(ours: &Value, feasts: &Value) -> Result<()> {
    same_of(&["values"], ours, feasts)
}

fn same_of(parts: &[&str], ours: &Value, feasts: &Value) -> Result<()> {
    let names = names(feasts)?;
    let of_ours = self::names(ours)?;
    ensure!(
        names.len() == of_ours.len(),
        "{} columns, and Feast has {}",
        of_ours.len(),
        names.len()
    );
    for name in names {
        for part in parts {
            let (ours, feasts) = (column(ours, name, part)?, column(feasts, name, part)?);
            if !equal(ours, feasts) {
                let (ours, feasts) = (shown(ours), shown(feasts));
                bail!("`{part}` of `{name}` are {ours}, and Feast's are {feasts}");
            }
        }
    }
    Ok(())
}

/// Rows of plain numbers are the values of the features `i0`, `i1`, .. in Feast's reply.
pub(super) fn same_rows(rows: &Value, feasts: &Value) -> Result<()> {
    let rows = rows.as_array().context("no rows")?;
    for (row, values) in rows.iter().enumerate() {
        let values = values.as_array().context("a row is no list")?;
        for (feature, value) in values.iter().enumerate() {
            let feasts = column(feasts, &format!("i{feature}"), "values")?;
            ensure!(
                *value == feasts[row],
                "`i{feature}` of row {row} is {value}, and Feast's is {}",
                feasts[row]
            );
        }
    }
    Ok(())
}

fn names(reply: &Value) -> Result<Vec<&str>> {
    let names = reply["metadata"]["feature_names"].as_array();
    let names = names.with_context(|| format!("no `feature_names` in {reply}"))?;
    let texts: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
    texts.context("`feature_names` are no texts")
}

fn column<'r>(reply: &'r Value, feature: &str, part: &str) -> Result<&'r Value> {
    let at = names(reply)?.iter().position(|name| *name == feature);
    let at = at.with_context(|| format!("there is no `{feature}`"))?;
    Ok(&reply["results"][at][part])
}

/// The beginning, of which a person sees what kind of values these are.
fn shown(values: &Value) -> String {
    values.to_string().chars().take(100).collect()
}

/// Numbers count by what they are, not by how they are written. Feast writes a float32 with the digits of a float64.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Number(one), Value::Number(other)) => {
            let (narrow_one, narrow_other) = (narrow(one), narrow(other));
            let is_float = one.is_f64() && other.is_f64();
            one == other || one.as_f64() == other.as_f64() || is_float && narrow_one == narrow_other
        }
        _ => one == other,
    }
}

#[allow(clippy::cast_possible_truncation)] // that is what it is for
fn narrow(number: &Number) -> Option<f32> {
    number.as_f64().map(|number| number as f32)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{same, same_rows};

    fn reply(names: &[&str], values: &[Value]) -> Value {
        let results = values
            .iter()
            .map(|values| json!({"values": values, "statuses": ["PRESENT", "PRESENT"]}));
        json!({"metadata": {"feature_names": names}, "results": results.collect::<Vec<_>>()})
    }

    #[test]
    fn the_order_of_columns_and_the_writing_of_numbers_make_no_difference() {
        let ours = reply(&["a", "b"], &[json!([1, 2]), json!([0.5, [1]])]);
        let feasts = reply(&["b", "a"], &[json!([0.5, [1.0]]), json!([1.0, 2.0])]);
        same(&ours, &feasts).unwrap();
    }

    #[test]
    fn a_float32_may_have_the_digits_of_a_float64_and_an_integer_may_not_differ() {
        let one = |value: Value| reply(&["a"], &[json!([value])]);
        same(&one(json!(0.54)), &one(json!(0.540_000_021_457_672_1))).unwrap();
        assert!(same(&one(json!(0.54)), &one(json!(0.540_001))).is_err());
        assert!(same(&one(json!(16_777_216)), &one(json!(16_777_217))).is_err());
    }

    #[test]
    fn another_value_or_a_missing_column_is_no_feast() {
        let feasts = reply(&["a", "b"], &[json!([1, 2]), json!([3, 4])]);
        let wrong = reply(&["a", "b"], &[json!([1, 2]), json!([3, 5])]);
        assert!(
            same(&wrong, &feasts)
                .unwrap_err()
                .to_string()
                .contains("`b`")
        );
        assert!(same(&reply(&["a"], &[json!([1, 2])]), &feasts).is_err());
        let null = reply(&["a", "b"], &[json!([1, 2]), json!([3, null])]);
        assert!(same(&null, &feasts).is_err());
    }

    #[test]
    fn plain_rows_are_compared_with_columns() {
        let feasts = reply(&["i1", "i0"], &[json!([3, 4]), json!([1, 2])]);
        same_rows(&json!([[1, 3], [2, 4]]), &feasts).unwrap();
        assert!(same_rows(&json!([[1, 3], [2, 5]]), &feasts).is_err());
        assert!(same_rows(&json!([[1, 3, 9]]), &feasts).is_err());
    }
}
