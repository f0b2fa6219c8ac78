//! The values of a case, read as the type of their column needs it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use feature_model::{DataType, List, Map, MapKey, Timestamp, Value};
use settings::{
    Problem,
    yaml::{Kind, Mapping, Node, Scalar, Style},
};

type Read<T> = Result<T, Problem>;

/// Reads a value of a type.
///
/// # Errors
/// What is wrong with it, at its place.
pub(super) fn value(node: &Node, data_type: &DataType) -> Read<Value> {
    if node.is_null() {
        return Ok(Value::Null);
    }
    Ok(match data_type {
        DataType::Array(element) => list(node, element)?,
        DataType::Set(element) => set(node, element)?,
        DataType::ValueList => Value::ValueList(any_items(node, data_type)?),
        DataType::ValueSet => Value::ValueSet(any_items(node, data_type)?),
        DataType::Map => Value::Map(map(node)?),
        DataType::ScalarMap => Value::ScalarMap(pairs(node)?),
        DataType::Struct(members) => Value::Struct(structure(node, members)?),
        DataType::ZonedTimestamp => zoned(node)?,
        scalar => self::scalar(node, scalar)?,
    })
}

fn unfit<T>(node: &Node, data_type: &DataType, wanted: &str) -> Read<T> {
    let found = match &node.kind {
        Kind::Scalar(scalar) => format!("`{}`", scalar.text),
        Kind::List(_) => "a list".to_owned(),
        Kind::Mapping(_) => "a mapping".to_owned(),
    };
    let message = format!("{found} is no `{data_type}`, which is {wanted}");
    Err(node.mark.error(message))
}

fn scalar(node: &Node, data_type: &DataType) -> Read<Value> {
    let told = |value: Option<Value>, wanted: &str| match value {
        Some(value) => Ok(value),
        None => unfit(node, data_type, wanted),
    };
    let Some(scalar) = node.scalar() else {
        return unfit(node, data_type, "a single value");
    };
    let text = || scalar.text.clone();
    match data_type {
        DataType::Int32 => {
            let number = integer(scalar).and_then(|number| i32::try_from(number).ok());
            told(number.map(Value::Int32), "a whole number of 32 bits")
        }
        DataType::Int64 => told(
            integer(scalar).map(Value::Int64),
            "a whole number of 64 bits",
        ),
        DataType::Float32 => {
            // Rounded once, from the text.
            let number = float_text(scalar).and_then(|text| text.parse::<f32>().ok());
            told(
                number.map(Value::Float),
                "a number, `.nan`, `.inf` or `-.inf`",
            )
        }
        DataType::Float64 => told(
            float(scalar).map(Value::Double),
            "a number, `.nan`, `.inf` or `-.inf`",
        ),
        DataType::Bool => {
            let truth = is_plain(scalar).then(|| scalar.bool()).flatten();
            told(truth.map(Value::Bool), "`true` or `false`")
        }
        DataType::UnixTimestamp => told(
            seconds(scalar).map(Value::UnixTimestamp),
            "whole seconds since 1970, or a text such as `2026-03-01T12:00:00Z`",
        ),
        DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => {
            let bytes = STANDARD.decode(&scalar.text).ok();
            told(bytes.map(Value::Bytes), "a text in base64")
        }
        DataType::String => Ok(Value::String(text())),
        DataType::Json => {
            let document: Result<serde_json::Value, _> = serde_json::from_str(&scalar.text);
            told(
                document.ok().map(|_| Value::Json(text())),
                "the text of a JSON document, such as `'{\"a\": 1}'`",
            )
        }
        DataType::Uuid => Ok(Value::Uuid(text())),
        DataType::TimeUuid => Ok(Value::TimeUuid(text())),
        DataType::Decimal => Ok(Value::Decimal(text())),
        _ => unfit(node, data_type, "a type that no case can write"),
    }
}

fn is_plain(scalar: &Scalar) -> bool {
    scalar.style != Style::Quoted
}

fn integer(scalar: &Scalar) -> Option<i64> {
    is_plain(scalar).then(|| scalar.integer()).flatten()
}

/// The text of a number as Rust reads it.
fn float_text(scalar: &Scalar) -> Option<String> {
    let text = scalar.text.replace('_', "");
    if !is_plain(scalar) {
        return None;
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    match unsigned {
        ".nan" | ".NaN" | ".NAN" => Some("nan".to_owned()),
        ".inf" | ".Inf" | ".INF" => Some(format!("{sign}inf")),
        // Rust would take `inf` and `nan` too, which are texts in YAML.
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            Some(format!("{sign}{unsigned}"))
        }
        _ => None,
    }
}

fn float(scalar: &Scalar) -> Option<f64> {
    float_text(scalar)?.parse().ok()
}

fn seconds(scalar: &Scalar) -> Option<i64> {
    if let Some(seconds) = integer(scalar) {
        return Some(seconds);
    }
    let time: Timestamp = scalar.text.parse().ok()?;
    (time.subsecond_nanos() == 0).then_some(time.seconds())
}

fn items<'n>(node: &'n Node, data_type: &DataType) -> Read<&'n [Node]> {
    match node.list() {
        Some(items) => Ok(items),
        None => unfit(node, data_type, "a list"),
    }
}

fn list(node: &Node, element: &DataType) -> Read<Value> {
    let data_type = DataType::Array(Box::new(element.clone()));
    let nodes = items(node, &data_type)?;
    let values = elements(nodes, element)?;
    Ok(match element {
        DataType::Map => Value::MapList(maps(values)),
        DataType::Struct(_) => Value::StructList(maps(values)),
        _ => match List::of_values(values, element) {
            Ok(list) => Value::List(list),
            Err(values) => Value::ValueList(values),
        },
    })
}

fn set(node: &Node, element: &DataType) -> Read<Value> {
    let data_type = DataType::Set(Box::new(element.clone()));
    let values = elements(items(node, &data_type)?, element)?;
    Ok(match List::of_values(values, element) {
        Ok(list) => Value::Set(list),
        Err(values) => Value::ValueSet(values),
    })
}

fn elements(nodes: &[Node], element: &DataType) -> Read<Vec<Value>> {
    let is_nested = matches!(
        element,
        DataType::Array(_) | DataType::Set(_) | DataType::ValueList | DataType::ValueSet
    );
    if let Some(null) = nodes.iter().find(|node| node.is_null() && !is_nested) {
        let message = format!("a list of `{element}` has no nulls");
        return Err(null.mark.error(message));
    }
    nodes.iter().map(|node| value(node, element)).collect()
}

fn maps(values: Vec<Value>) -> Vec<Map> {
    let map = |value| match value {
        Value::Map(map) | Value::Struct(map) => Some(map),
        _ => None,
    };
    values.into_iter().filter_map(map).collect()
}

fn mapping<'n>(node: &'n Node, data_type: &DataType) -> Read<&'n Mapping> {
    match node.mapping() {
        Some(mapping) => Ok(mapping),
        None => unfit(node, data_type, "a mapping"),
    }
}

fn map(node: &Node) -> Read<Map> {
    let entries = mapping(node, &DataType::Map)?.iter();
    entries
        .map(|(key, entry)| Ok((key.clone(), any(&entry.value)?)))
        .collect()
}

fn structure(node: &Node, members: &[(String, DataType)]) -> Read<Map> {
    let data_type = DataType::Struct(members.to_vec());
    let given = mapping(node, &data_type)?;
    let known = |name: &String| members.iter().any(|(member, _)| member == name);
    if let Some((name, entry)) = given.iter().find(|(name, _)| !known(name)) {
        let message = format!("`{name}` is no member of `{data_type}`");
        return Err(entry.mark.error(message));
    }
    let member = |(name, member): &(String, DataType)| {
        let entry = given.get(name).ok_or_else(|| {
            let message = format!("the member `{name}` of `{data_type}` is missing");
            node.mark.error(message)
        })?;
        Ok((name.clone(), value(&entry.value, member)?))
    };
    members.iter().map(member).collect()
}

fn zoned(node: &Node) -> Read<Value> {
    let wanted = "written as `{seconds: 1772366400, zone: Europe/Berlin}`";
    let given = mapping(node, &DataType::ZonedTimestamp)?;
    let seconds = node.get("seconds").and_then(Node::scalar).and_then(seconds);
    let zone = node.get("zone").and_then(Node::text);
    match (seconds, zone, given.len()) {
        (Some(unix_timestamp), Some(zone), 2) => Ok(Value::ZonedTimestamp {
            unix_timestamp,
            zone: zone.to_owned(),
        }),
        _ => unfit(node, &DataType::ZonedTimestamp, wanted),
    }
}

fn pairs(node: &Node) -> Read<Vec<(Option<MapKey>, Value)>> {
    let wanted = "a list of pairs such as `[[1, one], [2, two]]`";
    let Some(items) = node.list() else {
        return unfit(node, &DataType::ScalarMap, wanted);
    };
    let pair = |item: &Node| match item.list() {
        Some([key, value]) => Ok((map_key(key)?, any(value)?)),
        _ => Err(item.mark.error(format!("a `ScalarMap` is {wanted}"))),
    };
    items.iter().map(pair).collect()
}

fn map_key(node: &Node) -> Read<Option<MapKey>> {
    Ok(Some(match any(node)? {
        Value::Null => return Ok(None),
        Value::Int64(key) => MapKey::Int64(key),
        Value::Double(key) => MapKey::Double(key),
        Value::Bool(key) => MapKey::Bool(key),
        _ => {
            let message = "a key of a `ScalarMap` is a number, `true` or `false`";
            return Err(node.mark.error(message));
        }
    }))
}

fn any_items(node: &Node, data_type: &DataType) -> Read<Vec<Value>> {
    items(node, data_type)?.iter().map(any).collect()
}

/// A value of which no type is told.
fn any(node: &Node) -> Read<Value> {
    if node.is_null() {
        return Ok(Value::Null);
    }
    Ok(match &node.kind {
        Kind::List(items) => Value::ValueList(items.iter().map(any).collect::<Read<_>>()?),
        Kind::Mapping(_) => Value::Map(map(node)?),
        Kind::Scalar(scalar) => {
            let truth = || is_plain(scalar).then(|| scalar.bool()).flatten();
            let number = || integer(scalar).map(Value::Int64);
            let float = || float(scalar).map(Value::Double);
            number()
                .or_else(float)
                .or_else(|| truth().map(Value::Bool))
                .unwrap_or_else(|| Value::String(scalar.text.clone()))
        }
    })
}

#[cfg(test)]
mod tests;
