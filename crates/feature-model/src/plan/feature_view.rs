use super::{
    FieldChange, Projects,
    data_source::copy_differences,
    differences::{Differences, listed_in_order},
};
use crate::{DataSource, DataType, FeatureView, Ttl};

pub(super) fn differences(
    projects: Projects<'_>,
    before: &FeatureView,
    after: &FeatureView,
) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    let entities = |view: &FeatureView| listed_in_order(view.entities.iter().map(String::as_str));
    differences.value("entities", entities(before), entities(after));
    let ttl = |view: &FeatureView| view.ttl.as_ref().map(Ttl::to_string);
    differences.value("ttl", ttl(before), ttl(after));
    copy_differences(
        projects,
        "source",
        source(before),
        source(after),
        &mut differences,
    );
    let online = |view: &FeatureView| Some(view.online.to_string());
    differences.value("online", online(before), online(after));
    join_keys(projects, before, after, &mut differences);
    differences.columns("features", &before.features, &after.features, PartialEq::eq);
    differences.about(
        (&before.description, &before.tags, &before.owner),
        (&after.description, &after.tags, &after.owner),
    );
    differences.into_changes()
}

/// Types of join keys that the view's own schema tells, because their entities don't.
fn join_keys(
    projects: Projects<'_>,
    before: &FeatureView,
    after: &FeatureView,
    differences: &mut Differences,
) {
    let unknown = DataType::Unknown(0);
    let entities = after.entities.iter();
    let untyped = entities
        .filter_map(|name| projects.desired.entities.get(name))
        .filter(|entity| entity.value_type == unknown);
    for join_key in untyped.map(|entity| entity.join_key.as_str()) {
        let typed = |view: &FeatureView| {
            let mut columns = view.entity_columns.iter();
            let column = columns.find(|column| column.name == join_key)?;
            (column.data_type != unknown).then(|| column.data_type.to_string())
        };
        if let (Some(stored), Some(declared)) = (typed(before), typed(after)) {
            let path = format!("join_keys.{join_key}.type");
            differences.value(path, Some(stored), Some(declared));
        }
    }
}

/// The source that the view was declared with: a push source, or the one it is materialized from.
fn source(view: &FeatureView) -> Option<&DataSource> {
    view.stream_source.as_ref().or(view.batch_source.as_ref())
}
