use feature_model::OnDemandFeatureView;
use plugin_host::{Description, Field};

use super::{Place, mismatches};
use crate::definitions::{DefinitionFile, Definitions, understand};

const BASE: &str = "\
data_sources:
- {type: file, name: stats_source, path: stats.parquet, timestamp_field: ts}
- {type: request, name: request, schema: [{name: amount, type: Int64}, {name: rate, type: Float64}]}
feature_views:
- {name: stats, source: stats_source, schema: [{name: rate, type: Float32}, {name: trips, type: Int64}]}
on_demand_feature_views:
- name: ratio
  sources: [stats, request]
  schema: [{name: share, type: Float64}, {name: label, type: String}]
";

fn definitions(plugin: &str) -> Definitions {
    let text = format!("{BASE}  plugin: {{path: p.wasm, {plugin}}}\n");
    let path = "f.yaml".into();
    let (definitions, errors) = understand(&[DefinitionFile { path, text }]);
    assert!(errors.is_empty(), "{errors}");
    definitions
}

fn fields(fields: &[(&str, &str)]) -> Vec<Field> {
    let fields = fields.iter().map(|(name, data_type)| Field {
        name: (*name).to_owned(),
        data_type: data_type.parse().unwrap(),
        documentation: String::new(),
    });
    fields.collect()
}

fn description(inputs: &[(&str, &str)], outputs: &[(&str, &str)]) -> Description {
    Description {
        documentation: String::new(),
        inputs: fields(inputs),
        outputs: fields(outputs),
        deterministic: true,
    }
}

fn view(definitions: &Definitions) -> &OnDemandFeatureView {
    &definitions.project.on_demand_feature_views["ratio"]
}

/// A line for each mismatch: what has to be changed, and why.
fn told(plugin: &str, description: &Description) -> String {
    let definitions = definitions(plugin);
    let view = view(&definitions);
    let found = mismatches(view, &definitions.plugins[0], "divide", description);
    let lines = found.iter().map(|mismatch| {
        let place = match &mismatch.place {
            Place::Plugin(part) => format!("plugin {part}"),
            Place::View(part) => format!("view {part}"),
        };
        format!("{place}: {}\n", mismatch.message)
    });
    lines.collect()
}

#[test]
fn what_fits_by_name_needs_no_renames() {
    let description = description(
        &[("trips", "Int64"), ("amount", "Int64")],
        &[("share", "Float64"), ("label", "String"), ("beyond", "Map")],
    );
    assert_eq!(told("", &description), "");
}

#[test]
fn what_fits_by_renames_may_be_narrower() {
    let description = description(
        &[("x", "Float64"), ("amount", "Int64")],
        &[("y", "Float32"), ("label", "String"), ("share", "String")],
    );
    let plugin = "inputs: {x: 'stats:rate'}, outputs: {y: share}";
    assert_eq!(told(plugin, &description), "");
}

#[test]
fn a_column_that_is_renamed_away_is_told_as_such() {
    let description = description(&[], &[("share", "Float64"), ("label", "String")]);
    let told = told("outputs: {share: nothing}", &description);
    assert!(
        told.contains("`outputs` makes the feature `nothing` of the column `share`"),
        "{told}"
    );
    assert!(!told.contains("did you mean `share`"), "{told}");
}

#[test]
fn everything_that_does_not_fit_is_told() {
    let description = description(
        &[
            ("trip", "Int64"),
            ("rate", "Float64"),
            ("a", "Int64"),
            ("b", "Int64"),
            ("amount", "Int32"),
        ],
        &[("shares", "Float64"), ("label", "Int64")],
    );
    let plugin = "inputs: {a: 'stat:trips', b: 'stats:trip', c: 'stats:trips'}, outputs: {label: labels, x: label}";
    insta::assert_snapshot!(told(plugin, &description));
}

#[test]
fn what_is_written_wrongly_does_not_hide_what_does_not_fit() {
    let description = description(
        &[("rides", "Int64"), ("amount", "Int64")],
        &[("part", "Float64"), ("label", "String")],
    );
    let plugin = "inputs: {rides: trips, speed: rate, zone: 'stat:trips'}, outputs: {part: share, whole: share}";
    assert_eq!(
        told(plugin, &description),
        "\
plugin inputs.zone: transform `divide` takes no column `zone`; it has `rides`, `amount`
plugin inputs.zone: the on-demand feature view `ratio` has no source `stat`; did you mean `stats`?
plugin inputs.speed: transform `divide` takes no column `speed`; it has `rides`, `amount`
plugin outputs.whole: transform `divide` returns no column `whole`; it has `part`, `label`
"
    );
}
