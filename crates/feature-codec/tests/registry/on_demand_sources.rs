//! On-demand views that are computed from on-demand views, which Feast can't open as sources.

use feature_codec::registry::RegistryDocument;
use feature_model::{OnDemandFeatureView, OnDemandSource, Project};

use crate::{apply, current, drivers, planned};

const FIRST: &str = "transformed_conv_rate";
const SECOND: &str = "twice";
const STAND_IN: &str = "__input_schema__twice";

/// The definitions, and a view that doubles what the on-demand view computes.
pub(crate) fn chained() -> Project {
    let mut project = drivers::project();
    let first = project.on_demand_feature_views[FIRST].clone();
    let source = OnDemandSource::View(drivers::projection(FIRST, first.features.clone()));
    let second = OnDemandFeatureView {
        name: SECOND.to_owned(),
        features: vec![drivers::field("doubled", "Float64")],
        sources: [(FIRST.to_owned(), source)].into(),
        ..first
    };
    project
        .on_demand_feature_views
        .insert(SECOND.to_owned(), second);
    project
}

fn applied() -> RegistryDocument {
    let mut document = RegistryDocument::empty();
    apply(&mut document, &chained(), false);
    document
}

fn stored_sources(document: &RegistryDocument) -> serde_json::Value {
    let json = document.to_json().unwrap();
    let views = json["onDemandFeatureViews"].as_array().unwrap();
    let view = views.iter().find(|view| view["spec"]["name"] == SECOND);
    view.unwrap()["spec"]["sources"].clone()
}

#[test]
fn a_source_that_feast_cannot_open_is_read_as_it_was_declared() {
    let document = applied();
    let view = &current(&document).on_demand_feature_views[SECOND];
    assert_eq!(
        view.sources,
        chained().on_demand_feature_views[SECOND].sources
    );
}

#[test]
fn feast_sees_inputs_that_no_source_brings() {
    let sources = stored_sources(&applied());
    let names: Vec<&String> = sources.as_object().unwrap().keys().collect();
    assert_eq!(names, [STAND_IN]);
    let schema = &sources[STAND_IN]["requestDataSource"]["requestDataOptions"]["schema"];
    assert_eq!(schema[0]["name"], "conv_rate_plus_val1");
    assert_eq!(schema[0]["valueType"], "DOUBLE");
}

#[test]
fn what_feast_sees_follows_the_view_that_computes_it() {
    let mut document = applied();
    let mut desired = chained();
    let views = &mut desired.on_demand_feature_views;
    views[FIRST].features[0].data_type = "Int64".parse().unwrap();
    let Some(OnDemandSource::View(copy)) = views[SECOND].sources.get_mut(FIRST) else {
        panic!("a view");
    };
    copy.features[0].data_type = "Int64".parse().unwrap();
    let plan = apply(&mut document, &desired, false);
    assert_eq!(plan.changes.len(), 1, "{plan:#?}");
    let schema =
        &stored_sources(&document)[STAND_IN]["requestDataSource"]["requestDataOptions"]["schema"];
    assert_eq!(schema[0]["valueType"], "INT64");
    let view = &current(&document).on_demand_feature_views[SECOND];
    assert_eq!(
        view.sources,
        desired.on_demand_feature_views[SECOND].sources
    );
}

#[test]
fn another_source_takes_the_place_of_an_on_demand_view() {
    let mut document = applied();
    let mut desired = chained();
    let sources = desired.on_demand_feature_views[FIRST].sources.clone();
    desired.on_demand_feature_views[SECOND].sources = sources.clone();
    apply(&mut document, &desired, false);
    let view = &current(&document).on_demand_feature_views[SECOND];
    assert_eq!(view.sources.keys().len(), sources.keys().len(), "{view:#?}");
    assert!(stored_sources(&document)[STAND_IN].is_null());
    apply(&mut document, &chained(), false);
    assert!(planned(&document, &chained(), false).is_empty());
}
