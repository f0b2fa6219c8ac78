//! On-demand feature views that plugins compute, through the real programs.

use std::time::Duration;

use e2e::{Gateway, GatewayCommand, Repo, deadline::poll};
use serde_json::{Value, json};

mod first_party;
mod rebuilt;
mod troubles;

/// The view of `registry-admin init`, which `driver_conv_rate` computes.
fn request() -> Value {
    json!({
        "features": ["driver_hourly_stats:conv_rate", "transformed_conv_rate:conv_rate_plus_val1",
                     "transformed_conv_rate:conv_rate_plus_val2"],
        "entities": {"driver_id": [1001, 4711], "val_to_add": [1, 2], "val_to_add_2": [10, 20]},
    })
}

/// The values and statuses of a feature.
fn column<'r>(reply: &'r Value, feature: &str) -> (&'r Value, &'r Value) {
    let names = reply["metadata"]["feature_names"]
        .as_array()
        .expect("names");
    let index = names.iter().position(|name| name == feature);
    let column = &reply["results"][index.expect("the feature is told")];
    (&column["values"], &column["statuses"])
}

#[test]
fn features_are_computed_from_what_is_stored_and_what_the_request_brings() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    let reply = gateway.columns(&request());
    let reply = &reply.ok();
    let rate = column(reply, "conv_rate").0[0].as_f64().expect("a rate");
    for (feature, added) in [("conv_rate_plus_val1", 1.0), ("conv_rate_plus_val2", 10.0)] {
        let (values, statuses) = column(reply, feature);
        let value = values[0].as_f64().expect("a number");
        assert!(
            (value - rate - added).abs() < 1e-6,
            "{value} is not {rate} + {added}"
        );
        assert_eq!(values[1], Value::Null, "nothing is stored for driver 4711");
        assert_eq!(*statuses, json!(["PRESENT", "NULL_VALUE"]));
    }
    let metrics = gateway.get("/metrics").text();
    let counted = "salver_plugin_calls_total{project=\"driver_repo\",feature_view=\"transformed_conv_rate\",outcome=\"ok\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

#[test]
fn a_service_brings_computed_features_and_only_what_is_asked_for_is_told() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    let request = json!({
        "feature_service": "driver_activity_v1", "full_feature_names": true,
        "entities": {"driver_id": [1001], "val_to_add": [1], "val_to_add_2": [2]},
    });
    let reply = gateway.columns(&request);
    assert_eq!(
        reply.ok()["metadata"]["feature_names"],
        json!([
            "driver_id",
            "driver_hourly_stats__conv_rate",
            "transformed_conv_rate__conv_rate_plus_val1",
            "transformed_conv_rate__conv_rate_plus_val2"
        ])
    );
}

#[test]
fn request_data_is_taken_exactly_or_refused() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    for (value, code) in [
        (json!(1.5), "invalid_request_data"),
        (json!("one"), "invalid_request_data"),
        (json!([1]), "invalid_request_data"),
    ] {
        let mut request = request();
        request["entities"]["val_to_add"][1] = value;
        let detail = gateway.columns(&request).error(422, code);
        assert!(detail.contains("`entities.val_to_add[1]`"), "{detail}");
    }
    let mut request = request();
    request["entities"]
        .as_object_mut()
        .expect("an object")
        .remove("val_to_add_2");
    let detail = gateway.columns(&request).error(422, "missing_request_data");
    assert!(detail.contains("`val_to_add_2`"), "{detail}");
}

#[test]
fn an_on_demand_view_is_computed_from_another() {
    let repo = Repo::init();
    let plugin = repo
        .at("plugins/driver_conv_rate.wasm")
        .display()
        .to_string();
    let twice = format!(
        "
on_demand_feature_views:
  - name: twice
    sources:
      - transformed_conv_rate
      - vals_to_add
    schema:
      - {{name: conv_rate_plus_val1, type: Float64}}
      - {{name: conv_rate_plus_val2, type: Float64}}
    plugin:
      path: {plugin}
      inputs: {{conv_rate: \"transformed_conv_rate:conv_rate_plus_val1\"}}
"
    );
    repo.write("features/twice.yaml", twice);
    repo.materialize();
    let gateway = Gateway::start(&repo);
    let reply = gateway.columns(&json!({
        "features": ["driver_hourly_stats:conv_rate", "twice:conv_rate_plus_val2"],
        "entities": {"driver_id": [1002], "val_to_add": [1], "val_to_add_2": [10]},
    }));
    let reply = &reply.ok();
    let rate = column(reply, "conv_rate").0[0].as_f64().expect("a rate");
    let value = column(reply, "conv_rate_plus_val2").0[0]
        .as_f64()
        .expect("a number");
    assert!(
        (value - rate - 11.0).abs() < 1e-6,
        "{value} is not {rate} + 11"
    );
}

/// A gateway that looks at its registry often.
fn attentive(repo: &Repo) -> Gateway {
    let gateway = GatewayCommand::new(repo.path())
        .env("SALVER__SALVER__REGISTRY_POLL", "50ms")
        .start();
    gateway.wait_ready();
    gateway
}

/// How long something may take that should take a moment.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    poll(what, PATIENCE, || holds().then_some(()));
}
