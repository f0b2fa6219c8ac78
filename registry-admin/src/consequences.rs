//! What a plan means for the rows that are in the online store already, where that is easily overlooked.

use feature_model::{FeatureView, Field, Project, ProjectName, RegistrySnapshot, ViewState};
use settings::{FeatureStoreConfig, OnlineStore};

/// One line for each view whose rows the gateway will not find, or not wholly, after the change.
pub(crate) fn of_change(current: &Project, desired: &Project) -> Vec<String> {
    let mut told = Vec::new();
    for after in desired.feature_views.values() {
        let Some(before) = current.feature_views.get(&after.name) else {
            continue;
        };
        if !is_loaded(before) {
            continue;
        }
        let view = &after.name;
        let (old, new) = (current.join_keys(before), desired.join_keys(after));
        if differ(&old, &new) {
            told.push(format!(
                "the join keys of feature view `{view}` change from {} to {}: rows that are in the online store \
                 are not found any more; load its whole time again with `registry-admin materialize`",
                shown(&old),
                shown(&new)
            ));
        }
        let added: Vec<String> = after
            .features
            .iter()
            .filter(|feature| before.features.iter().all(|old| old.name != feature.name))
            .map(|feature| format!("`{}`", feature.name))
            .collect();
        if !added.is_empty() {
            told.push(format!(
                "feature view `{view}` gets {}: rows that are in the online store lack it until their time is \
                 loaded again with `registry-admin materialize`",
                added.join(", ")
            ));
        }
    }
    told
}

fn is_loaded(view: &FeatureView) -> bool {
    view.state == ViewState::AvailableOnline || !view.materialization_intervals.is_empty()
}

/// Feast may not tell a type.
fn differ(old: &[Field], new: &[Field]) -> bool {
    let known = |field: &Field| !matches!(field.data_type, feature_model::DataType::Unknown(_));
    old.len() != new.len()
        || old.iter().zip(new).any(|(old, new)| {
            old.name != new.name || (known(old) && known(new) && old.data_type != new.data_type)
        })
}

fn shown(join_keys: &[Field]) -> String {
    let keys: Vec<String> = join_keys
        .iter()
        .map(|key| format!("`{}` ({})", key.name, key.data_type))
        .collect();
    keys.join(", ")
}

/// One line for each view that shares its table in SQLite with a view of another project in the registry:
/// Feast's name for view `c` of project `a_b` is that for view `b_c` of project `a`.
pub(crate) fn of_table_names(
    config: &FeatureStoreConfig,
    registry: &RegistrySnapshot,
    desired: &Project,
) -> Vec<String> {
    if !matches!(config.online_store, OnlineStore::Sqlite(_)) {
        return Vec::new();
    }
    let table = |project: &ProjectName, view: &str| format!("{project}_{view}");
    let mut told = Vec::new();
    for (other, stored) in &registry.projects {
        if *other == config.project {
            continue;
        }
        for theirs in stored.feature_views.keys() {
            let name = table(other, theirs);
            let mut ours = desired.feature_views.keys();
            if let Some(ours) = ours.find(|ours| table(&config.project, ours) == name) {
                told.push(format!(
                    "feature view `{ours}` and feature view `{theirs}` of project `{other}` have one table, \
                     `{name}`, in a SQLite online store that both use; rename one or use separate files"
                ));
            }
        }
    }
    told
}

#[cfg(test)]
mod tests;
