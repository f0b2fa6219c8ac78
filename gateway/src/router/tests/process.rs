use axum::body::Body;
use http::{Request, StatusCode};
use settings::Limits;

use super::house::{Does, House, unavailable};

fn house() -> House {
    House::new(Limits::default())
}

#[tokio::test]
async fn health_tells_that_the_process_lives_whatever_is_away() {
    let house = House::without_registry(Limits::default());
    house.store_does(Does::Fail(unavailable()));
    let reply = house.get("/health").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["status"], "ok");
}

#[tokio::test]
async fn a_path_that_is_not_served_is_a_404_of_the_same_shape() {
    let reply = house().get("/nowhere").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(reply.code(), "not_found");
    assert!(reply.text().contains("`/nowhere`"), "{}", reply.text());
}

#[tokio::test]
async fn a_method_that_is_not_served_is_a_405_that_names_those_that_are() {
    let house = house();
    let reply = house.get("/get-online-features").await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.code(), "method_not_allowed");
    assert_eq!(reply.header("allow"), "POST");
    let request = Request::delete("/health").body(Body::empty()).unwrap();
    let reply = house.send(request).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_slash_too_many_is_redirected_with_method_and_body() {
    let request = Request::post("/get-online-features/?a=b")
        .body(Body::from("{}"))
        .unwrap();
    let reply = house().send(request).await;
    assert_eq!(reply.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(reply.header("location"), "/get-online-features");
}

#[tokio::test]
async fn a_redirect_never_leads_elsewhere() {
    for path in ["//evil.example/", "/%2Fevil.example/", "/"] {
        let reply = house().get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_on_good_replies_and_bad_ones() {
    let house = house();
    for path in ["/health", "/nowhere"] {
        let request = Request::get(path)
            .header("x-request-id", "abc-1")
            .body(Body::empty())
            .unwrap();
        assert_eq!(house.send(request).await.header("x-request-id"), "abc-1");
    }
    let one = house.get("/health").await;
    let two = house.get("/health").await;
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
}

#[tokio::test]
async fn a_panic_is_a_500_with_fixed_text_and_the_next_request_is_served() {
    let house = house();
    house.store_does(Does::Panic);
    let reply = house.ask().await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(reply.code(), "internal");
    assert!(!reply.text().contains("the store panicked"));
    house.store_does(Does::Answer);
    assert_eq!(house.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_store_that_is_away_is_a_503_that_says_when_to_come_back() {
    let house = house();
    house.store_does(Does::Fail(unavailable()));
    let reply = house.ask().await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.code(), "store_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(
        !reply.text().contains("redis:6379"),
        "hosts are for the log"
    );
    house.store_does(Does::Answer);
    assert_eq!(house.ask().await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_interface_is_described_as_openapi_3_1() {
    let reply = house().get("/openapi.json").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("content-type"), "application/json");
    let document = reply.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for route in ["/get-online-features", "/health", "/ready", "/metrics"] {
        assert!(document["paths"][route].is_object(), "{route}");
    }
}
