use super::{
    FieldChange, Projects,
    data_source::copy_differences,
    differences::{Differences, listed_in_order},
    feature_service::stale_types,
};
use crate::{DataType, OnDemandFeatureView, OnDemandSource, Projection};

pub(super) fn differences(
    projects: Projects<'_>,
    before: &OnDemandFeatureView,
    after: &OnDemandFeatureView,
) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    sources(projects, before, after, &mut differences);
    differences.columns(
        "features",
        &before.features,
        &after.features,
        same_stored_type,
    );
    differences.about(
        (&before.description, &before.tags, &before.owner),
        (&after.description, &after.tags, &after.owner),
    );
    differences.into_changes()
}

/// Feast forgets the element types of an on-demand view's features when it rewrites the view.
fn same_stored_type(before: &DataType, after: &DataType) -> bool {
    let forgotten = match before {
        DataType::ValueList | DataType::ValueSet => true,
        DataType::Struct(fields) => fields.is_empty(),
        DataType::Array(element) => {
            matches!(element.as_ref(), DataType::Struct(fields) if fields.is_empty())
        }
        _ => false,
    };
    before == after || forgotten && before.value_type_id() == after.value_type_id()
}

fn sources(
    projects: Projects<'_>,
    before: &OnDemandFeatureView,
    after: &OnDemandFeatureView,
    differences: &mut Differences,
) {
    for (name, old) in &before.sources {
        let path = format!("sources.{name}");
        match after.sources.get(name) {
            None => differences.value(path, Some(describe(old)), None),
            Some(new) => source(projects, &path, old, new, differences),
        }
    }
    for (name, new) in &after.sources {
        if !before.sources.contains_key(name) {
            differences.value(format!("sources.{name}"), None, Some(describe(new)));
        }
    }
}

fn source(
    projects: Projects<'_>,
    path: &str,
    before: &OnDemandSource,
    after: &OnDemandSource,
    differences: &mut Differences,
) {
    use OnDemandSource::{Request, View};
    if let (Request(before), Request(after)) = (before, after) {
        return copy_differences(projects, path, Some(before), Some(after), differences);
    }
    differences.value(path, Some(describe(before)), Some(describe(after)));
    if let (View(before), View(_)) = (before, after) {
        stale_types(projects, path, before, differences);
    }
}

fn describe(source: &OnDemandSource) -> String {
    match source {
        OnDemandSource::View(projection) => features(projection),
        OnDemandSource::Request(_) => "request source".to_owned(),
    }
}

fn features(projection: &Projection) -> String {
    let names = projection.features.iter().map(|field| field.name.as_str());
    listed_in_order(names).unwrap_or_default()
}
