use crate::{
    error::code,
    names::{label, metric},
    ready::State,
    router::{Route, Target},
};

const DOC: &str = include_str!("../../../../docs/serving.md");

fn check(word: &str) {
    assert!(
        DOC.contains(&format!("`{word}`")),
        "docs/serving.md lacks `{word}`"
    );
}

#[test]
fn every_metric_and_label_is_documented() {
    metric::ALL.into_iter().for_each(check);
    [
        label::ROUTE,
        label::STATUS,
        label::CODE,
        label::PROJECT,
        label::OPERATION,
        label::OUTCOME,
        label::REASON,
        label::VERSION,
        label::STATE,
        label::FEATURE_VIEW,
    ]
    .into_iter()
    .for_each(check);
}

#[test]
fn every_error_code_is_documented() {
    code::ALL.iter().copied().for_each(check);
}

/// A constant that nobody added to `ALL` would escape the test above.
#[test]
fn every_error_code_and_metric_is_listed() {
    let codes = include_str!("../../error/code.rs");
    assert_eq!(codes.matches(": &str = ").count(), code::ALL.len());
    let names = include_str!("../../names.rs");
    let (metrics, _) = names.split_once("pub mod label").unwrap();
    assert_eq!(metrics.matches(": &str =").count(), metric::ALL.len());
}

#[test]
fn every_limit_is_documented() {
    for limit in [
        "max_body_bytes",
        "max_entities",
        "max_values",
        "max_concurrent_requests",
        "max_queue_time",
        "max_unsent_bytes",
        "request_timeout",
        "max_connections",
        "header_read_timeout",
        "idle_timeout",
        "drain_delay",
        "drain_timeout",
    ] {
        check(limit);
    }
}

#[test]
fn every_route_and_state_is_documented() {
    for path in [
        "/get-online-features",
        "/health",
        "/ready",
        "/openapi.json",
        "/metrics",
    ] {
        assert!(Target::of(path).route != Route::Unmatched);
        assert!(DOC.contains(path), "docs/serving.md lacks `{path}`");
    }
    State::ALL.map(State::as_str).into_iter().for_each(check);
}

#[test]
fn nothing_is_documented_that_is_not_there() {
    let known = |name: &str| metric::ALL.iter().any(|known| name.starts_with(known));
    for word in DOC.split('`').filter(|word| word.starts_with("salver_")) {
        assert!(
            known(word),
            "docs/serving.md explains `{word}`, which no metric is called"
        );
    }
}
