//! What is wrong with a plugin, told before it is applied.

use e2e::Gateway;

use super::{FILE, component, repo};

#[test]
fn everything_in_which_a_plugin_does_not_fit_is_told_with_its_line() {
    let repo = repo();
    repo.replace(
        FILE,
        "      transform: add\n      inputs:",
        "      transform: adds\n      inputs:",
    );
    repo.replace(FILE, "a: transformed_conv_rate:", "a: transformed_rate:");
    repo.replace(
        FILE,
        "c: vals_to_add:val_to_add\n      on_error",
        "d: vals_to_add:val_to_add\n      on_error",
    );
    repo.replace(
        FILE,
        "{name: product, type: Float64}",
        "{name: product, type: String}",
    );
    for command in ["validate", "plan", "apply"] {
        let _ = repo
            .admin([command])
            .run()
            .exits(1)
            .complains(".yaml:8: the component has no transform `adds`; did you mean `add`?")
            .complains(".yaml:17: the feature `product` is String, and the column `product`")
            .complains(
                ".yaml:23: the on-demand feature view `again` has no source `transformed_rate`",
            )
            .complains(".yaml:25: transform `add` takes no column `d`")
            .complains(".yaml:18: transform `add` takes a column `c` (Int64), and no source");
    }
    assert!(!repo.at("data/plugins").exists());
}

#[test]
fn what_is_written_wrongly_is_told_along_with_what_does_not_fit() {
    let repo = repo();
    repo.replace(FILE, "b: transformed_conv_rate:", "b: ");
    repo.replace(FILE, "a: transformed_conv_rate:", "a: transformed_rate:");
    repo.replace(
        FILE,
        "limits: {deadline: 50ms, memory: 32MiB}",
        "outputs: {sum: product, total: product}\n      limits: {stack: 2MiB}",
    );
    for command in ["validate", "plan", "apply"] {
        let _ = repo
            .admin([command])
            .run()
            .exits(1)
            .complains(
                ".yaml:23: the on-demand feature view `again` has no source `transformed_rate`",
            )
            .complains(".yaml:24: the input `b` is filled from `conv_rate_plus_val1`")
            .complains(".yaml:27: both `sum` and `total` become the feature `product`")
            .complains(".yaml:27: transform `add` returns no column `total`")
            .complains(".yaml:28: `stack` of the `limits` of a plugin can't be above `1MiB`");
    }
    assert!(!repo.at("data/plugins").exists());
}

#[test]
fn a_limit_above_the_maximum_is_told_where_it_is_applied_and_where_it_is_cut() {
    let repo = repo();
    repo.replace(FILE, "deadline: 50ms", "deadline: 1m");
    repo.materialize();
    let warning = "on_demand_feature_views.yaml:27: warning: `deadline` of 60s is above 10s";
    let _ = repo.admin(["validate"]).run().succeeds().complains(warning);
    let gateway = Gateway::start(&repo);
    let log = gateway.log();
    let told = "limits of a plugin are cut to `salver.plugins.maximum`";
    let line = log.lines().find(|line| line.contains(told));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("`deadline` of 60s is above 10s"), "{line}");
    assert!(line.contains("again"), "{line}");
}

#[test]
fn a_transform_that_misbehaves_is_found_before_it_is_applied() {
    let repo = repo();
    for (transform, complaint) in [
        ("spin_in_describe", "took longer than"),
        ("bad_type_in_describe", "`Integer`"),
        ("trap", "tried with no row and with one"),
        ("wrong_length", "tried with no row and with one"),
    ] {
        repo.write(
            FILE,
            format!(
                "\
on_demand_feature_views:
  - name: hostile
    sources: [driver_hourly_stats]
    schema: [{{name: value, type: Int64}}]
    plugin: {{path: plugins/adder.wasm, transform: {transform}}}
"
            ),
        );
        repo.write("features/feature_services.yaml", "");
        let refused = repo.admin(["apply"]).run().exits(1);
        let _ = refused
            .complains("on_demand_feature_views.yaml:5: ")
            .complains(complaint);
    }
    assert!(!repo.at("data/registry.db").exists());
}

#[test]
fn a_component_that_is_none_or_is_gone_is_told_with_its_line() {
    let repo = repo();
    for (bytes, complaint) in [
        (b"garbage".to_vec(), "not a WebAssembly component"),
        (
            component()[..5_000].to_vec(),
            "on_demand_feature_views.yaml:7:",
        ),
        (b"\0asm\x01\0\0\0".to_vec(), "a core module"),
    ] {
        repo.write("plugins/adder.wasm", bytes);
        let _ = repo.admin(["plan"]).run().exits(1).complains(complaint);
    }
    std::fs::remove_file(repo.at("plugins/adder.wasm")).expect("the file is there");
    let complaint = "on_demand_feature_views.yaml:7: `";
    let _ = repo.admin(["plan"]).run().exits(1).complains(complaint);
}

#[test]
fn a_circle_of_views_is_refused_at_plan() {
    let repo = repo();
    repo.replace(
        FILE,
        "sources: [driver_hourly_stats, vals_to_add]",
        "sources: [driver_hourly_stats, again, vals_to_add]",
    );
    let _ = repo.admin(["plan"]).run().exits(1).complains(
        "on_demand_feature_views.yaml:3: the on-demand feature view `transformed_conv_rate` would be computed from itself: \
         `transformed_conv_rate` from `again` from `transformed_conv_rate`",
    );
}
