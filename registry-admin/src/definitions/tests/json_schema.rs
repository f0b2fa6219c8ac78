//! The JSON Schema against examples, with as much of a validator as the schema uses.

use serde_json::Value;
use settings::yaml::{self, Kind, Node, Style};

use super::{BASE, SAMPLE, parsed};
use crate::definitions::json_schema;

#[test]
fn the_schema_accepts_the_sample_and_refuses_what_the_tables_refuse() {
    let schema = json_schema();
    let fits = |text: &str| fits(&schema, &schema, &to_json(text));
    for (name, text) in SAMPLE {
        assert!(fits(text), "{name}");
    }
    assert!(fits(BASE));
    for text in [
        "entity: []",
        "entities: [{join_key: a}]",
        "entities: [{name: _a}]",
        "entities: {name: a}",
        "data_sources: [{type: fil, name: a}]",
        "data_sources: [{type: file, name: a}]",
        "feature_views: [{name: v, source: s, ttl: 1 day}]",
        "feature_views: [{name: v, source: s, online: '1'}]",
        "feature_services: [{name: v, features: [{features: [a]}]}]",
        "feature_services: [{name: v, features: [v], tags: {a: [b]}}]",
    ] {
        assert!(!fits(text), "{text}");
        assert!(parsed(text).is_err(), "{text}");
    }
}

#[test]
fn the_schema_is_stable() {
    insta::assert_json_snapshot!(json_schema());
}

/// The tree as an editor's YAML plug-in sees it.
fn to_json(text: &str) -> Value {
    fn value(node: &Node) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        match &node.kind {
            Kind::List(items) => items.iter().map(value).collect(),
            Kind::Mapping(entries) => entries
                .iter()
                .map(|(key, entry)| (key.clone(), value(&entry.value)))
                .collect(),
            Kind::Scalar(scalar) if scalar.style == Style::Plain => {
                serde_json::from_str(&scalar.text).unwrap_or_else(|_| text(&scalar.text))
            }
            Kind::Scalar(scalar) => text(&scalar.text),
        }
    }
    value(&yaml::parse(text, std::path::Path::new("f.yaml")).unwrap())
}

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let keywords = schema.as_object().unwrap();
    keywords
        .iter()
        .all(|(keyword, wanted)| match keyword.as_str() {
            "$ref" => {
                let path = wanted.as_str().unwrap().trim_start_matches('#');
                fits(root, root.pointer(path).unwrap(), value)
            }
            "anyOf" => alternatives(root, wanted, value) > 0,
            "oneOf" => alternatives(root, wanted, value) == 1,
            "enum" => wanted.as_array().unwrap().contains(value),
            "type" => has_type(wanted, value),
            "pattern" => value
                .as_str()
                .is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
            "minimum" => value
                .as_i64()
                .is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "items" => value
                .as_array()
                .into_iter()
                .flatten()
                .all(|item| fits(root, wanted, item)),
            "required" => wanted.as_array().unwrap().iter().all(|key| {
                value
                    .as_object()
                    .is_none_or(|object| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" => {
                let mut known = wanted.as_object().unwrap().iter();
                known.all(|(key, schema)| {
                    value.get(key).is_none_or(|value| fits(root, schema, value))
                })
            }
            "additionalProperties" => others_fit(root, schema, wanted, value),
            "$schema" | "$defs" | "title" | "description" => true,
            unknown => panic!("`{unknown}` is not checked"),
        })
}

fn alternatives(root: &Value, schemas: &Value, value: &Value) -> usize {
    let schemas = schemas.as_array().unwrap().iter();
    schemas.filter(|schema| fits(root, schema, value)).count()
}

fn others_fit(root: &Value, schema: &Value, wanted: &Value, value: &Value) -> bool {
    let known = schema.get("properties").and_then(Value::as_object);
    let is_known = |key: &str| known.is_some_and(|known| known.contains_key(key));
    let mut others = value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !is_known(key));
    others.all(|(_, value)| *wanted != Value::Bool(false) && fits(root, wanted, value))
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64(),
        unknown => panic!("`{unknown}` is no type"),
    };
    match wanted {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}

/// The two patterns that the schema has: of a name and of a duration.
fn matches(pattern: &str, text: &str) -> bool {
    if pattern == "^[A-Za-z0-9][A-Za-z0-9_-]*$" {
        feature_model::check_name(text).is_ok()
    } else {
        feature_model::Ttl::parse(text).is_ok_and(|_| text.trim() != "0")
    }
}
