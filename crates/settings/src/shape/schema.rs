use serde_json::{Map, Value, json};

use super::{Key, Kind, Shape};

/// The shape as a JSON Schema of draft 2020-12, each mapping once under `$defs`.
#[must_use]
pub fn json_schema(shape: &'static Shape, title: &str) -> Value {
    let mut definitions = Map::new();
    let mut schema = object(shape, &mut definitions);
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!(title));
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

fn object(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in shape.keys {
        properties.insert(key.name.to_owned(), property(key, definitions));
    }
    let required = shape.keys.iter().filter(|key| key.required);
    let required: Vec<&str> = required.map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(shape.doc));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

fn property(key: &'static Key, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = value(&key.kind, definitions);
    let default = key
        .default
        .map(|default| format!(" Default: {default}."))
        .unwrap_or_default();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(
            "description".to_owned(),
            json!(format!("{}{default}", key.doc)),
        );
    }
    schema
}

fn value(kind: &'static Kind, definitions: &mut Map<String, Value>) -> Value {
    match kind {
        Kind::Text => text(),
        Kind::FeastText | Kind::QuotedText | Kind::SecretText | Kind::DataType => {
            json!({"type": "string"})
        }
        Kind::Name => json!({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*$"}),
        Kind::Integer { min } => json!({"type": "integer", "minimum": min}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Duration => json!({"type": "string", "pattern": DURATION}),
        Kind::Ttl => {
            json!({"anyOf": [{"type": "string", "pattern": DURATION}, {"enum": [0, "0"]}]})
        }
        Kind::Size => {
            json!({"anyOf": [{"type": "string", "pattern": SIZE}, {"type": "integer", "minimum": 1}]})
        }
        Kind::OneOf(words) => one_of(words),
        Kind::TextMap => json!({"type": "object", "additionalProperties": text()}),
        Kind::List(item) => json!({"type": "array", "items": value(item, definitions)}),
        Kind::Mapping(shape) => reference(shape, definitions),
        Kind::Either(one, other) => {
            json!({"anyOf": [value(one, definitions), value(other, definitions)]})
        }
        Kind::Variants(variants) => {
            let shapes = variants.shapes.iter();
            let shapes: Vec<Value> = shapes
                .map(|(_, shape)| reference(shape, definitions))
                .collect();
            json!({"oneOf": shapes})
        }
        Kind::Any => json!({}),
        Kind::Object => json!({"type": "object"}),
        Kind::FeastKeys(_) | Kind::FeastTyped(_) => json!({"type": ["object", "string"]}),
    }
}

const DURATION: &str = r"^\s*([0-9]+(\.[0-9]{1,9})?(w|d|h|m|s|ms|us)\s*)+$";

const SIZE: &str = r"^\s*[0-9]+\s*([KMGkmg][Ii]?)?[Bb]?\s*$";

/// YAML's plain `1.10` and `yes` are numbers and truths to an editor; they are texts to us.
fn text() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

fn one_of(words: &[&str]) -> Value {
    let mut words: Vec<Value> = words.iter().map(|word| json!(word)).collect();
    if words.contains(&json!("null")) {
        words.push(Value::Null);
    }
    json!({"enum": words})
}

fn reference(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Value {
    let name = shape
        .name
        .split_once(' ')
        .map_or(shape.name, |(_, noun)| noun);
    let name = name.replace([' ', '-'], "_").replace('`', "");
    if !definitions.contains_key(&name) {
        definitions.insert(name.clone(), Value::Null);
        let schema = object(shape, definitions);
        definitions.insert(name.clone(), Value::Object(schema));
    }
    json!({"$ref": format!("#/$defs/{name}")})
}
