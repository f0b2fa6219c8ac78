use std::collections::HashMap;

use feature_model::{DataType, Field, ObjectId};
use settings::yaml::{Mark, Node};

use super::{Builder, names::place};

/// A field and where its name stands.
pub(super) struct MarkedField {
    pub(super) field: Field,
    pub(super) mark: Mark,
}

impl Builder {
    /// The fields under `schema` (or `features`), without those that are unfit.
    pub(super) fn schema(&mut self, node: &Node) -> Vec<MarkedField> {
        let (schema, features) = (node.entry("schema"), node.entry("features"));
        if let (Some(_), Some(features)) = (schema, features) {
            self.error(
                &features.mark,
                "`schema` and `features` are the same; write one of them",
            );
        }
        let key = if schema.is_some() {
            "schema"
        } else {
            "features"
        };
        let mut fields = Vec::new();
        let mut known: HashMap<&str, &Mark> = HashMap::new();
        for item in node.list_at(key) {
            let Some((name, given)) = item
                .get("name")
                .and_then(|given| Some((given.text()?, given)))
            else {
                continue;
            };
            if let Some(first) = known.insert(name, &given.mark) {
                let message = format!("there is already a field `{name}` at {}", place(first));
                self.error(&given.mark, message);
                continue;
            }
            self.check_field_name(name, &given.mark);
            let data_type = item.data_type_at("type").unwrap_or(DataType::Unknown(0));
            fields.push(MarkedField {
                field: field(name, data_type, item),
                mark: given.mark.clone(),
            });
        }
        fields
    }

    /// Names that would break references (`view:feature`) or meet columns of Feast's own.
    pub(super) fn check_field_name(&mut self, name: &str, mark: &Mark) {
        let reason = if name.is_empty() {
            "a name is not empty".to_owned()
        } else if name.starts_with("__") {
            format!("`{name}`: names that begin with `__` are kept for Feast's own columns")
        } else if name.contains([':', '@']) {
            format!(
                "`{name}`: a name has no `:` and no `@`, which are parts of references such as `view@v2:feature`"
            )
        } else if name.trim() != name || name.contains(char::is_control) {
            format!(
                "`{}`: a name neither begins nor ends with a space, and has no control characters",
                name.escape_debug()
            )
        } else {
            return;
        };
        self.error(mark, reason);
    }

    /// Reports a schema without fields and notes where each feature stands.
    pub(super) fn note_features(
        &mut self,
        object: &ObjectId,
        features: &[MarkedField],
        mark: &Mark,
    ) -> Vec<Field> {
        if features.is_empty() {
            self.error(
                mark,
                format!("{object} has no features; name them, with their types, under `schema`"),
            );
        }
        for MarkedField { field, mark } in features {
            self.marks
                .insert(object, format!("features.{}", field.name), mark);
        }
        features.iter().map(|marked| marked.field.clone()).collect()
    }
}

fn field(name: &str, data_type: DataType, node: &Node) -> Field {
    Field {
        name: name.to_owned(),
        data_type,
        description: node.string_at("description"),
        tags: node.text_map_at("tags"),
    }
}
