use std::time::Duration;

use feature_model::{MaterializationInterval, RegistrySnapshot, Timestamp};
use http::StatusCode;
use settings::Limits;

use super::house::{Does, House, unavailable};
use crate::{
    fixture,
    metrics::{Computation, Ended, Handshake},
    names::metric,
    plugins::{PluginTable, Slot, Trouble, Wanted},
};

async fn metrics(house: &House) -> String {
    let reply = house.get("/metrics").await;
    assert_eq!(reply.status, StatusCode::OK);
    let content_type = reply.header("content-type");
    assert!(content_type.starts_with("application/openmetrics-text; version=1.0.0"));
    reply.text().to_owned()
}

fn check(text: &str, sample: &str) {
    assert!(
        text.lines().any(|line| line == sample),
        "no `{sample}` in\n{text}"
    );
}

#[tokio::test]
async fn every_metric_is_exposed_under_its_name() {
    let house = House::new(Limits::default());
    house.load(materialized());
    house.ask().await;
    house.get("/no/such/path").await;
    drop(house.app.metrics.connection_opened());
    house.app.metrics.connection_timed_out("idle");
    house.app.metrics.tls_handshake(Handshake::Done);
    let computed = Computation {
        project: "prj".into(),
        feature_view: "computed".into(),
    };
    let meter = house.app.metrics.of_plugin(computed);
    meter.called(Ended("ok"), Duration::from_micros(3));
    let _ = house.app.metrics.of_cache("prj".into());
    house.app.metrics.of_corrupt("prj".into()).met("stats", 1);
    house.set_plugins(loading_plugin());
    let text = metrics(&house).await;
    for name in metric::ALL {
        let described = format!("# HELP {name} ");
        assert!(text.contains(&described), "no `{name}` in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

/// A table with one plugin, which isn't there yet.
fn loading_plugin() -> PluginTable {
    let snapshot = fixture::snapshot();
    let project = &snapshot.projects[&fixture::project_name()];
    let slot = Slot {
        serving: None,
        wanted: Wanted {
            view: project.on_demand_feature_views["computed"].clone(),
            binding: fixture::binding(),
        },
        trouble: Some(Trouble::Loading),
    };
    PluginTable {
        slots: [("computed".to_owned(), slot)].into(),
        settled: false,
    }
}

#[tokio::test]
async fn a_plugin_that_is_not_there_yet_is_told() {
    let house = House::new(Limits::default());
    house.load(fixture::snapshot());
    house.set_plugins(loading_plugin());
    let sample = r#"salver_plugin_up{project="prj",feature_view="computed"} 0"#;
    check(&metrics(&house).await, sample);
    let ready = house.get("/ready").await.json();
    let told = &ready["projects"][0];
    assert_eq!(told["state"], "waiting");
    assert_eq!(told["plugins"][0]["feature_view"], "computed");
    assert_eq!(told["plugins"][0]["reason"], "it is being loaded");
}

/// The fixture's registry, with a view that was loaded up to second 1000 with 42 rows.
fn materialized() -> RegistrySnapshot {
    let mut snapshot = fixture::snapshot();
    let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
    let view = project.feature_views.get_mut("stats").unwrap();
    view.materialization_intervals
        .push(MaterializationInterval {
            start_time: Timestamp::EPOCH,
            end_time: Timestamp::from_seconds(1000),
        });
    project.rows_materialized.insert("stats".to_owned(), 42);
    snapshot
}

#[tokio::test]
async fn a_view_tells_how_far_it_was_materialized() {
    let house = House::new(Limits::default());
    house.load(materialized());
    let name = "salver_materialized_until_timestamp_seconds";
    let sample = format!(r#"{name}{{project="prj",feature_view="stats"}} 1000"#);
    check(&metrics(&house).await, &sample);
}

#[tokio::test]
async fn a_view_tells_how_many_rows_were_materialized() {
    let house = House::new(Limits::default());
    house.load(materialized());
    let name = "salver_materialized_rows_total";
    let sample = format!(r#"{name}{{project="prj",feature_view="stats"}} 42"#);
    check(&metrics(&house).await, &sample);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_and_errors_by_code() {
    let house = House::new(Limits::default());
    house.ask().await;
    house.ask().await;
    house.store_does(Does::Fail(unavailable()));
    house.ask().await;
    house.get("/no/such/path").await;
    let text = metrics(&house).await;
    let requests = |labels: &str| format!("salver_http_requests_total{{{labels}}}");
    let asked = r#"project="prj",route="/get-online-features""#;
    check(
        &text,
        &format!("{} 2", requests(&format!(r#"{asked},status="200""#))),
    );
    check(
        &text,
        &format!("{} 1", requests(&format!(r#"{asked},status="503""#))),
    );
    check(
        &text,
        &format!("{} 1", requests(r#"route="unmatched",status="404""#)),
    );
    check(
        &text,
        &format!(r#"salver_http_errors_total{{{asked},code="store_unavailable"}} 1"#),
    );
    check(
        &text,
        &format!(r#"salver_http_request_duration_seconds_count{{{asked},status="200"}} 2"#),
    );
    // the one that asks
    check(&text, "salver_http_requests_in_flight 1");
}

#[tokio::test]
async fn a_request_whose_client_went_away_is_counted_and_no_longer_in_flight() {
    let house = House::new(Limits::default());
    let never = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    house.store_does(Does::Wait(never));
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(1), house.ask()).await;
    assert!(given_up.is_err());
    let text = metrics(&house).await;
    check(
        &text,
        r#"salver_http_requests_total{project="prj",route="/get-online-features",status="499"} 1"#,
    );
    check(&text, "salver_http_requests_in_flight 1");
    check(
        &text,
        r#"salver_store_calls_total{project="prj",operation="read",outcome="abandoned"} 1"#,
    );
}

#[tokio::test]
async fn store_calls_are_counted_by_project_operation_and_outcome() {
    let house = House::new(Limits::default());
    house.ping().await;
    house.ask().await;
    house.store_does(Does::Fail(unavailable()));
    house.ask().await;
    let text = metrics(&house).await;
    let calls = |operation: &str, outcome: &str| {
        format!(
            r#"salver_store_calls_total{{project="prj",operation="{operation}",outcome="{outcome}"}} 1"#
        )
    };
    check(&text, &calls("ping", "ok"));
    check(&text, &calls("read", "ok"));
    check(&text, &calls("read", "unavailable"));
    check(
        &text,
        r#"salver_store_call_duration_seconds_count{project="prj",operation="read"} 2"#,
    );
}

#[tokio::test]
async fn the_registry_tells_its_version_and_the_project_its_state() {
    let house = House::new(Limits::default());
    house.ping().await;
    let text = metrics(&house).await;
    check(
        &text,
        r#"salver_registry_version{project="prj",version="absent"} 1"#,
    );
    check(&text, r#"salver_registry_up{project="prj"} 1"#);
    check(
        &text,
        r#"salver_project_state{project="prj",state="ready"} 1"#,
    );
    check(
        &text,
        r#"salver_project_state{project="prj",state="degraded"} 0"#,
    );
    house.registry_fails("truncated");
    check(
        &metrics(&house).await,
        r#"salver_registry_up{project="prj"} 0"#,
    );
}
