use feature_model::{FeatureService, ObjectKind, Projection};
use settings::yaml::Node;

use super::{Builder, Declared, declared};

impl Builder {
    pub(super) fn feature_services(&mut self, roots: &[Node]) {
        for object in declared(roots, "feature_services") {
            let service = self.feature_service(object);
            self.project
                .feature_services
                .entry(service.name.clone())
                .or_insert(service);
        }
    }

    fn feature_service(&mut self, declared: Declared<'_>) -> FeatureService {
        let object = self.object(ObjectKind::FeatureService, declared);
        let node = declared.node;
        let mut projections: Vec<Projection> = Vec::new();
        for (index, item) in node.list_at("features").iter().enumerate() {
            self.marks
                .insert(&object, format!("features.{index}"), &item.mark);
            let Some(projection) = self.projection(item) else {
                continue;
            };
            let name = projection.name_to_use();
            if projections.iter().any(|known| known.name_to_use() == name) {
                let message = format!(
                    "this service already reads a view as `{name}`; give this one another `name`"
                );
                self.error(&item.mark, message);
            }
            projections.push(projection);
        }
        let empty = node
            .get("features")
            .and_then(Node::list)
            .is_some_and(<[Node]>::is_empty);
        if empty {
            self.error(declared.mark, "a feature service reads a view at least");
        }
        FeatureService {
            name: declared.name.to_owned(),
            projections,
            description: node.string_at("description"),
            tags: node.text_map_at("tags"),
            owner: node.string_at("owner"),
        }
    }
}
