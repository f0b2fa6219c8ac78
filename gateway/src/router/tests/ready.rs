use feature_model::RegistrySnapshot;
use http::StatusCode;
use online_store::Error;
use settings::Limits;

use super::house::{Does, House, unavailable};

async fn readiness(house: &House) -> (StatusCode, String, String) {
    let reply = house.get("/ready").await;
    let body = reply.json();
    let project = &body["projects"][0];
    assert_eq!(project["project"], "prj");
    let told = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    (reply.status, told(&body["status"]), told(&project["state"]))
}

async fn check(house: &House, status: u16, word: &str, state: &str) {
    let told = readiness(house).await;
    let expected = (
        StatusCode::from_u16(status).unwrap(),
        word.to_owned(),
        state.to_owned(),
    );
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_process_waits_until_a_project_has_a_registry_and_an_answer_of_its_store() {
    let house = House::without_registry(Limits::default());
    check(&house, 503, "waiting", "waiting").await;
    house.load(crate::fixture::snapshot());
    check(&house, 503, "waiting", "waiting").await;
    house.ping().await;
    check(&house, 200, "ready", "ready").await;
}

#[tokio::test]
async fn later_trouble_of_the_store_degrades_and_stays_200() {
    let house = House::new(Limits::default());
    house.ping().await;
    house.store_does(Does::Fail(unavailable()));
    house.ping().await;
    check(&house, 200, "ready", "degraded").await;
    let body = house.get("/ready").await;
    assert!(
        body.text().contains("connection refused"),
        "{}",
        body.text()
    );
    house.store_does(Does::Answer);
    house.ping().await;
    check(&house, 200, "ready", "ready").await;
}

#[tokio::test]
async fn later_trouble_of_the_registry_degrades_and_stays_200() {
    let house = House::new(Limits::default());
    house.ping().await;
    house.registry_fails("the document is truncated");
    check(&house, 200, "ready", "degraded").await;
}

#[tokio::test]
async fn a_project_that_left_the_registry_has_failed() {
    let house = House::new(Limits::default());
    house.ping().await;
    house.load(RegistrySnapshot::default());
    check(&house, 200, "ready", "failed").await;
}

#[tokio::test]
async fn a_store_that_refuses_from_the_start_has_failed() {
    let house = House::new(Limits::default());
    house.store_does(Does::Fail(denied()));
    house.ping().await;
    check(&house, 503, "waiting", "failed").await;
}

#[tokio::test]
async fn a_store_that_begins_to_refuse_has_failed_and_stays_200() {
    let house = House::new(Limits::default());
    house.ping().await;
    house.store_does(Does::Fail(denied()));
    house.ping().await;
    check(&house, 200, "ready", "failed").await;
    house.store_does(Does::Fail(unavailable()));
    house.ping().await;
    check(&house, 200, "ready", "degraded").await;
    house.store_does(Does::Answer);
    house.ping().await;
    check(&house, 200, "ready", "ready").await;
}

fn denied() -> Error {
    Error::Denied {
        store: "redis:6379".into(),
        reason: "WRONGPASS".into(),
    }
}

#[tokio::test]
async fn draining_turns_ready_off_while_requests_are_answered() {
    let house = House::new(Limits::default());
    house.ping().await;
    house.app.lifecycle.begin_draining();
    check(&house, 503, "draining", "ready").await;
    assert_eq!(house.get("/health").await.status, StatusCode::OK);
    assert_eq!(house.ask().await.status, StatusCode::OK);
}
