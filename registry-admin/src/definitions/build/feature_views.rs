use feature_model::{
    DataSource, DataSourceKind, DataType, FeatureView, Field, ObjectId, ObjectKind, ViewKind,
    ViewState,
};
use settings::{
    did_you_mean,
    yaml::{Mark, Node},
};

use super::{Builder, Declared, declared, fields::MarkedField};

impl Builder {
    pub(super) fn feature_views(&mut self, roots: &[Node]) {
        for object in declared(roots, "feature_views") {
            let view = self.feature_view(object);
            self.project
                .feature_views
                .entry(view.name.clone())
                .or_insert(view);
        }
    }

    fn feature_view(&mut self, declared: Declared<'_>) -> FeatureView {
        let object = self.object(ObjectKind::FeatureView, declared);
        let node = declared.node;
        let mut fields = self.schema(node);
        let entities = self.view_entities(&object, node);
        let entity_columns = self.entity_columns(&object, &entities, &mut fields);
        let (batch_source, stream_source) = self.view_source(&object, node);
        FeatureView {
            name: declared.name.to_owned(),
            kind: ViewKind::Feature,
            entities,
            entity_columns,
            features: self.note_features(&object, &fields, declared.mark),
            ttl: node.ttl_at("ttl"),
            batch_source,
            stream_source,
            online: node.bool_at("online").unwrap_or(true),
            enabled: true,
            description: node.string_at("description"),
            tags: node.text_map_at("tags"),
            owner: node.string_at("owner"),
            state: ViewState::Unspecified,
            materialization_intervals: Vec::new(),
            current_version_number: 0,
        }
    }

    /// Names of the view's entities that exist.
    fn view_entities(&mut self, object: &ObjectId, node: &Node) -> Vec<String> {
        let mut entities: Vec<String> = Vec::new();
        for given in node.list_at("entities") {
            let Some(name) = given.text() else {
                continue;
            };
            if !self.project.entities.contains_key(name) {
                let hint = did_you_mean(name, self.project.entities.keys().map(String::as_str));
                self.error(&given.mark, format!("there is no entity `{name}`{hint}"));
            } else if entities.iter().any(|known| known == name) {
                self.error(&given.mark, format!("the entity `{name}` is named twice"));
            } else {
                self.marks
                    .insert(object, format!("entities.{name}"), &given.mark);
                entities.push(name.to_owned());
            }
        }
        entities
    }

    /// The view's join keys with their types. A field of the schema that is a join key tells its type, as in Feast,
    /// and is no feature.
    fn entity_columns(
        &mut self,
        object: &ObjectId,
        entities: &[String],
        fields: &mut Vec<MarkedField>,
    ) -> Vec<Field> {
        let mut columns: Vec<Field> = Vec::new();
        for name in entities {
            let Some(entity) = self.project.entities.get(name).cloned() else {
                continue;
            };
            let Some(mark) = self.marks.get(object, &format!("entities.{name}")).cloned() else {
                continue;
            };
            if columns.iter().any(|known| known.name == entity.join_key) {
                let message = format!(
                    "two entities of this view have the join key `{}`",
                    entity.join_key
                );
                self.error(&mark, message);
                continue;
            }
            let at = fields
                .iter()
                .position(|marked| marked.field.name == entity.join_key);
            let declared = at.map(|index| fields.remove(index));
            columns.push(self.entity_column(&entity, declared, &mark));
        }
        columns
    }

    fn entity_column(
        &mut self,
        entity: &feature_model::Entity,
        declared: Option<MarkedField>,
        mark: &Mark,
    ) -> Field {
        let unknown = DataType::Unknown(0);
        let Some(MarkedField { field, mark }) = declared else {
            if entity.value_type == unknown {
                let (entity, join_key) = (&entity.name, &entity.join_key);
                self.error(mark, format!(
                    "the type of the join key `{join_key}` is not known; tell it as `value_type` of the entity `{entity}`"
                ));
            }
            return Field::new(&entity.join_key, entity.value_type.clone());
        };
        self.check_key_type(&field.data_type, &mark);
        if entity.value_type != unknown
            && field.data_type != unknown
            && field.data_type != entity.value_type
        {
            let message = format!(
                "the join key `{}` is {} here and {} in the entity `{}`",
                field.name, field.data_type, entity.value_type, entity.name
            );
            self.error(&mark, message);
        }
        field
    }

    /// Batch and stream source.
    fn view_source(
        &mut self,
        object: &ObjectId,
        node: &Node,
    ) -> (Option<DataSource>, Option<DataSource>) {
        let Some((name, given)) = node
            .get("source")
            .and_then(|given| Some((given.text()?, given)))
        else {
            return (None, None);
        };
        self.marks.insert(object, "source", &given.mark);
        let Some(source) = self.project.data_sources.get(name).cloned() else {
            let hint = did_you_mean(name, self.project.data_sources.keys().map(String::as_str));
            self.error(
                &given.mark,
                format!("there is no data source `{name}`{hint}"),
            );
            return (None, None);
        };
        match &source.kind {
            DataSourceKind::File(_) => (Some(source), None),
            DataSourceKind::Push {
                batch_source: Some(batch),
            } => (Some((**batch).clone()), Some(source)),
            DataSourceKind::Push { batch_source: None } => {
                self.error(&given.mark, format!(
                    "the push source `{name}` has no `batch_source`, which a feature view is materialized from"
                ));
                (None, None)
            }
            _ => {
                self.error(&given.mark, format!(
                    "`{name}` is a request source; a feature view is loaded from a file or push source"
                ));
                (None, None)
            }
        }
    }
}
