//! `docs/definitions.md` against the tables: every key is told, and its examples make a project together.

use super::{files, parse};
use crate::definitions::{DEFINITION_FILE, PluginDefinition};

const DOCUMENT: &str = include_str!("../../../../docs/definitions.md");

#[test]
fn every_key_is_documented() {
    let mut missing = Vec::new();
    DEFINITION_FILE.walk(&mut |shape, key| {
        if !DOCUMENT.contains(&format!("`{}`", key.name)) {
            missing.push(format!("`{}` of {}", key.name, shape.name));
        }
    });
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_examples_make_a_project_together() {
    let examples: Vec<(&str, &str)> = DOCUMENT
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| Some(("docs/definitions.md", rest.split("```").next()?)))
        .collect();
    let definitions = parse(&files(&examples)).unwrap_or_else(|problems| panic!("{problems}"));
    let project = &definitions.project;
    assert_eq!((project.entities.len(), project.data_sources.len()), (2, 4));
    assert_eq!(
        (project.feature_views.len(), project.feature_services.len()),
        (2, 1)
    );
    assert_eq!(project.on_demand_feature_views.len(), 2);
    let views: Vec<&str> = definitions
        .plugins
        .iter()
        .map(PluginDefinition::view)
        .collect();
    assert_eq!(
        views,
        [
            "transformed_conv_rate",
            "scored_conv_rate",
            "pandas_conv_rate"
        ]
    );
}
