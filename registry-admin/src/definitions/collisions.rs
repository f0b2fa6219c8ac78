use std::collections::{BTreeMap, HashMap};

use feature_codec::value_field;
use feature_model::{FeatureView, ObjectId, ObjectKind, Project};
use settings::Problems;

use super::marks::Marks;

/// View and feature, by the 4-byte field that stores them.
type FieldsByHash<'a> = HashMap<[u8; 4], (&'a str, &'a str)>;

/// Reports features whose 4-byte fields are equal in the hash that Redis keeps for one entity key: views with the
/// same join keys share it, so one of the two would overwrite the other.
pub(super) fn check(project: &Project, marks: &Marks, problems: &mut Problems) {
    let mut hashes: BTreeMap<Vec<&str>, FieldsByHash<'_>> = BTreeMap::new();
    for view in project.feature_views.values() {
        let fields = hashes.entry(join_keys(view)).or_default();
        for feature in &view.features {
            let field = value_field(&view.name, &feature.name);
            let Some((other_view, other)) = fields.insert(field, (&view.name, &feature.name))
            else {
                continue;
            };
            let object = ObjectId::new(ObjectKind::FeatureView, &view.name);
            if let Some(mark) = marks.get(&object, &format!("features.{}", feature.name)) {
                problems.push(mark.error(format!(
                    "`{}:{}` would be stored in the same place as `{other_view}:{other}`: the hashes of these names are equal; \
                     rename one of the features",
                    view.name, feature.name
                )));
            }
        }
    }
}

fn join_keys(view: &FeatureView) -> Vec<&str> {
    let mut keys: Vec<&str> = view
        .entity_columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    keys.sort_unstable();
    keys
}
