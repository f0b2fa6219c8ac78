use super::{
    FieldChange, Projects,
    data_source::copy_differences,
    differences::{Differences, listed_in_order},
};
use crate::{DataSource, FeatureView, Ttl};

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
    differences.columns("features", &before.features, &after.features, PartialEq::eq);
    differences.about(
        (&before.description, &before.tags, &before.owner),
        (&after.description, &after.tags, &after.owner),
    );
    differences.into_changes()
}

/// The source that the view was declared with: a push source, or the one it is materialized from.
fn source(view: &FeatureView) -> Option<&DataSource> {
    view.stream_source.as_ref().or(view.batch_source.as_ref())
}
