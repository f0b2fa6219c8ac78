//! Feast's SDK as a client of the gateway: `online_store: {type: remote}`.

use e2e::{Gateway, GatewayCommand, Repo, feast};
use serde_json::{Value, json};

/// The clients' layout is Feast's own; `init` writes `rows`.
fn gateway_in_columns(repo: &Repo) -> Gateway {
    let gateway = GatewayCommand::new(repo.path());
    let gateway = gateway
        .env("SALVER__SALVER__RESPONSE_LAYOUT", "columns")
        .start();
    gateway.wait_ready();
    gateway
}

/// What the SDK gets through the gateway.
fn ask(repo: &Repo, gateway: &Gateway, requests: &Value) -> Value {
    let config = json!({
        "project": "driver_repo",
        "registry": repo.at("data/registry.db"),
        "provider": "local",
        "online_store": {"type": "remote", "path": gateway.url()},
        "entity_key_serialization_version": 3,
    });
    let input = json!({"config": config, "requests": requests});
    feast::run(repo.path(), "online_features.py", &input)
}

/// What the SDK gets from the store itself.
fn ask_directly(repo: &Repo, requests: &Value) -> Value {
    feast::run(
        repo.path(),
        "online_features.py",
        &json!({"requests": requests}),
    )
}

#[test]
fn features_and_services_have_the_values_that_the_sdk_reads_itself() {
    let repo = Repo::init();
    repo.replace(
        "features/feature_services.yaml",
        "feature_services:\n",
        "feature_services:\n  - name: stored_only\n    features:\n      - feature_view: driver_hourly_stats\n",
    );
    repo.materialize();
    let gateway = gateway_in_columns(&repo);
    let drivers = json!({"driver_id": [1005, 1001, 1001]});
    let requests = json!([
        {"features": ["driver_hourly_stats:acc_rate", "driver_hourly_stats:conv_rate"], "entities": drivers},
        {"features": ["driver_hourly_stats:avg_daily_trips"], "entities": drivers, "full_feature_names": true},
        {"feature_service": "stored_only", "entities": drivers},
    ]);
    let (through, directly) = (
        ask(&repo, &gateway, &requests),
        ask_directly(&repo, &requests),
    );
    for index in 0..3 {
        let (through, directly) = (&through[index], &directly[index]);
        assert_eq!(through["attempts"], 1, "{through}");
        assert_eq!(through["statuses"], directly["statuses"], "{through}");
        assert_same_values(&through["values"], &directly["values"]);
    }
}

/// float32 comes as the shortest decimal through the gateway, widened to float64 from the store.
fn assert_same_values(through: &Value, directly: &Value) {
    let (through, directly) = (through.as_object(), directly.as_object());
    let (through, directly) = (through.expect("an object"), directly.expect("an object"));
    assert_eq!(through.len(), directly.len());
    for (name, values) in directly {
        let pairs = values
            .as_array()
            .into_iter()
            .flatten()
            .zip(through[name].as_array().into_iter().flatten());
        for (directly, through) in pairs {
            let float32 = |value: &Value| value.to_string().parse::<f32>().ok();
            assert!(
                through == directly || float32(through) == float32(directly),
                "{name}: {through} != {directly}"
            );
        }
    }
}

#[test]
fn an_entity_that_is_not_there_is_told_as_such() {
    let repo = Repo::materialized();
    let gateway = gateway_in_columns(&repo);
    let requests = json!([
        {"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001, 4711]}},
    ]);
    let reply = ask(&repo, &gateway, &requests);
    assert_eq!(
        reply[0]["statuses"]["conv_rate"],
        json!(["PRESENT", "NOT_FOUND"]),
        "{reply}"
    );
    assert_eq!(reply[0]["values"]["conv_rate"][1], Value::Null);
}

#[test]
fn errors_come_with_their_text_and_are_not_sent_four_times() {
    let repo = Repo::materialized();
    let gateway = gateway_in_columns(&repo);
    let requests = json!([
        {"features": ["driver_hourly_stats:nope"], "entities": {"driver_id": [1001]}},
        {"features": ["nope:conv_rate"], "entities": {"driver_id": [1001]}},
        {"features": ["driver_hourly_stats:conv_rate"], "entities": {"passenger_id": [1]}},
        {"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1.5]}},
    ]);
    let named = ["nope", "nope", "passenger_id", "driver_id"];
    let reply = ask(&repo, &gateway, &requests);
    for (index, named) in named.iter().enumerate() {
        let reply = &reply[index];
        assert_eq!(reply["attempts"], 1, "{reply}");
        let message = reply["error"]["message"].as_str().expect("an error");
        assert!(message.contains(named), "{reply}");
        // A body that is no JSON makes the client raise JSONDecodeError, a 500 RetryError.
        assert_eq!(reply["error"]["class"], "RuntimeError", "{reply}");
    }
}
