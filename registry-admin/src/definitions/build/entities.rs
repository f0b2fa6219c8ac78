use feature_model::{DataType, Entity, ObjectKind};
use settings::yaml::Node;

use super::{Builder, Declared, declared};

impl Builder {
    pub(super) fn entities(&mut self, roots: &[Node]) {
        for object in declared(roots, "entities") {
            let entity = self.entity(object);
            self.project
                .entities
                .entry(entity.name.clone())
                .or_insert(entity);
        }
    }

    fn entity(&mut self, declared: Declared<'_>) -> Entity {
        let object = self.object(ObjectKind::Entity, declared);
        let node = declared.node;
        let join_key = node.get("join_key").filter(|given| given.text().is_some());
        let join_key_mark = join_key.map_or(declared.mark, |given| &given.mark);
        let join_key = join_key.and_then(Node::text).unwrap_or(declared.name);
        self.check_field_name(join_key, join_key_mark);
        self.marks.insert(&object, "join_key", join_key_mark);
        let value_type = node.data_type_at("value_type");
        if let (Some(value_type), Some(given)) = (&value_type, node.get("value_type")) {
            self.check_key_type(value_type, &given.mark);
        }
        Entity {
            name: declared.name.to_owned(),
            join_key: join_key.to_owned(),
            value_type: value_type.unwrap_or(DataType::Unknown(0)),
            description: node.string_at("description"),
            tags: node.text_map_at("tags"),
            owner: node.string_at("owner"),
        }
    }

    /// Feast has bytes for keys of these types only (`feast/infra/key_encoding_utils.py`).
    pub(super) fn check_key_type(&mut self, data_type: &DataType, mark: &settings::yaml::Mark) {
        use DataType::{Bytes, Int32, Int64, String, UnixTimestamp, Unknown};
        if !matches!(
            data_type,
            String | Int32 | Int64 | Bytes | UnixTimestamp | Unknown(0)
        ) {
            let message = format!(
                "a join key cannot be of type {data_type}; it is one of String, Int32, Int64, Bytes, UnixTimestamp"
            );
            self.error(mark, message);
        }
    }
}
