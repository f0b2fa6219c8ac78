//! Plugins from YAML to the registry: on-demand views of Salver's and of Feast's.

mod of_feast;
mod refused;
mod stored;

use std::path::Path;

use e2e::Repo;
use serde_json::{Value, json};

/// A component with several transforms. `add` takes `a` and `b` (Float64) and `c` (Int64), and returns `sum` and
/// `product` (Float64).
const COMPONENT: &str = "../crates/plugin-host/tests/fixtures/hostile.wasm";

fn component() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMPONENT);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Two views: one adds stored features and request data, the other adds what the first computes.
const VIEWS: &str = "\
on_demand_feature_views:
  - name: transformed_conv_rate
    sources: [driver_hourly_stats, vals_to_add]
    schema:
      - {name: conv_rate_plus_val1, type: Float64}
    plugin:
      path: plugins/adder.wasm
      transform: add
      inputs:
        a: driver_hourly_stats:conv_rate
        b: driver_hourly_stats:acc_rate
        c: vals_to_add:val_to_add
      outputs: {sum: conv_rate_plus_val1}
  - name: again
    sources: [transformed_conv_rate, vals_to_add]
    schema:
      - {name: product, type: Float64}
    plugin:
      path: plugins/adder.wasm
      transform: add
      parameters: {seed: 9007199254740993}
      inputs:
        a: transformed_conv_rate:conv_rate_plus_val1
        b: transformed_conv_rate:conv_rate_plus_val1
        c: vals_to_add:val_to_add
      on_error: null_columns
      limits: {deadline: 50ms, memory: 32MiB}
";
const FILE: &str = "features/on_demand_feature_views.yaml";

fn repo() -> Repo {
    let repo = Repo::init();
    repo.write("plugins/adder.wasm", component());
    repo.write(FILE, VIEWS);
    repo
}

fn described(repo: &Repo, view: &str) -> Value {
    let describe = [
        "on-demand-feature-views",
        "describe",
        view,
        "--output",
        "json",
    ];
    repo.admin(describe).run().succeeds().json()
}

fn digest(repo: &Repo) -> String {
    let view = described(repo, "transformed_conv_rate");
    let digest = view["plugin"]["digest"].as_str().expect("a digest");
    digest.strip_prefix("sha256:").expect("its kind").to_owned()
}

fn stored(repo: &Repo) -> String {
    format!("data/plugins/sha256/{}.wasm", digest(repo))
}

#[test]
fn a_plugin_is_planned_stored_bound_and_shown() {
    let repo = repo();
    let planned = repo.admin(["plan"]).run().succeeds();
    let _ = planned
        .says("+ plugin binding `transformed_conv_rate`\n    digest: sha256:")
        .says("    inputs.a: driver_hourly_stats:conv_rate")
        .says("    parameters: {\"seed\":9007199254740993}")
        .says("    limits.deadline: 50ms");
    assert!(!repo.at("data/plugins").exists());
    let _ = repo.admin(["apply"]).run().succeeds();
    assert_eq!(repo.bytes(&stored(&repo)), component());
    let view = described(&repo, "again");
    let plugin = &view["plugin"];
    assert_eq!(plugin["transform"], "add");
    assert_eq!(plugin["parameters"], r#"{"seed":9007199254740993}"#);
    assert_eq!(
        plugin["inputs"]["a"],
        "transformed_conv_rate:conv_rate_plus_val1"
    );
    assert_eq!(plugin["on_error"], "null_columns");
    assert_eq!(
        plugin["limits"],
        json!({"deadline": "50ms", "memory": "32MiB"})
    );
    let sources = view["sources"].as_object().expect("an object");
    assert_eq!(
        sources["transformed_conv_rate"]["view"],
        "transformed_conv_rate"
    );
    let _ = repo.admin(["plan"]).run().succeeds().says("No changes");
    let list = repo.admin(["on-demand-feature-views", "list"]).run();
    let _ = list.succeeds().says(&digest(&repo));
}

#[test]
fn what_changes_in_a_plugin_is_told_field_by_field() {
    let repo = repo();
    let _ = repo.admin(["apply"]).run().succeeds();
    repo.replace(FILE, "deadline: 50ms", "deadline: 1s");
    repo.replace(FILE, "on_error: null_columns", "fresh_instance: true");
    let plan = repo.admin(["plan"]).run().succeeds();
    let _ = plan
        .says("~ plugin binding `again`")
        .says("limits.deadline: 50ms -> 1s")
        .says("on_error: null_columns -> fail_request")
        .says("fresh_instance: false -> true");
}
