//! Replies that nobody reads.

use axum::response::Response;
use feature_model::Value;
use http::StatusCode;
use serde_json::json;

use super::house::{House, NEW_YEAR, Reply};

/// Room for three replies of half of this, and for short ones.
const LIMITS: &str = "limits: {max_unsent_bytes: 2MiB}";
const LONG: usize = 512 * 1024;

/// A gateway with one row, whose value is so long and can't be compressed to nothing.
async fn house() -> House {
    let house = House::configured(LIMITS).await;
    let mut state = 1_u64;
    let letter = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + (state >> 33) as u8 % 26)
    };
    let color = Value::String((0..LONG - 1024).map(letter).collect());
    let key = [("driver_id", Value::String("long".into()))];
    house
        .store("labels", &key, NEW_YEAR, &[("color", color)])
        .await;
    house
}

fn body(driver: &str) -> String {
    json!({"features": ["labels:color"], "entities": {"driver_id": [driver]}}).to_string()
}

async fn held(house: &House, bytes: usize) -> bool {
    let sample = format!("salver_unsent_bytes{{project=\"prj\"}} {bytes}");
    house.tells(&sample).await
}

async fn unread(house: &House, headers: &[(&str, &str)]) -> Response {
    let reply = house.send(headers, &body("long")).await;
    assert_eq!(reply.status(), StatusCode::OK);
    reply
}

#[tokio::test]
async fn replies_that_nobody_reads_are_bounded_and_short_ones_are_told() {
    let house = house().await;
    let mut unread = [
        unread(&house, &[]).await,
        unread(&house, &[]).await,
        unread(&house, &[]).await,
    ];
    let refused = house.ask(&body("long")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.json()["code"], "replies_not_taken");
    let detail = refused.text();
    assert!(detail.contains("`max_unsent_bytes` is 2097152"), "{detail}");
    let counted = r#"salver_http_errors_total{project="prj",route="/get-online-features",code="replies_not_taken"} 1"#;
    assert!(house.tells(counted).await);
    assert_eq!(house.ask(&body("none")).await.status, StatusCode::OK);
    let taken = std::mem::take(&mut unread[0]);
    assert!(Reply::read(taken).await.body.len() > LONG - 1024);
    assert_eq!(house.ask(&body("long")).await.status, StatusCode::OK);
    drop(unread);
    assert!(held(&house, 0).await);
}

#[tokio::test]
async fn of_a_compressed_reply_what_is_sent_is_counted() {
    let house = house().await;
    let whole = unread(&house, &[]).await;
    let whole_bytes = Reply::read(whole).await.body.len();
    for coding in ["gzip", "zstd"] {
        let reply = unread(&house, &[("accept-encoding", coding)]).await;
        assert!(!held(&house, 0).await);
        let kept = Reply::read(reply).await.body;
        assert!(kept.len() < whole_bytes);
        assert!(held(&house, kept.len()).await);
    }
    assert!(held(&house, 0).await);
}
