//! Lists and objects of request data.

use feature_model::{DataType, List, Map, Value};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::{Why, inferred, read_one};
use crate::ask::{Given, given};

/// Deeper lists and objects, where no type says how deep they are, are refused.
const DEEPEST: usize = 32;

const NULL_ELEMENT: Why = ", which has a null in it";

/// Reads the text of a list or an object.
pub(super) fn read(text: &str, data_type: &DataType) -> Result<Value, Why> {
    match data_type {
        DataType::Array(element) => list(text, element),
        DataType::Set(element) => set(text, element),
        DataType::Map => map(text, 0).map(Value::Map),
        DataType::Struct(fields) => structure(text, fields).map(Value::Struct),
        DataType::ValueList => elements(text, 0).map(Value::ValueList),
        DataType::ValueSet => elements(text, 0).map(Value::ValueSet),
        DataType::Unknown(_) => untyped(text, 0),
        _ => Err(""),
    }
}

fn list(text: &str, element: &DataType) -> Result<Value, Why> {
    let values = typed(text, element)?;
    match element {
        DataType::Map => maps(values).map(Value::MapList),
        DataType::Struct(_) => maps(values).map(Value::StructList),
        _ => Ok(match List::of_values(values, element) {
            Ok(list) => Value::List(list),
            Err(values) => Value::ValueList(values),
        }),
    }
}

fn set(text: &str, element: &DataType) -> Result<Value, Why> {
    let values = typed(text, element)?;
    Ok(match List::of_values(values, element) {
        Ok(list) => Value::Set(list),
        Err(values) => Value::ValueSet(values),
    })
}

fn items(text: &str) -> Result<Vec<Given<'_>>, Why> {
    let raw: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| "")?;
    raw.into_iter()
        .map(|raw| given(raw.get()).map_err(|_| ""))
        .collect()
}

fn members(text: &str) -> Result<IndexMap<String, Given<'_>>, Why> {
    let raw: IndexMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| "")?;
    raw.into_iter()
        .map(|(name, raw)| Ok((name, given(raw.get()).map_err(|_| "")?)))
        .collect()
}

fn typed(text: &str, element: &DataType) -> Result<Vec<Value>, Why> {
    items(text)?
        .iter()
        .map(|item| match read_one(item, element)? {
            Value::Null => Err(NULL_ELEMENT),
            value => Ok(value),
        })
        .collect()
}

fn maps(values: Vec<Value>) -> Result<Vec<Map>, Why> {
    let map = |value| match value {
        Value::Map(map) | Value::Struct(map) => Ok(map),
        _ => Err(""),
    };
    values.into_iter().map(map).collect()
}

fn structure(text: &str, fields: &[(String, DataType)]) -> Result<Map, Why> {
    let members = members(text)?;
    if !fields.is_empty()
        && members
            .keys()
            .any(|name| fields.iter().all(|(known, _)| known != name))
    {
        return Err(", which has a member that isn't declared");
    }
    let mut map = Map::new();
    for (name, item) in &members {
        let data_type = fields.iter().find(|(known, _)| known == name);
        let value = match data_type {
            Some((_, data_type)) => read_one(item, data_type)?,
            None => any(item, 1)?,
        };
        map.insert(name.clone(), value);
    }
    Ok(map)
}

fn untyped(text: &str, depth: usize) -> Result<Value, Why> {
    if text.starts_with('{') {
        map(text, depth).map(Value::Map)
    } else {
        elements(text, depth).map(Value::ValueList)
    }
}

fn map(text: &str, depth: usize) -> Result<Map, Why> {
    members(text)?
        .iter()
        .map(|(name, item)| Ok((name.clone(), any(item, depth + 1)?)))
        .collect()
}

fn elements(text: &str, depth: usize) -> Result<Vec<Value>, Why> {
    items(text)?
        .iter()
        .map(|item| any(item, depth + 1))
        .collect()
}

fn any(item: &Given<'_>, depth: usize) -> Result<Value, Why> {
    match item {
        Given::Nested(_) if depth > DEEPEST => Err(super::TOO_DEEP),
        Given::Nested(text) => untyped(text, depth),
        scalar => inferred(scalar),
    }
}
