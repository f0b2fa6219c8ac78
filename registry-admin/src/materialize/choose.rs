use anyhow::bail;
use feature_model::{DataSourceKind, FeatureView, FileSource, Project, ViewKind};
use settings::did_you_mean;

use super::loadable;

/// The views of these names, or without names all that are online, as `feast materialize` takes them.
///
/// # Errors
/// Where a name is none of a view, or of one that isn't loaded.
pub(super) fn views<'p>(
    project: &'p Project,
    names: &[String],
) -> anyhow::Result<Vec<&'p FeatureView>> {
    if project.feature_views.is_empty() {
        bail!(
            "the registry has no feature views of this project; run `registry-admin apply` first"
        );
    }
    if names.is_empty() {
        return Ok(loadable(project).collect());
    }
    let mut chosen: Vec<&FeatureView> = Vec::with_capacity(names.len());
    for name in names {
        let view = named(project, name)?;
        if !chosen.iter().any(|known| known.name == view.name) {
            chosen.push(view);
        }
    }
    Ok(chosen)
}

/// Whether a view is loaded when none is named.
pub(super) fn is_loaded_by_default(view: &FeatureView) -> bool {
    view.online && view.enabled && view.kind != ViewKind::Label
}

fn named<'p>(project: &'p Project, name: &str) -> anyhow::Result<&'p FeatureView> {
    if project.on_demand_feature_views.contains_key(name) {
        bail!(
            "`{name}` is an on-demand feature view: it is computed when it is asked for, and not loaded"
        );
    }
    let Some(view) = project.feature_views.get(name) else {
        let known = loadable(project).map(|view| view.name.as_str());
        bail!(
            "there is no feature view `{name}` in the registry{}",
            did_you_mean(name, known)
        );
    };
    if view.kind == ViewKind::Label {
        bail!("`{name}` is a label view: its rows are pushed, and not loaded");
    }
    if !view.online {
        bail!("feature view `{name}` is not served online; give it `online: true` and apply that");
    }
    if !view.enabled {
        bail!("feature view `{name}` is disabled");
    }
    Ok(view)
}

/// The files that a view is loaded from.
///
/// # Errors
/// Where it isn't loaded from files.
pub(super) fn source(view: &FeatureView) -> anyhow::Result<&FileSource> {
    let source = view.batch_source.as_ref();
    if let Some(file) = source.and_then(|source| source.file()) {
        return Ok(file);
    }
    match source.map(|source| &source.kind) {
        Some(DataSourceKind::Other { type_name }) => bail!(
            "feature view `{}` reads from {type_name}, which only Feast can load; name the other views with `-v`",
            view.name
        ),
        _ => bail!("feature view `{}` has no files to load from", view.name),
    }
}
