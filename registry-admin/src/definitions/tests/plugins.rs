//! On-demand views that are computed by plugins and from each other.

use std::time::Duration;

use feature_model::{OnDemandSource, OnPluginError, PluginInput, Wasi};

use super::{good, on_base, told};
use crate::definitions::{ComponentSource, PluginDefinition};

const DIGEST: &str = "sha256:6985ca1f4daa5a584a28eae043a239cb96689af1337ea13afb63e00c2bf512fa";

fn plugins(text: &str) -> Vec<PluginDefinition> {
    good(&on_base(text)).plugins
}

#[test]
fn a_plugin_says_all_that_it_can() {
    let plugins = plugins(
        "\
on_demand_feature_views:
- name: ratio
  sources: [stats, request]
  schema: [{name: share, type: Float64}]
  plugin:
    path: plugins/ratio.wasm
    transform: divide
    parameters: {big: 9007199254740993, mode: yes, names: [a, '1']}
    inputs: {numerator: stats:rate, denominator: request:amount}
    outputs: {quotient: share}
    on_error: null_columns
    fresh_instance: true
    wasi: empty
    limits: {deadline: 30ms, memory: 32MiB, output: 1MB, stack: 256KiB, log_lines: 0}
",
    );
    let [plugin] = plugins.as_slice() else {
        panic!("{plugins:?}");
    };
    assert_eq!(plugin.view(), "ratio");
    assert_eq!(
        plugin.component,
        ComponentSource::File("plugins/ratio.wasm".to_owned())
    );
    assert_eq!(plugin.transform.as_deref(), Some("divide"));
    assert_eq!(
        plugin.parameters,
        r#"{"big":9007199254740993,"mode":true,"names":["a","1"]}"#
    );
    let numerator = PluginInput {
        source: "stats".to_owned(),
        field: "rate".to_owned(),
    };
    assert_eq!(plugin.inputs["numerator"], numerator);
    assert_eq!(plugin.outputs["quotient"], "share");
    assert_eq!(plugin.on_error, OnPluginError::NullColumns);
    assert!(plugin.fresh_instance);
    assert_eq!(plugin.wasi, Wasi::Empty);
    assert_eq!(plugin.limits.deadline, Some(Duration::from_millis(30)));
    assert_eq!(plugin.limits.memory_bytes, Some(32 << 20));
    assert_eq!(plugin.limits.output_bytes, Some(1_000_000));
    assert_eq!(plugin.limits.stack_bytes, Some(256 << 10));
    assert_eq!(plugin.limits.log_lines, Some(0));
    assert_eq!(plugin.body_text, None);
}

#[test]
fn a_plugin_needs_nothing_but_its_component() {
    let plugins = plugins(&format!(
        "on_demand_feature_views: [{{name: a, sources: [stats], schema: [{{name: f, type: Int64}}], plugin: {{digest: '{DIGEST}'}}}}]\n"
    ));
    let digest = DIGEST.parse().unwrap();
    assert_eq!(plugins[0].component, ComponentSource::Stored(digest));
    assert_eq!(plugins[0].parameters, "{}");
    assert_eq!(plugins[0].on_error, OnPluginError::FailRequest);
    let binding = plugins[0].bind(digest, "only");
    assert_eq!((binding.digest, &*binding.transform), (digest, "only"));
}

#[test]
fn a_view_that_feast_manages_is_bound_by_its_name_and_text() {
    let plugins = plugins(&format!(
        "plugin_bindings: [{{on_demand_feature_view: theirs, body_text: '{DIGEST}', plugin: {{path: p.wasm}}}}]\n"
    ));
    assert_eq!(plugins[0].view(), "theirs");
    assert_eq!(plugins[0].body_text, Some(DIGEST.parse().unwrap()));
}

#[test]
fn an_on_demand_view_is_computed_from_another_wherever_that_stands() {
    let project = good(&on_base(
        "\
on_demand_feature_views:
- {name: second, sources: [{feature_view: first, features: [b]}, stats], schema: [{name: c, type: Int64}]}
- {name: first, sources: [stats], schema: [{name: a, type: Int64}, {name: b, type: Float64}]}
- {name: third, sources: [second, first, request], schema: [{name: d, type: Int64}]}
",
    ))
    .project;
    let second = &project.on_demand_feature_views["second"];
    let OnDemandSource::View(first) = &second.sources["first"] else {
        panic!("a view");
    };
    assert_eq!(first.features.len(), 1);
    assert_eq!(first.features[0].data_type.to_string(), "Float64");
    let third = &project.on_demand_feature_views["third"];
    let names: Vec<&String> = third.sources.keys().collect();
    assert_eq!(names, ["second", "first", "request"]);
}

#[test]
fn circles_are_told_with_their_path() {
    insta::assert_snapshot!(told(&on_base(
        "\
on_demand_feature_views:
- {name: a, sources: [stats, b], schema: [{name: f, type: Int64}]}
- {name: b, sources: [c], schema: [{name: f, type: Int64}]}
- {name: c, sources: [request, a], schema: [{name: f, type: Int64}]}
- {name: alone, sources: [alone], schema: [{name: f, type: Int64}]}
- {name: fine, sources: [a, b], schema: [{name: f, type: Int64}]}
",
    )));
}

#[test]
fn a_long_chain_of_views_is_no_circle() {
    let chain: Vec<String> = (0..3_000)
        .map(|index| {
            let source = match index {
                2_999 => "stats".to_owned(),
                index => format!("v{}", index + 1),
            };
            format!(
                "- {{name: v{index}, sources: [{source}], schema: [{{name: f, type: Int64}}]}}\n"
            )
        })
        .collect();
    let text = format!("on_demand_feature_views:\n{}", chain.concat());
    let project = good(&on_base(&text)).project;
    assert_eq!(project.on_demand_feature_views.len(), 3_000);
}

#[test]
fn what_a_plugin_cannot_say_is_told_with_its_line() {
    insta::assert_snapshot!(told(&on_base(&format!(
        "\
on_demand_feature_views:
- name: a
  sources: [stats]
  schema: [{{name: f, type: Int64}}]
  plugin:
    path: p.wasm
    digest: '{DIGEST}'
- name: b
  sources: [stats]
  schema: [{{name: f, type: Int64}}]
  plugin:
    transfrom: x
- name: c
  sources: [stats]
  schema: [{{name: f, type: Int64}}]
  plugin:
    digest: sha256:12
    parameters: [1]
    inputs: {{x: rate, y: 'a:b:c'}}
    outputs: {{x: f, y: f}}
    on_error: nul_columns
    wasi: full
    limits: {{deadline: soon, memory: 64M, log_lines: -1, disk: 1}}
- {{name: d, sources: [stats], schema: [{{name: f, type: Int64}}], plugin: p.wasm}}
- {{name: e, sources: [stats], schema: [{{name: f, type: Int64}}], plugin: {{path: p.wasm, parameters: {{x: .nan}}}}}}
plugin_bindings:
- {{on_demand_feature_view: a, body_text: '{DIGEST}', plugin: {{path: p.wasm}}}}
- {{on_demand_feature_view: x, body_text: abc, plugin: {{path: p.wasm}}}}
- {{on_demand_feature_view: y, body_text: '{DIGEST}', plugin: {{path: p.wasm}}}}
- {{on_demand_feature_view: y, body_text: '{DIGEST}', plugin: {{path: p.wasm}}}}
- {{on_demand_feature_view: z, body_text: '{DIGEST}'}}
"
    ))));
}

#[test]
fn an_empty_plugin_is_a_mistake() {
    let told = told(&on_base(
        "
on_demand_feature_views:
- name: v
  sources: [stats]
  schema: [{name: f, type: Int64}]
  plugin:
",
    ));
    assert!(told.contains("`plugin` is empty"), "{told}");
}

#[test]
fn limits_that_nothing_can_keep_are_refused() {
    let told = told(&on_base(
        "\
on_demand_feature_views:
- name: v
  sources: [stats]
  schema: [{name: f, type: Int64}]
  plugin:
    path: p.wasm
    limits:
      deadline: 0s
      memory: 0
      output: 0MiB
      stack: 2MiB
",
    ));
    assert_eq!(
        told,
        "\
f.yaml:14: `deadline` of the `limits` of a plugin: `0s` is not a duration above zero, such as `100ms`, `5s` or `1d`
f.yaml:15: `memory` of the `limits` of a plugin: `0` is not a size above zero, such as `64MiB` or `512KiB`
f.yaml:16: `output` of the `limits` of a plugin: `0MiB` is not a size above zero, such as `64MiB` or `512KiB`
f.yaml:17: `stack` of the `limits` of a plugin can't be above `1MiB`, on any gateway"
    );
}
