use super::{FieldChange, Projects, differences::Differences};
use crate::{DataType, Entity};

pub(super) fn differences(
    projects: Projects<'_>,
    before: &Entity,
    after: &Entity,
) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    differences.text("join_key", &before.join_key, &after.join_key);
    if known(&after.value_type) {
        let stored = stored_type(projects, before);
        differences.value(
            "value_type",
            known(stored).then(|| stored.to_string()),
            Some(after.value_type.to_string()),
        );
    }
    differences.about(
        (&before.description, &before.tags, &before.owner),
        (&after.description, &after.tags, &after.owner),
    );
    differences.into_changes()
}

/// The entity's own type; where Feast was left to infer it, what it inferred for a view's join key.
fn stored_type<'a>(projects: Projects<'a>, entity: &'a Entity) -> &'a DataType {
    let views = projects.current.feature_views.values();
    let users = views.filter(|view| view.entities.contains(&entity.name));
    let mut columns = users.flat_map(|view| &view.entity_columns);
    if known(&entity.value_type) {
        return &entity.value_type;
    }
    let column = columns.find(|column| column.name == entity.join_key);
    column.map_or(&entity.value_type, |column| &column.data_type)
}

fn known(data_type: &DataType) -> bool {
    *data_type != DataType::Unknown(0)
}
