use feature_model::{DUMMY_ENTITY, DUMMY_JOIN_KEY, ObjectKind};
use prost_reflect::{DynamicMessage, Value};

use super::{Originals, Reasons};
use crate::registry::{
    dynamic::{empty, items, items_mut, list_mut, set_text, text, texts},
    merge::merge_fields,
};

/// `feast.types.ValueType.STRING`
const STRING: i32 = 2;

/// `entity_columns`: one column for each entity whose type is known, by the entity or, where Feast
/// inferred it, by the column itself.
pub(super) fn refresh_join_keys(spec: &mut DynamicMessage, reasons: &Reasons<'_>) {
    let names = texts(spec, "entities");
    let mut entities = names.iter();
    if !entities.any(|name| reasons.concern(ObjectKind::Entity, name)) {
        return;
    }
    let mut stored = std::mem::take(list_mut(spec, "entity_columns"));
    let columns = names.iter().filter_map(|name| {
        let (join_key, value_type) = join_key(name, reasons.originals);
        let named = |value: &Value| {
            value
                .as_message()
                .is_some_and(|column| text(column, "name") == join_key)
        };
        let known = stored
            .iter()
            .position(named)
            .map(|index| stored.remove(index));
        let mut column = match known {
            Some(Value::Message(column)) => column,
            _ if value_type == 0 => return None,
            _ => empty("feast.core.FeatureSpecV2"),
        };
        set_text(&mut column, "name", &join_key);
        if value_type != 0 {
            column.set_field_by_name("value_type", Value::EnumNumber(value_type));
        }
        Some(Value::Message(column))
    });
    let columns: Vec<Value> = columns.collect();
    *list_mut(spec, "entity_columns") = columns;
}

/// Gives a view's join keys the types that its own definition tells; nothing else of them changes.
pub(in crate::registry) fn set_join_key_types(
    spec: &mut DynamicMessage,
    declared: &DynamicMessage,
) {
    for column in items(declared, "entity_columns") {
        let name = text(column, "name");
        let stored = items_mut(spec, "entity_columns").find(|stored| text(stored, "name") == name);
        if let Some(stored) = stored {
            merge_fields(stored, column, &["value_type"]);
        } else {
            list_mut(spec, "entity_columns").push(Value::Message(column.clone()));
        }
    }
}

/// The join key of an entity and the id of its type; 0 where it isn't known.
fn join_key(entity: &str, originals: &Originals) -> (String, i32) {
    if entity == DUMMY_ENTITY {
        return (DUMMY_JOIN_KEY.to_owned(), STRING);
    }
    let Some(stored) = originals.entities.get(entity) else {
        return (entity.to_owned(), 0);
    };
    let value_type = stored.get_field_by_name("value_type");
    let value_type = value_type.and_then(|value| value.as_enum_number());
    (
        text(stored, "join_key").into_owned(),
        value_type.unwrap_or_default(),
    )
}
