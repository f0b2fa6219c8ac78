//! Plugins from YAML to the registry: on-demand views of Salver's and of Feast's.

use std::path::Path;

use e2e::{Gateway, Repo, feast, now};
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
fn a_component_that_is_stored_is_named_by_its_digest() {
    let repo = repo();
    let _ = repo.admin(["apply"]).run().succeeds();
    let by_digest = format!("digest: sha256:{}", digest(&repo));
    let text = repo
        .read(FILE)
        .replace("path: plugins/adder.wasm", &by_digest);
    repo.write(FILE, text);
    std::fs::remove_file(repo.at("plugins/adder.wasm")).expect("the file is there");
    let _ = repo.admin(["plan"]).run().succeeds().says("No changes");
    std::fs::remove_file(repo.at(&stored(&repo))).expect("it is stored");
    let _ = repo
        .admin(["apply"])
        .run()
        .exits(1)
        .complains("has no component sha256:");
}

#[test]
fn a_saved_plan_is_applied_with_the_component_it_was_made_with() {
    let repo = repo();
    let _ = repo.admin(["plan", "--out", "plan.json"]).run().succeeds();
    let mut other = component();
    other.extend(b"\0\x05\x04test");
    repo.write("plugins/adder.wasm", other);
    let _ = repo
        .admin(["apply", "plan.json"])
        .run()
        .exits(1)
        .complains("`plugins/adder.wasm` is another one than the plan was made with");
    assert!(!repo.at("data/registry.db").exists());
    repo.write("plugins/adder.wasm", component());
    let _ = repo.admin(["apply", "plan.json"]).run().succeeds();
    assert_eq!(repo.bytes(&stored(&repo)), component());
}

#[test]
fn a_saved_plan_is_refused_where_a_component_has_changed_that_is_stored_already() {
    let repo = repo();
    let _ = repo.admin(["apply"]).run().succeeds();
    repo.replace(FILE, "deadline: 50ms", "deadline: 60ms");
    let _ = repo.admin(["plan", "--out", "plan.json"]).run().succeeds();
    let mut other = component();
    other.extend(b"\0\x05\x04test");
    repo.write("plugins/adder.wasm", other);
    let apply = || repo.admin(["apply", "plan.json"]).run();
    let _ = apply()
        .exits(1)
        .complains("`plugins/adder.wasm` is another one than the plan was made with");
    std::fs::remove_file(repo.at("plugins/adder.wasm")).expect("the file is there");
    let _ = apply()
        .exits(1)
        .complains("a plugin of the plan is gone: `");
    assert_eq!(
        described(&repo, "again")["plugin"]["limits"]["deadline"],
        "50ms"
    );
}

#[test]
fn artefacts_are_stored_beside_the_component_for_each_target() {
    let repo = repo();
    let _ = repo
        .admin(["apply", "--precompile"])
        .run()
        .exits(1)
        .complains("SALVER_SIGNING_KEY");
    assert!(!repo.at("data/registry.db").exists());
    // 32 bytes are a key.
    let key = format!("ed25519-secret:{}=\n", "A".repeat(43));
    repo.write("signing.key", &key);
    let apply = ["apply", "--precompile", "--signing-key"];
    let signed = repo.admin(apply).arg(repo.at("signing.key")).run();
    let _ = signed.succeeds().says("for x86-64-v2").says("for aarch64");
    let folder = stored(&repo).replace(".wasm", "");
    let artefacts = |target: &str| {
        let files = std::fs::read_dir(repo.at(&folder)).expect("a folder");
        let names = files.map(|file| file.expect("a file").file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with(target))
            .count()
    };
    assert_eq!((artefacts("x86-64-v2"), artefacts("aarch64")), (1, 1));
    let from_environment = repo.admin(["apply", "--precompile=aarch64"]);
    let _ = from_environment
        .env("SALVER_SIGNING_KEY", &key)
        .run()
        .succeeds();
}

#[test]
fn feast_opens_a_registry_with_plugins() {
    let repo = repo();
    let services = "features/feature_services.yaml";
    let text = repo.read(services);
    repo.write(
        services,
        format!("{text}  - name: computed\n    features: [again]\n"),
    );
    repo.materialize();
    for list in [
        "on-demand-feature-views",
        "feature-views",
        "feature-services",
    ] {
        let listed = feast::cli(repo.path(), [list, "list"]).run().succeeds();
        let known = match list {
            "feature-services" => "computed",
            _ => "transformed_conv_rate",
        };
        let _ = listed.says(known);
    }
    let describe = ["on-demand-feature-views", "describe", "again"];
    let _ = feast::cli(repo.path(), describe).run().succeeds();
    let ask = json!({"config": null, "requests": [{
        "features": ["driver_hourly_stats:conv_rate"],
        "entities": [{"driver_id": 1001}],
    }]});
    let answers = feast::run(repo.path(), "online_features.py", &ask);
    assert_eq!(
        answers[0]["statuses"]["conv_rate"],
        json!(["PRESENT"]),
        "{answers:#}"
    );
    let materialize = ["materialize", "2020-01-01T00:00:00", &now()];
    let _ = feast::cli(repo.path(), materialize).run().succeeds();
    let _ = repo.admin(["plan"]).run().succeeds().says("No changes");
}

/// A repository whose registry Feast made, with a view in Python, and a plugin for that view.
fn feasts_repo() -> Repo {
    let repo = Repo::init();
    std::fs::remove_dir_all(repo.at("features")).expect("it was made");
    let definitions = include_str!("../../feast/driver_definitions.py");
    repo.write("definitions.py", definitions);
    let _ = feast::cli(repo.path(), ["apply"]).run().succeeds();
    repo.write("plugins/adder.wasm", component());
    bind(&repo, &"0".repeat(64));
    repo
}

fn bind(repo: &Repo, body_text: &str) {
    repo.write(
        "features/plugins.yaml",
        format!(
            "\
plugin_bindings:
  - on_demand_feature_view: transformed_conv_rate
    body_text: sha256:{body_text}
    plugin:
      path: plugins/adder.wasm
      transform: add
      inputs:
        a: driver_hourly_stats:conv_rate
        b: driver_hourly_stats:acc_rate
        c: vals_to_add:val_to_add
      outputs: {{sum: conv_rate_plus_val1, product: conv_rate_plus_val2}}
"
        ),
    );
}

fn body_text(repo: &Repo) -> String {
    let view = described(repo, "transformed_conv_rate");
    let digest = view["body_text_digest"].as_str().expect("a digest");
    digest.strip_prefix("sha256:").expect("its kind").to_owned()
}

#[test]
fn a_view_of_feasts_is_bound_to_the_text_that_it_has() {
    let repo = feasts_repo();
    let present = body_text(&repo);
    let complaint = format!(
        "plugins.yaml:3: the Python text of `transformed_conv_rate` in the registry is another one, `sha256:{present}`"
    );
    for command in ["validate", "plan", "apply"] {
        let _ = repo.admin([command]).run().exits(1).complains(&complaint);
    }
    bind(&repo, &present);
    let _ = repo.admin(["apply"]).run().succeeds();
    let view = described(&repo, "transformed_conv_rate");
    assert_eq!(view["mode"], "pandas");
    assert_eq!(
        view["plugin"]["body_text"],
        format!("sha256:{present}"),
        "{view:#}"
    );
    let _ = feast::cli(repo.path(), ["on-demand-feature-views", "list"])
        .run()
        .succeeds()
        .says("transformed_conv_rate");
    // Feast's own apply keeps the binding; another text is noticed.
    repo.replace(
        "definitions.py",
        "import pandas as pd\n",
        "import pandas\n    pd = pandas\n",
    );
    let _ = feast::cli(repo.path(), ["apply"]).run().succeeds();
    assert_ne!(body_text(&repo), present);
    let view = described(&repo, "transformed_conv_rate");
    assert_eq!(view["plugin"]["transform"], "add");
    let _ = repo
        .admin(["plan"])
        .run()
        .exits(1)
        .complains("is another one");
}

#[test]
fn a_binding_that_goes_leaves_feasts_view_and_the_component() {
    let repo = feasts_repo();
    bind(&repo, &body_text(&repo));
    let _ = repo.admin(["apply"]).run().succeeds();
    let component = stored(&repo);
    repo.write("features/plugins.yaml", "");
    let applied = repo.admin(["apply"]).run().succeeds();
    let _ = applied.says("- plugin binding `transformed_conv_rate`");
    assert_eq!(
        described(&repo, "transformed_conv_rate")["plugin"],
        json!(null)
    );
    assert!(repo.at(&component).exists());
    bind(&repo, &body_text(&repo));
    let _ = repo.admin(["apply"]).run().succeeds();
    let _ = repo.admin(["teardown", "--yes"]).run().succeeds();
    assert_eq!(
        described(&repo, "transformed_conv_rate")["plugin"],
        json!(null)
    );
}

#[test]
fn a_view_that_the_registry_does_not_have_is_told() {
    let repo = feasts_repo();
    repo.replace(
        "features/plugins.yaml",
        "on_demand_feature_view: transformed_conv_rate",
        "on_demand_feature_view: transformed_conv_rat",
    );
    let _ = repo.admin(["validate"]).run().exits(1).complains(
        "plugins.yaml:2: the registry has no on-demand feature view `transformed_conv_rat`; did you mean `transformed_conv_rate`?",
    );
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
