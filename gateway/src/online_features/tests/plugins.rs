//! On-demand views, with real components in the table.

use feature_model::{
    DataType, Field, OnPluginError, PluginBinding, PluginInput, RegistrySnapshot, Timestamp, Value,
};
use http::StatusCode;
use serde_json::json;

use super::house::House;
use crate::fixture::{
    self,
    plugins::{self, CONVERTER, converter, view},
};

const HOSTILE: &[u8] = include_bytes!("../../../../crates/plugin-host/tests/fixtures/hostile.wasm");

/// Traps where `val_to_add` is 1.
fn trapping(on_error: OnPluginError) -> PluginBinding {
    let input = PluginInput {
        source: "vals".into(),
        field: "val_to_add".into(),
    };
    PluginBinding {
        transform: "trap_on_one".into(),
        inputs: [("value".to_owned(), input)].into(),
        on_error,
        ..fixture::binding()
    }
}

/// A gateway with `computed` (the rate and `val_to_add`), `again` (`computed` and `val_to_add`), and `traps`.
async fn house(on_error: OnPluginError) -> House {
    house_of(on_error, on_error).await
}

/// What becomes of `traps` where it fails, and of `after_traps`.
async fn house_of(on_error: OnPluginError, after: OnPluginError) -> House {
    let double = |name: &str| Field::new(name, DataType::Float64);
    let views = [
        (
            view("computed", "stats", "conv_rate", double("ratio")),
            CONVERTER,
            converter(("stats", "conv_rate"), "ratio"),
        ),
        (
            view("again", "computed", "ratio", double("sum")),
            CONVERTER,
            converter(("computed", "ratio"), "sum"),
        ),
        (
            view(
                "traps",
                "stats",
                "conv_rate",
                Field::new("value", DataType::Int64),
            ),
            HOSTILE,
            trapping(on_error),
        ),
        (
            view("after_traps", "traps", "value", double("late")),
            CONVERTER,
            PluginBinding {
                on_error: after,
                ..converter(("traps", "value"), "late")
            },
        ),
    ];
    let mut snapshot: RegistrySnapshot = fixture::snapshot();
    let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
    let table = plugins::serve(project, views);
    let house = House::with_plugins("", Some(snapshot), table).await;
    let now = Timestamp::now().seconds();
    house.store_stats(1001, now, 0.5, Value::Int64(3)).await;
    house
}

fn body(features: &[&str], values: &[i64]) -> String {
    let drivers: Vec<i64> = values.iter().map(|_| 1001).collect();
    json!({"features": features, "entities": {"driver_id": drivers, "val_to_add": values}})
        .to_string()
}

#[tokio::test]
async fn views_are_computed_in_their_order_each_once() {
    let house = house(OnPluginError::FailRequest).await;
    let reply = house
        .ask(&body(
            &["again:sum", "stats:trips", "computed:ratio"],
            &[1, 20],
        ))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let told = reply.json();
    assert_eq!(
        told["metadata"]["feature_names"],
        json!(["driver_id", "sum", "trips", "ratio"])
    );
    assert_eq!(told["results"][1]["values"], json!([2.5, 40.5]));
    assert_eq!(told["results"][3]["values"], json!([1.5, 20.5]));
    let never = "1970-01-01T00:00:00Z";
    assert_eq!(
        told["results"][1]["event_timestamps"],
        json!([never, never])
    );
}

#[tokio::test]
async fn a_plugin_that_fails_is_named_with_its_code() {
    let house = house(OnPluginError::FailRequest).await;
    let reply = house.ask(&body(&["traps:value"], &[1])).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.json()["code"], "plugin_trapped");
    assert!(reply.text().contains("plugin `traps`"), "{}", reply.text());
    let reply = house.ask(&body(&["traps:value"], &[2])).await;
    assert_eq!(reply.json()["results"][1]["values"], json!([2]));
}

#[tokio::test]
async fn what_is_computed_from_a_failure_fails_too() {
    let house = house(OnPluginError::NullColumns).await;
    let reply = house
        .ask(&body(
            &["after_traps:late", "computed:ratio", "traps:value"],
            &[1],
        ))
        .await;
    let told = reply.json();
    assert_eq!(
        told["results"][1]["statuses"],
        json!(["TRANSFORM_ERROR"]),
        "{told}"
    );
    assert_eq!(told["results"][2]["values"], json!([1.5]));
    assert_eq!(told["results"][3]["statuses"], json!(["TRANSFORM_ERROR"]));
}

#[tokio::test]
async fn a_view_that_nobody_asked_for_fails_no_more_than_what_is_computed_from_it() {
    let house = house_of(OnPluginError::FailRequest, OnPluginError::NullColumns).await;
    let asked = body(&["after_traps:late", "computed:ratio"], &[1]);
    let told = house.ask(&asked).await.json();
    assert_eq!(
        told["results"][1]["statuses"],
        json!(["TRANSFORM_ERROR"]),
        "{told}"
    );
    assert_eq!(told["results"][2]["values"], json!([1.5]));
    let asked = body(&["after_traps:late", "traps:value"], &[1]);
    let told = house.ask(&asked).await.json();
    assert_eq!(told["code"], "plugin_trapped", "{told}");
}

#[tokio::test]
async fn circles_that_two_versions_make_are_refused() {
    let house = house(OnPluginError::FailRequest).await;
    let mut table = house.plugins();
    let of_computed = table.slots["computed"].serving.clone();
    let again = table.slots["again"].serving.clone();
    // `computed` by the plugin of `again`, which is computed from `computed`
    table.slots.get_mut("computed").unwrap().serving = again;
    assert!(of_computed.is_some());
    let house = House::with_plugins("", Some(house.snapshot()), table).await;
    let reply = house.ask(&body(&["computed:sum"], &[1])).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text());
    let reply = house.ask(&body(&["computed:ratio"], &[1])).await;
    assert_eq!(
        reply.json()["code"],
        "transform_unavailable",
        "{}",
        reply.text()
    );
}

#[tokio::test]
async fn a_feature_that_only_the_next_version_knows_is_not_ready() {
    let house = house(OnPluginError::FailRequest).await;
    let mut snapshot = house.snapshot();
    let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
    let view = project.on_demand_feature_views.get_mut("computed").unwrap();
    view.features.push(Field::new("next", DataType::Float64));
    let house = House::with_plugins("", Some(snapshot), house.plugins()).await;
    let reply = house.ask(&body(&["computed:next"], &[1])).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.json()["code"], "plugin_not_ready");
}
