//! Plugins that fail, that aren't there, and that are exchanged.

use std::path::Path;

use e2e::{Gateway, GatewayCommand, PLUGIN_CACHE, Repo};
use serde_json::{Value, json};

use super::{attentive, column, request, wait_until};

/// Transforms that misbehave, each in one way.
const HOSTILE: &[u8] = include_bytes!("../../../../crates/plugin-host/tests/fixtures/hostile.wasm");

/// The example with an on-demand view `hostile` of that transform, which behaves when it is tried.
fn with_hostile(transform: &str, more: &str) -> Repo {
    let repo = Repo::init();
    repo.write("plugins/hostile.wasm", HOSTILE);
    let view = format!(
        "
on_demand_feature_views:
  - name: hostile
    sources: [vals_to_add]
    schema: [{{name: value, type: Int64}}]
    plugin:
      path: plugins/hostile.wasm
      transform: {transform}
      parameters: {{patient: true}}
{more}"
    );
    repo.write("features/hostile.yaml", view);
    repo.materialize();
    repo
}

fn ask_hostile() -> Value {
    json!({
        "features": ["driver_hourly_stats:conv_rate", "hostile:value"],
        "entities": {"driver_id": [1001], "val_to_add": [1]},
    })
}

#[test]
fn a_plugin_that_fails_fails_its_request_and_no_other() {
    for (transform, code) in [
        ("trap", "plugin_trapped"),
        ("overflow", "plugin_trapped"),
        ("spin", "plugin_deadline"),
        ("grow", "plugin_memory"),
        ("wrong_length", "plugin_output"),
        ("wrong_name", "plugin_output"),
    ] {
        let repo = with_hostile(transform, "      limits: {memory: 8MiB}\n");
        let gateway = Gateway::start(&repo);
        let detail = gateway.columns(&ask_hostile()).error(500, code);
        assert!(detail.contains("`hostile`"), "{transform}: {detail}");
        let _ = gateway.columns(&request()).ok();
    }
}

#[test]
fn a_view_may_be_told_without_its_features_where_its_plugin_fails() {
    let repo = with_hostile("trap", "      on_error: null_columns\n");
    let gateway = Gateway::start(&repo);
    let reply = gateway.columns(&ask_hostile()).ok();
    assert_eq!(
        column(&reply, "value"),
        (&json!([null]), &json!(["TRANSFORM_ERROR"]))
    );
    assert_eq!(*column(&reply, "conv_rate").1, json!(["PRESENT"]));
    assert!(
        gateway.log().contains("plugin_trapped"),
        "{}",
        gateway.log()
    );
}

#[test]
fn a_plugin_that_keeps_failing_is_left_alone_for_a_while() {
    let repo = with_hostile(
        "trap_on_one",
        "      inputs: {value: vals_to_add:val_to_add}\n",
    );
    let gateway = Gateway::start(&repo);
    let failing = |_: usize| {
        let reply = gateway.columns(&ask_hostile());
        reply.text().contains("plugin_failing")
    };
    assert!((0..50).any(failing), "the plugin is called again and again");
    let reply = gateway.columns(&ask_hostile());
    let _ = reply.error(503, "plugin_failing");
    assert!(reply.header("retry-after").is_some());
}

/// A gateway that has compiled nothing but what is in a folder.
fn with_cache(repo: &Repo, cache: &Path) -> Gateway {
    let cache = cache.display().to_string();
    let gateway = GatewayCommand::new(repo.path()).env(PLUGIN_CACHE, &cache);
    let gateway = gateway.start();
    gateway.wait_ready();
    gateway
}

/// Puts other bytes in the place of each stored component.
fn damage_components(repo: &Repo) {
    let folder = repo.at("data/plugins/sha256");
    for entry in std::fs::read_dir(folder).expect("the plugins are beside the registry") {
        let path = entry.expect("a readable folder").path();
        if path.is_file() {
            std::fs::write(&path, HOSTILE).expect("the folder is writable");
        }
    }
}

#[test]
fn a_missing_component_leaves_everything_else_served() {
    let repo = Repo::materialized();
    std::fs::remove_dir_all(repo.at("data/plugins")).expect("the plugins are beside the registry");
    let gateway = with_cache(&repo, &repo.at("cache"));
    let detail = gateway.columns(&request()).error(503, "plugin_not_ready");
    assert!(detail.contains("it can't be fetched"), "{detail}");
    let stored =
        json!({"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001]}});
    let _ = gateway.columns(&stored).ok();
    let ready = gateway.get("/ready").json();
    assert_eq!(ready["projects"][0]["state"], "degraded");
    let told = &ready["projects"][0]["plugins"][0];
    assert_eq!(told["feature_view"], "transformed_conv_rate");
    let reason = told["reason"].as_str().expect("a reason");
    assert!(reason.contains("apply the definitions"), "{reason}");
    // it is put there, and found
    let _ = repo.admin(["apply"]).run();
    wait_until("the plugin serves", || {
        gateway.columns(&request()).status == 200
    });
}

#[test]
fn other_bytes_under_a_digest_are_not_run() {
    let repo = Repo::materialized();
    damage_components(&repo);
    let gateway = with_cache(&repo, &repo.at("cache"));
    let detail = gateway.columns(&request()).error(503, "plugin_not_ready");
    assert!(!detail.contains("plugins/sha256"), "{detail}");
    let ready = gateway.get("/ready").json();
    let reason = &ready["projects"][0]["plugins"][0]["reason"];
    assert!(reason.to_string().contains("holds other bytes"), "{reason}");
}

#[test]
fn a_gateway_that_has_compiled_a_component_serves_it_when_the_stored_one_is_damaged() {
    let repo = Repo::materialized();
    let cache = repo.at("cache");
    let _ = with_cache(&repo, &cache).columns(&request()).ok();
    damage_components(&repo);
    let gateway = with_cache(&repo, &cache);
    let _ = gateway.columns(&request()).ok();
    let log = gateway.log();
    let told = "a component can't be fetched; what it was compiled to earlier is served";
    let line = log.lines().find(|line| line.contains(told));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("holds other bytes"), "{line}");
}

#[test]
fn a_version_that_fails_when_it_is_tried_is_not_applied() {
    let repo = with_hostile("trap", "");
    let definitions = repo.read("features/hostile.yaml");
    let hasty = definitions.replace("patient: true", "patience: none");
    repo.write("features/hostile.yaml", hasty);
    let stderr = repo.admin(["apply"]).run().exits(1).stderr;
    assert!(stderr.contains("features/hostile.yaml:8: "), "{stderr}");
    assert!(stderr.contains("trapped"), "{stderr}");
}

#[test]
fn a_version_that_fails_for_a_plain_row_does_not_replace_one_that_computes_it() {
    let repo = with_hostile("slow", "      inputs: {value: vals_to_add:val_to_add}\n");
    let gateway = attentive(&repo);
    let asked = json!({"features": ["hostile:value"], "entities": {"val_to_add": [7]}});
    let value = || gateway.columns(&asked).ok()["results"][0]["values"][0].clone();
    assert_eq!(value(), 7);
    let definitions = repo.read("features/hostile.yaml");
    let fails = definitions
        .replace("transform: slow", "transform: fail_loudly")
        .replace("      inputs: {value: vals_to_add:val_to_add}\n", "");
    repo.write("features/hostile.yaml", fails);
    let stderr = repo.admin(["apply"]).run().succeeds().stderr;
    assert!(
        stderr.contains("tried with a row of plain values"),
        "{stderr}"
    );
    wait_until("the gateway tells why", || {
        let ready = gateway.get("/ready").json();
        let told = ready["projects"][0]["plugins"][0]["reason"].to_string();
        told.contains("the version that serves can compute from such")
    });
    assert_eq!(value(), 7);
}

#[test]
fn a_new_version_takes_over_under_load_without_a_failed_request() {
    let repo = with_hostile("count", "      outputs: {count: value}\n");
    let gateway = attentive(&repo);
    let asked = json!({"features": ["hostile:value"], "entities": {"val_to_add": [4711]}});
    let value = || gateway.columns(&asked).ok()["results"][0]["values"][0].clone();
    let counted = value();
    assert!(
        counted.as_i64().is_some_and(|count| count < 4711),
        "{counted}"
    );
    let definitions = repo.read("features/hostile.yaml");
    let repeats = definitions
        .replace("transform: count", "transform: trap_on_one")
        .replace(
            "outputs: {count: value}",
            "inputs: {value: vals_to_add:val_to_add}",
        );
    repo.write("features/hostile.yaml", repeats);
    let _ = repo.admin(["apply"]).run().succeeds();
    wait_until("the new version takes over", || value() == 4711);
}
