use std::fmt::Write as _;

use http::StatusCode;

use super::house::House;

/// Bodies that are refused, each for another reason.
const REFUSED: [&str; 31] = [
    "",
    "{\"features\": [\"stats:trips\"], \"entities\": {\"driver_id\": [1001,]}}",
    "[]",
    "{}",
    r#"{"entities": {"driver_id": [1]}}"#,
    r#"{"features": "stats:trips", "entities": {"driver_id": [1]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": 1001}}"#,
    r#"{"features": ["stats:trips"], "entities": {}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": []}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [1, 2], "customer_id": ["a"]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [1], "driver_id": [2]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [1, 2, 3, 4, 5, 6]}}"#,
    r#"{"features": ["stats:trips", "stats:conv_rate", "stats:acc_rate"], "entities": {"driver_id": [1, 2, 3, 4, 5]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [1, 1.5]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [null]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [true]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": ["abc"]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [9223372036854775808]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver": [1], "driver_id": [1]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"drivr_id": [1]}}"#,
    r#"{"features": ["multi:trips"], "entities": {"driver_id": [1]}}"#,
    r#"{"features": ["trips"], "entities": {"driver_id": [1]}}"#,
    r#"{"features": ["stats@v1:trips"], "entities": {"driver_id": [1]}}"#,
    r#"{"features": ["stats:trips", "multi:trips"], "entities": {"driver_id": [1], "customer_id": ["a"]}}"#,
    r#"{"features": ["state:trips"], "entities": {"driver_id": [1]}}"#,
    r#"{"features": ["stats:tripz"], "entities": {"driver_id": [1]}}"#,
    r#"{"feature_service": "stats_servise", "entities": {"driver_id": [1]}}"#,
    r#"{"features": ["off:trips"], "entities": {"driver_id": [1]}}"#,
    r#"{"feature_service": "on_demand", "entities": {"driver_id": [1], "val_to_add": [1]}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [1]}, "metadata": {"status": false}}"#,
    r#"{"features": ["stats:trips"], "entities": {"driver_id": [1]}, "metadata": {"statuses": "no"}}"#,
];

#[tokio::test]
async fn every_refusal_says_which_field_is_wrong_and_what_would_be_right() {
    let house = House::configured("limits: {max_entities: 5, max_values: 14}").await;
    let mut told = String::new();
    for body in REFUSED {
        let reply = house.ask(body).await;
        let json = reply.json();
        assert!(reply.status.is_client_error() || reply.status == StatusCode::NOT_IMPLEMENTED);
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(json["request_id"], "r-1");
        let code = json["code"].as_str().unwrap();
        let detail = json["detail"].as_str().unwrap();
        writeln!(
            told,
            "{body}\n  {} {code}\n  {detail}",
            reply.status.as_u16()
        )
        .unwrap();
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_unknown_layout_is_refused() {
    let house = House::new().await;
    let body = r#"{"features": ["stats:trips"], "entities": {"driver_id": [1]}}"#;
    let reply = house
        .ask_with(&[("salver-response-layout", "diagonal")], body)
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        reply.text(),
        r#"{"detail":"header `Salver-Response-Layout` is `diagonal`; write `rows` or `columns`","code":"invalid_header","request_id":"r-1"}"#
    );
}

#[tokio::test]
async fn without_a_registry_the_client_is_asked_to_come_back() {
    let house = House::with("", None).await;
    let reply = house.ask("{}").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(reply.json()["code"], "not_ready");
}

#[tokio::test]
async fn a_project_that_the_registry_lacks_is_told() {
    let house = House::with("", Some(feature_model::RegistrySnapshot::default())).await;
    let reply = house
        .ask(r#"{"features": ["stats:trips"], "entities": {"driver_id": [1]}}"#)
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(reply.json()["code"], "unknown_project");
}
