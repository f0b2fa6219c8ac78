//! Typed columns: `FeatureSpecV2`, in whose tags Feast keeps what its type ids can't say.

use feature_model::{DataType, Field, Tags};
use indexmap::IndexMap;

use super::proto::feast::core::FeatureSpecV2;

/// Tag with the fields of a struct, as a JSON object of type texts (`feast/field.py`).
const STRUCT_SCHEMA_TAG: &str = "feast:struct_schema";
/// Tag with the whole type of a nested list or set, as one type text (`feast/field.py`).
const NESTED_TYPE_TAG: &str = "feast:nested_inner_type";
/// Key of a struct inside a type text.
const NESTED_STRUCT_KEY: &str = "__struct__";
const DEEPEST_NESTING: usize = 16;

pub(super) fn read_fields(columns: &[FeatureSpecV2]) -> Vec<Field> {
    columns.iter().map(read_field).collect()
}

fn read_field(column: &FeatureSpecV2) -> Field {
    let tags = column.tags.iter();
    let own_tags =
        tags.filter(|(key, _)| ![STRUCT_SCHEMA_TAG, NESTED_TYPE_TAG].contains(&key.as_str()));
    Field {
        name: column.name.clone(),
        data_type: read_data_type(column.value_type, &column.tags),
        description: column.description.clone(),
        tags: own_tags
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    }
}

/// The type of an id, refined by the tags where they hold a type of the same id.
fn read_data_type(value_type: i32, tags: &Tags) -> DataType {
    let plain = DataType::from_value_type_id(value_type);
    let refined = match &plain {
        DataType::Struct(_) => struct_from_tag(tags).map(DataType::Struct),
        DataType::Array(element) if matches!(**element, DataType::Struct(_)) => {
            struct_from_tag(tags).map(|fields| DataType::Array(Box::new(DataType::Struct(fields))))
        }
        DataType::ValueList | DataType::ValueSet => tags
            .get(NESTED_TYPE_TAG)
            .and_then(|text| parse_type_text(text, 0)),
        _ => None,
    };
    refined
        .filter(|refined| refined.value_type_id() == value_type)
        .unwrap_or(plain)
}

fn struct_from_tag(tags: &Tags) -> Option<Vec<(String, DataType)>> {
    let schema = serde_json::from_str(tags.get(STRUCT_SCHEMA_TAG)?).ok()?;
    parse_struct(schema, 0)
}

fn parse_struct(schema: IndexMap<String, String>, depth: usize) -> Option<Vec<(String, DataType)>> {
    let fields = schema.into_iter();
    let typed = fields.map(|(name, text)| Some((name, parse_type_text(&text, depth + 1)?)));
    typed
        .collect::<Option<Vec<_>>>()
        .filter(|fields| !fields.is_empty())
}

/// `_str_to_feast_type`: the name of a scalar, `Array(..)`, `Set(..)` or `{"__struct__": {..}}`.
fn parse_type_text(text: &str, depth: usize) -> Option<DataType> {
    if depth > DEEPEST_NESTING {
        return None;
    }
    let inside = |word: &str| text.strip_prefix(word)?.strip_suffix(')');
    if let Some(inner) = inside("Array(") {
        return Some(DataType::Array(Box::new(parse_type_text(
            inner,
            depth + 1,
        )?)));
    }
    if let Some(inner) = inside("Set(") {
        return Some(DataType::Set(Box::new(parse_type_text(inner, depth + 1)?)));
    }
    if text.starts_with('{') {
        let mut nested: IndexMap<String, IndexMap<String, String>> =
            serde_json::from_str(text).ok()?;
        let schema = nested.swap_remove(NESTED_STRUCT_KEY)?;
        return parse_struct(schema, depth).map(DataType::Struct);
    }
    // Feast's names of scalars are those that the model reads, in capitals: `FLOAT32`, `UNIX_TIMESTAMP`.
    text.parse().ok()
}

pub(super) fn write_fields(fields: &[Field]) -> Vec<FeatureSpecV2> {
    fields.iter().map(write_field).collect()
}

pub(super) fn write_field(field: &Field) -> FeatureSpecV2 {
    let mut tags = field.tags.clone();
    match &field.data_type {
        DataType::Struct(fields) => write_struct_tag(fields, &mut tags),
        DataType::Array(element) => match element.as_ref() {
            DataType::Struct(fields) => write_struct_tag(fields, &mut tags),
            DataType::Array(_) | DataType::Set(_) => write_nested_tag(&field.data_type, &mut tags),
            _ => {}
        },
        DataType::Set(element) => {
            if matches!(**element, DataType::Array(_) | DataType::Set(_)) {
                write_nested_tag(&field.data_type, &mut tags);
            }
        }
        _ => {}
    }
    FeatureSpecV2 {
        name: field.name.clone(),
        value_type: field.data_type.value_type_id(),
        tags,
        description: field.description.clone(),
        ..FeatureSpecV2::default()
    }
}

fn write_struct_tag(fields: &[(String, DataType)], tags: &mut Tags) {
    if !fields.is_empty() {
        tags.insert(STRUCT_SCHEMA_TAG.to_owned(), struct_text(fields));
    }
}

fn write_nested_tag(data_type: &DataType, tags: &mut Tags) {
    tags.insert(NESTED_TYPE_TAG.to_owned(), type_text(data_type));
}

/// As Python's `json.dumps` prints it, so that equal definitions make equal tags.
fn struct_text(fields: &[(String, DataType)]) -> String {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let entries: Vec<String> = fields
        .iter()
        .map(|(name, data_type)| format!("{}: {}", quote(name), quote(&type_text(data_type))))
        .collect();
    format!("{{{}}}", entries.join(", "))
}

/// `_feast_type_to_str`
fn type_text(data_type: &DataType) -> String {
    match data_type {
        DataType::Array(element) => format!("Array({})", type_text(element)),
        DataType::Set(element) => format!("Set({})", type_text(element)),
        DataType::Struct(fields) => {
            format!("{{\"{NESTED_STRUCT_KEY}\": {}}}", struct_text(fields))
        }
        scalar => scalar_text(&scalar.to_string()),
    }
}

/// `UnixTimestamp` -> `UNIX_TIMESTAMP`: the names of `feast.types.PrimitiveFeastType`.
fn scalar_text(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    for (index, c) in name.char_indices() {
        if index > 0 && c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use feature_model::{DataType, Field};
    use proptest::prelude::*;

    use super::{FeatureSpecV2, read_fields, write_field};

    #[test]
    fn tags_are_those_that_feast_writes() {
        for (data_type, tag, text) in [
            (
                "Struct({name: String, at: UnixTimestamp, l: Array(Float32)})",
                "feast:struct_schema",
                r#"{"name": "STRING", "at": "UNIX_TIMESTAMP", "l": "Array(FLOAT32)"}"#,
            ),
            (
                "Array(Struct({a: Struct({b: Bool})}))",
                "feast:struct_schema",
                r#"{"a": "{\"__struct__\": {\"b\": \"BOOL\"}}"}"#,
            ),
            (
                "Array(Set(Int64))",
                "feast:nested_inner_type",
                "Array(Set(INT64))",
            ),
            (
                "Set(Array(TimeUuid))",
                "feast:nested_inner_type",
                "Set(Array(TIME_UUID))",
            ),
        ] {
            let field = Field::new("f", data_type.parse().unwrap());
            let written = write_field(&field);
            assert_eq!(written.tags.get(tag).map(String::as_str), Some(text));
            assert_eq!(read_fields(&[written]), [field]);
        }
    }

    #[test]
    fn tags_that_say_nothing_usable_are_not_believed() {
        for tag in [
            "",
            "{",
            "[1]",
            "Array(",
            "INT64",
            "Set(INT64)",
            r#"{"__struct__": {}}"#,
        ] {
            let column = FeatureSpecV2 {
                value_type: 42,
                tags: [("feast:nested_inner_type".to_owned(), tag.to_owned())].into(),
                ..FeatureSpecV2::default()
            };
            assert_eq!(
                read_fields(&[column])[0].data_type,
                DataType::ValueList,
                "{tag}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_tag_is_read_without_panic(text in ".{0,60}", value_type in 0..50_i32) {
            let column = FeatureSpecV2 {
                value_type,
                tags: ["feast:struct_schema", "feast:nested_inner_type"]
                    .map(|key| (key.to_owned(), text.clone())).into(),
                ..FeatureSpecV2::default()
            };
            let field = read_fields(&[column]).remove(0);
            prop_assert!(field.tags.is_empty());
        }
    }
}
