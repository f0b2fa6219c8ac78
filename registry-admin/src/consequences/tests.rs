use feature_model::DataType;

use super::*;
use crate::definitions::{self, DefinitionFile};

fn project(value_type: &str, features: &str) -> Project {
    let text = format!(
        "entities: [{{name: driver, join_key: driver_id, value_type: {value_type}}}]\n\
         data_sources: [{{name: s, type: file, path: s.parquet, timestamp_field: t}}]\n\
         feature_views: [{{name: stats, entities: [driver], source: s, features: [{features}]}}]\n"
    );
    let file = DefinitionFile {
        path: "features/all.yaml".into(),
        text,
    };
    definitions::parse(&[file]).unwrap().project
}

fn loaded(mut project: Project) -> Project {
    project.feature_views["stats"].state = ViewState::AvailableOnline;
    project
}

#[test]
fn rows_under_other_join_keys_and_new_features_are_told() {
    let before = loaded(project("Int64", "{name: a, type: Int64}"));
    let after = project("String", "{name: a, type: Int64}, {name: b, type: Int64}");
    let told = of_change(&before, &after);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("`driver_id` (Int64) to `driver_id` (String)"),
        "{}",
        told[0]
    );
    assert!(told[1].contains("gets `b`"), "{}", told[1]);
}

#[test]
fn what_was_never_loaded_or_stays_is_not_told() {
    let after = project("String", "{name: a, type: Int64}");
    let never = project("Int64", "{name: a, type: Int64}");
    assert_eq!(of_change(&never, &after), [""; 0]);
    assert_eq!(of_change(&loaded(after.clone()), &after), [""; 0]);
    let mut untyped = loaded(after.clone());
    untyped.entities["driver"].value_type = DataType::Unknown(0);
    untyped.feature_views["stats"].entity_columns.clear();
    assert_eq!(of_change(&untyped, &after), [""; 0]);
}

#[test]
fn two_projects_with_one_table_in_sqlite_are_told() {
    let yaml = "project: a\nprovider: local\nregistry: data/registry.db\n\
                entity_key_serialization_version: 3\n\
                online_store: {type: sqlite, path: data/online.db}\n";
    let here = std::path::Path::new("/repo");
    let loaded = settings::parse(yaml, here, &std::collections::BTreeMap::new()).unwrap();
    let mut ours = project("Int64", "{name: a, type: Int64}");
    let view = ours.feature_views["stats"].clone();
    ours.feature_views.insert("b_stats".to_owned(), view);
    let theirs = project("Int64", "{name: a, type: Int64}");
    let registry = RegistrySnapshot {
        projects: [("a_b".parse().unwrap(), theirs)].into(),
        ..RegistrySnapshot::default()
    };
    let told = of_table_names(&loaded.config, &registry, &ours);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("`a_b_stats`"), "{}", told[0]);
}
