//! Values as a file of cases writes them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use feature_model::{Map, MapKey, Timestamp, Value};

/// Longer values are cut: a line is for people.
const LONGEST: usize = 240;

/// A value on one line.
pub(super) fn show(value: &Value) -> String {
    let mut text = whole(value);
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn whole(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bytes(bytes) => STANDARD.encode(bytes),
        Value::Int32(number) => number.to_string(),
        Value::Int64(number) => number.to_string(),
        Value::Double(number) => float(*number, format!("{number:?}")),
        Value::Float(number) => float(f64::from(*number), format!("{number:?}")),
        Value::Bool(truth) => truth.to_string(),
        Value::UnixTimestamp(seconds) => Timestamp::from_seconds(*seconds).to_string(),
        Value::String(text)
        | Value::Json(text)
        | Value::Uuid(text)
        | Value::TimeUuid(text)
        | Value::Decimal(text) => quoted(text),
        Value::ZonedTimestamp {
            unix_timestamp,
            zone,
        } => format!("{{seconds: {unix_timestamp}, zone: {}}}", quoted(zone)),
        Value::List(list) | Value::Set(list) => listed(list.to_values().iter().map(whole)),
        Value::Map(entries) | Value::Struct(entries) => map(entries),
        Value::MapList(maps) | Value::StructList(maps) => listed(maps.iter().map(map)),
        Value::ValueList(values) | Value::ValueSet(values) => listed(values.iter().map(whole)),
        Value::ScalarMap(pairs) => {
            let pair = |(key, value): &(Option<MapKey>, Value)| {
                format!("[{}, {}]", map_key(key.as_ref()), whole(value))
            };
            listed(pairs.iter().map(pair))
        }
    }
}

fn float(number: f64, finite: String) -> String {
    match number {
        number if number.is_nan() => ".nan".to_owned(),
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        _ => finite,
    }
}

fn quoted(text: &str) -> String {
    // What could steer a terminal is escaped, as in JSON; DEL isn't there.
    let json = serde_json::Value::from(text).to_string();
    let escape = |letter: char| match letter.is_control() {
        true => letter.escape_unicode().to_string(),
        false => letter.to_string(),
    };
    json.chars().map(escape).collect()
}

fn listed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn map(entries: &Map) -> String {
    let entries = entries.iter();
    let entries: Vec<_> = entries
        .map(|(key, value)| format!("{}: {}", quoted(key), whole(value)))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

fn map_key(key: Option<&MapKey>) -> String {
    whole(&match key.cloned() {
        None => Value::Null,
        Some(MapKey::Int32(key)) => Value::Int32(key),
        Some(MapKey::Int64(key)) => Value::Int64(key),
        Some(MapKey::Float(key)) => Value::Float(key),
        Some(MapKey::Double(key)) => Value::Double(key),
        Some(MapKey::Bool(key)) => Value::Bool(key),
        Some(MapKey::UnixTimestamp(key)) => Value::UnixTimestamp(key),
        Some(MapKey::Bytes(key)) => Value::Bytes(key),
        Some(MapKey::Uuid(key)) => Value::Uuid(key),
        Some(MapKey::TimeUuid(key)) => Value::TimeUuid(key),
        Some(MapKey::Decimal(key)) => Value::Decimal(key),
    })
}

#[cfg(test)]
mod tests {
    use feature_model::List;

    use super::*;

    #[test]
    fn values_are_shown_as_a_case_writes_them() {
        let map = Map::from([("a b".to_owned(), Value::Int64(1))]);
        for (value, shown) in [
            (Value::Null, "null"),
            (Value::Double(1.0), "1.0"),
            (Value::Float(0.1), "0.1"),
            (Value::Double(f64::NEG_INFINITY), "-.inf"),
            (
                Value::String("a\u{1b}\u{7f}\"".to_owned()),
                r#""a\u001b\u{7f}\"""#,
            ),
            (Value::Bytes(vec![0, 255]), "AP8="),
            (Value::UnixTimestamp(0), "1970-01-01T00:00:00Z"),
            (Value::Set(List::Int32(vec![2, 1])), "[2, 1]"),
            (Value::Struct(map), r#"{"a b": 1}"#),
            (
                Value::ScalarMap(vec![(Some(MapKey::Int64(1)), Value::Bool(true))]),
                "[[1, true]]",
            ),
        ] {
            assert_eq!(show(&value), shown);
        }
    }

    #[test]
    fn long_values_are_cut() {
        let shown = show(&Value::String("é".repeat(1000)));
        assert_eq!(shown.chars().count(), LONGEST + 1);
    }
}
