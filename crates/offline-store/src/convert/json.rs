//! JSON text in columns, and columns as JSON text.

use arrow::array::{Array, ArrayRef};
use feature_model::{DataType, List, Map, Value};
use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::{Reason, infer, list, scalar};
use crate::{
    cell::{Cell, cell, unpacked},
    python_text,
};

/// The text of a Json feature: text that is JSON stays as it is, anything else is written as Python's
/// `json.dumps` writes it.
pub(super) fn text(found: Cell<'_>) -> Result<String, Reason> {
    match found {
        Cell::Text(text) => checked(text),
        Cell::Binary(bytes) => checked(scalar::utf8(bytes)?),
        other => {
            let mut out = String::new();
            dump(other, &mut out)?;
            Ok(out)
        }
    }
}

fn checked(text: &str) -> Result<String, Reason> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| no_json(text, &error))?;
    Ok(text.to_owned())
}

fn no_json(text: &str, error: &serde_json::Error) -> Reason {
    format!("`{}` is no JSON: {error}", scalar::shortened(text))
}

fn dump(found: Cell<'_>, out: &mut String) -> Result<(), Reason> {
    match found {
        Cell::Null => out.push_str("null"),
        Cell::Bool(flag) => out.push_str(if flag { "true" } else { "false" }),
        Cell::Int(whole) => out.push_str(&whole.to_string()),
        Cell::Single(number) => dump_float(f64::from(number), &python_text::single(number), out),
        Cell::Double(number) => dump_float(number, &python_text::float(number), out),
        Cell::Decimal { digits, scale } => out.push_str(&python_text::decimal(&digits, scale)),
        Cell::Text(text) => python_text::json_string(text, out),
        Cell::List(elements) => dump_list(&elements, out)?,
        Cell::Struct(array, row) => {
            let names = array.column_names();
            dump_object(
                array.columns().iter().enumerate(),
                out,
                |index, column, out| {
                    python_text::json_string(names[index], out);
                    out.push_str(": ");
                    dump(cell(&unpacked(column), row), out)
                },
            )?;
        }
        Cell::Map(keys, values) => {
            dump_object((0..keys.len()).map(|row| (row, ())), out, |row, (), out| {
                let key = scalar::text(cell(&keys, row), &DataType::String)?;
                python_text::json_string(&key.unwrap_or_default(), out);
                out.push_str(": ");
                dump(cell(&values, row), out)
            })?;
        }
        time @ (Cell::Time { .. } | Cell::Date(_) | Cell::TimeOfDay { .. }) => {
            let text = scalar::text(time, &DataType::String)?;
            python_text::json_string(&text.unwrap_or_default(), out);
        }
        other @ (Cell::Binary(_) | Cell::Other) => {
            return Err(scalar::mismatch(&other, &DataType::Json));
        }
    }
    Ok(())
}

fn dump_float(number: f64, text: &str, out: &mut String) {
    // JSON has no infinities; Python writes words that its own parser reads and others refuse.
    out.push_str(if number.is_finite() { text } else { "null" });
}

fn dump_list(elements: &ArrayRef, out: &mut String) -> Result<(), Reason> {
    out.push('[');
    for row in 0..elements.len() {
        if row > 0 {
            out.push_str(", ");
        }
        dump(cell(elements, row), out)?;
    }
    out.push(']');
    Ok(())
}

fn dump_object<T>(
    entries: impl Iterator<Item = (usize, T)>,
    out: &mut String,
    entry: impl Fn(usize, T, &mut String) -> Result<(), Reason>,
) -> Result<(), Reason> {
    out.push('{');
    for (index, value) in entries {
        if index > 0 {
            out.push_str(", ");
        }
        entry(index, value, out)?;
    }
    out.push('}');
    Ok(())
}

fn parsed(text: &str) -> Result<Json, Reason> {
    serde_json::from_str(text).map_err(|error| no_json(text, &error))
}

/// The text of a JSON object.
pub(super) fn object(text: &str) -> Result<Map, Reason> {
    map(&parsed(text)?)
}

fn map(json: &Json) -> Result<Map, Reason> {
    let Json::Object(entries) = json else {
        return Err(format!("{} where a JSON object is needed", kind(json)));
    };
    entries
        .iter()
        .map(|(key, json)| Ok((key.clone(), value(json)?)))
        .collect()
}

/// A list of structs or maps, or the text of a JSON array of objects.
pub(super) fn or_maps(found: Cell<'_>, element: &DataType) -> Result<Vec<Map>, Reason> {
    match found {
        Cell::List(elements) => infer::maps(&elements),
        Cell::Text(text) => array(&parsed(text)?)?.iter().map(map).collect(),
        Cell::Binary(bytes) => or_maps(Cell::Text(scalar::utf8(bytes)?), element),
        other => Err(scalar::mismatch(
            &other,
            &DataType::Array(Box::new(element.clone())),
        )),
    }
}

/// The text of a JSON array of scalars.
pub(super) fn list(text: &str, element: &DataType) -> Result<List, Reason> {
    if element == &DataType::Json {
        let elements = parsed(text)?;
        let texts = array(&elements)?.iter().map(ToString::to_string);
        return Ok(List::Json(texts.collect()));
    }
    let elements = parsed(text)?;
    let cells: Vec<Cell<'_>> = array(&elements)?
        .iter()
        .map(scalar_cell)
        .collect::<Result<_, _>>()?;
    list::scalars(cells.into_iter(), element)
}

/// The text of a JSON array of arrays.
pub(super) fn lists(text: &str) -> Result<Vec<Value>, Reason> {
    array(&parsed(text)?)?
        .iter()
        .map(|inner| match inner {
            Json::Array(_) | Json::Null => value(inner),
            other => Err(format!("{} where a JSON array is needed", kind(other))),
        })
        .collect()
}

fn array(json: &Json) -> Result<&Vec<Json>, Reason> {
    match json {
        Json::Array(elements) => Ok(elements),
        other => Err(format!("{} where a JSON array is needed", kind(other))),
    }
}

/// A JSON value by what it is, as Feast infers it from `json.loads`.
fn value(json: &Json) -> Result<Value, Reason> {
    match json {
        Json::Object(_) => map(json).map(Value::Map),
        Json::Array(elements) if elements.is_empty() => Ok(Value::Null),
        Json::Array(elements) if elements.iter().all(Json::is_object) => {
            let maps = elements.iter().map(map).collect::<Result<_, _>>()?;
            Ok(Value::MapList(maps))
        }
        Json::Array(elements) if elements.iter().any(|e| e.is_array() || e.is_object()) => {
            let values = elements.iter().map(value).collect::<Result<_, _>>()?;
            Ok(Value::ValueList(values))
        }
        Json::Array(elements) => {
            let cells = elements.iter().map(scalar_cell).collect::<Result<_, _>>()?;
            infer::json_list(cells).map(Value::List)
        }
        scalar => infer::value(scalar_cell(scalar)?),
    }
}

fn scalar_cell(json: &Json) -> Result<Cell<'_>, Reason> {
    Ok(match json {
        Json::Null => Cell::Null,
        Json::Bool(flag) => Cell::Bool(*flag),
        Json::String(text) => Cell::Text(text),
        Json::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(whole), _) => Cell::Int(whole),
            (None, Some(float)) => Cell::Double(float),
            (None, None) => return Err(format!("{number} is out of range")),
        },
        other => return Err(format!("{} where a scalar is needed", kind(other))),
    })
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}
