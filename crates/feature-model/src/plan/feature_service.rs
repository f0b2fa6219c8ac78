use super::{
    FieldChange, Projects,
    differences::{Differences, listed},
};
use crate::{FeatureService, Field, Projection};

pub(super) fn differences(
    projects: Projects<'_>,
    before: &FeatureService,
    after: &FeatureService,
) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    projections(
        projects,
        &before.projections,
        &after.projections,
        &mut differences,
    );
    differences.about(
        (&before.description, &before.tags, &before.owner),
        (&after.description, &after.tags, &after.owner),
    );
    differences.into_changes()
}

/// Projections by the name they are told under. Their order is the order of the answer, so it counts.
fn projections(
    projects: Projects<'_>,
    before: &[Projection],
    after: &[Projection],
    differences: &mut Differences,
) {
    let (old_names, new_names) = (names(before), names(after));
    for (old, name) in before.iter().zip(&old_names) {
        let path = format!("features.{name}");
        match new_names.iter().position(|new| new == name) {
            None => differences.value(path, features(old), None),
            Some(index) => projection(projects, &path, old, &after[index], differences),
        }
    }
    for (new, name) in after.iter().zip(&new_names) {
        if !old_names.contains(name) {
            differences.value(format!("features.{name}"), None, features(new));
        }
    }
    if old_names.len() == new_names.len() && old_names.iter().all(|name| new_names.contains(name)) {
        let order = |names: &[String]| listed(names.iter().map(String::as_str));
        differences.value("features", order(&old_names), order(&new_names));
    }
}

/// Names that tell projections apart; the second of two equal ones gets a number.
fn names(projections: &[Projection]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(projections.len());
    for (index, projection) in projections.iter().enumerate() {
        let name = projection.name_to_use();
        let earlier = projections[..index].iter();
        let same = earlier.filter(|other| other.name_to_use() == name).count();
        names.push(match same {
            0 => name.to_owned(),
            same => format!("{name}#{}", same + 1),
        });
    }
    names
}

fn features(projection: &Projection) -> Option<String> {
    let names = projection.features.iter().map(|field| field.name.as_str());
    Some(listed(names).unwrap_or_default())
}

fn projection(
    projects: Projects<'_>,
    path: &str,
    before: &Projection,
    after: &Projection,
    differences: &mut Differences,
) {
    differences.text(format!("{path}.view"), &before.view, &after.view);
    differences.value(path, features(before), features(after));
    differences.map(
        &format!("{path}.join_key_map"),
        &before.join_key_map,
        &after.join_key_map,
    );
    stale_types(projects, path, before, differences);
}

/// Where the copy of a feature says another type than its view, and the view's own change won't mend it.
pub(super) fn stale_types(
    projects: Projects<'_>,
    path: &str,
    copy: &Projection,
    differences: &mut Differences,
) {
    for copied in &copy.features {
        let stored = view_feature(projects.current, &copy.view, &copied.name);
        let declared = view_feature(projects.desired, &copy.view, &copied.name);
        if let (Some(stored), Some(declared)) = (stored, declared)
            && stored.data_type == declared.data_type
            && copied.data_type.value_type_id() != declared.data_type.value_type_id()
        {
            differences.value(
                format!("{path}.{}.type", copied.name),
                Some(copied.data_type.to_string()),
                Some(declared.data_type.to_string()),
            );
        }
    }
}

fn view_feature<'p>(project: &'p crate::Project, view: &str, feature: &str) -> Option<&'p Field> {
    let stored = project.feature_views.get(view);
    stored.and_then(|view| view.feature(feature)).or_else(|| {
        let view = project.on_demand_feature_views.get(view)?;
        view.features.iter().find(|field| field.name == feature)
    })
}
