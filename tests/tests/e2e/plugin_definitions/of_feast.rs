//! Feast and its own on-demand views, bound to plugins.

use e2e::{Repo, feast, now};
use serde_json::json;

use super::{component, described, repo, stored};

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
    let definitions = include_str!("../../../feast/driver_definitions.py");
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
