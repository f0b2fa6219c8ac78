//! Showing and checking a reply in rows layout: one result for each driver.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

const COLUMNS: usize = 4;

/// Indented, but each list of plain values on one line.
pub(crate) fn pretty(reply: &Value) -> String {
    let mut out = String::new();
    write(reply, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let nested = |it: &Value| it.is_object() || it.is_array();
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, it)| (format!("\"{name}\": "), it));
            write_block(['{', '}'], fields, depth, out);
        }
        Value::Array(items) if items.iter().any(nested) => {
            write_block(
                ['[', ']'],
                items.iter().map(|it| (String::new(), it)),
                depth,
                out,
            );
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            out.push_str(&format!("[{}]", items.join(", ")));
        }
        plain => out.push_str(&plain.to_string()),
    }
}

fn write_block<'a>(
    [open, close]: [char; 2],
    items: impl Iterator<Item = (String, &'a Value)>,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    for (index, (label, item)) in items.enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.push_str(&"  ".repeat(depth + 1));
        out.push_str(&label);
        write(item, depth + 1, out);
    }
    out.push_str(&format!("\n{}{close}", "  ".repeat(depth)));
}

/// Rows layout, a row for each of `drivers` in this order, every value there and PRESENT.
pub(crate) fn check(reply: &Value, drivers: &[i64]) -> Result<()> {
    let names = &reply["metadata"]["feature_names"];
    let expected = serde_json::json!(["driver_id", "conv_rate", "acc_rate", "avg_daily_trips"]);
    ensure!(
        *names == expected,
        "`feature_names` should be {expected}, not {names}"
    );
    let rows = reply["results"].as_array().context("no `results`")?;
    let (found, wanted) = (rows.len(), drivers.len());
    ensure!(
        found == wanted,
        "{found} rows for {wanted} drivers: this is no rows layout"
    );
    rows.iter()
        .zip(drivers)
        .try_for_each(|(row, driver)| check_row(row, *driver))
}

/// Rows layout of the feature service: the computed features are the rate and what was added to it.
pub(crate) fn check_computed(reply: &Value, added: &[[f64; 2]]) -> Result<()> {
    let rows = reply["results"].as_array().context("no `results`")?;
    ensure!(
        rows.len() == added.len(),
        "{} rows for {} drivers",
        rows.len(),
        added.len()
    );
    for (row, added) in rows.iter().zip(added) {
        let value = |index: usize| row["values"][index].as_f64().context("a value is missing");
        let rate = value(1)?;
        for (index, added) in [2, 3].into_iter().zip(added) {
            let computed = value(index)?;
            ensure!(
                (computed - rate - added).abs() < 1e-6,
                "{computed} is not {rate} and {added}"
            );
        }
    }
    Ok(())
}

fn check_row(row: &Value, driver: i64) -> Result<()> {
    let values = row["values"].as_array().context("a row without `values`")?;
    let statuses = row["statuses"]
        .as_array()
        .context("a row without `statuses`")?;
    ensure!(
        values.len() == COLUMNS && statuses.len() == COLUMNS,
        "not {COLUMNS} columns: {row}"
    );
    ensure!(values[0] == driver, "this should be driver {driver}: {row}");
    ensure!(
        !values.iter().any(Value::is_null),
        "a null for driver {driver}: {row}"
    );
    ensure!(
        statuses.iter().all(|it| it == "PRESENT"),
        "not all PRESENT: {row}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{check, pretty};

    fn reply(value: &Value) -> Value {
        json!({
            "results": [{"values": [1001, 0.5, value, 3], "statuses": ["PRESENT", "PRESENT", "PRESENT", "PRESENT"]}],
            "metadata": {"feature_names": ["driver_id", "conv_rate", "acc_rate", "avg_daily_trips"]}
        })
    }

    #[test]
    fn a_whole_reply_passes() {
        check(&reply(&json!(0.25)), &[1001]).unwrap();
    }

    #[test]
    fn a_null_or_a_missing_driver_fails() {
        assert!(check(&reply(&Value::Null), &[1001]).is_err());
        assert!(check(&reply(&json!(0.25)), &[1002]).is_err());
        assert!(check(&reply(&json!(0.25)), &[1001, 1002]).is_err());
    }

    #[test]
    fn lists_of_plain_values_stay_on_one_line() {
        let text = pretty(&json!({"values": [1, null], "rows": [{"a": "b"}]}));
        assert_eq!(text.lines().count(), 8, "{text}");
        assert!(text.contains("\"values\": [1, null]"), "{text}");
    }
}
