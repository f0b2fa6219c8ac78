use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use hyper::body::Frame;
use settings::Limits;
use tokio::sync::Semaphore;

use super::house::{ASK, Does, House, ask};
use crate::{admission::Deadline, error::ApiError};

/// A body of pieces without a length, which may break off without an end.
struct Pieces {
    left: usize,
    piece: Bytes,
    ends: bool,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left > 0 {
            self.left -= 1;
            return Poll::Ready(Some(Ok(Frame::data(self.piece.clone()))));
        }
        if self.ends {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }
}

fn pieces(count: usize, piece: &'static [u8], ends: bool) -> Body {
    Body::new(Pieces {
        left: count,
        piece: Bytes::from_static(piece),
        ends,
    })
}

fn small() -> Limits {
    Limits {
        max_body_bytes: 100,
        max_concurrent_requests: 1,
        request_timeout: Duration::from_secs(10),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_a_413_whether_it_says_its_length_or_not() {
    let house = House::new(small());
    let bodies = [
        Body::from(vec![b' '; 101]),
        pieces(101, b" ", true),
        pieces(2, &[b' '; 60], true),
    ];
    for body in bodies {
        let reply = house.send(ask(body)).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(reply.code(), "body_too_large");
        assert!(reply.text().contains("100 bytes"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_body_in_pieces_is_put_together() {
    let house = House::new(small());
    let text = br#"{"features":["stats:trips"],"entities":{"driver_id":[1]}}"#;
    assert!(text.len() <= 100);
    let reply = house.send(ask(pieces(1, text, true))).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let reply = house.send(ask(pieces(50, b" ", true))).await;
    assert_eq!(reply.code(), "malformed_json");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_to_its_end_is_a_408() {
    let house = House::new(small());
    let reply = house.send(ask(pieces(1, b"{", false))).await;
    assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(reply.code(), "body_timeout");
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_come_to_its_end_is_a_504() {
    let deadline = Deadline::after(Duration::from_secs(10));
    let never = std::future::pending::<()>();
    let late = deadline.bound(never, ApiError::deadline_exceeded).await;
    let error = late.unwrap_err();
    assert_eq!(error.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(error.code, "deadline_exceeded");
    assert!(error.detail.contains("10s"), "{}", error.detail);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_past_the_requests_time_is_a_503_to_try_again() {
    let house = House::new(small());
    house.store_does(Does::Wait(Arc::new(Semaphore::new(0))));
    let reply = house.ask().await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.code(), "store_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(reply.text().contains("10s"), "{}", reply.text());
}

#[tokio::test]
async fn a_compressed_body_is_a_415_and_identity_is_none() {
    let house = House::new(Limits::default());
    let encoded = |encoding: &str| {
        let mut request = ask(Body::from(ASK));
        let encoding = encoding.parse().unwrap();
        request.headers_mut().insert("content-encoding", encoding);
        request
    };
    for encoding in ["gzip", "br", "identity, gzip"] {
        let reply = house.send(encoded(encoding)).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(reply.code(), "unsupported_encoding");
        assert!(reply.text().contains(encoding), "{}", reply.text());
    }
    for encoding in ["identity", "Identity", ""] {
        assert_eq!(house.send(encoded(encoding)).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_request_too_many_is_a_429_while_probes_and_metrics_answer() {
    let house = House::new(small());
    let release = Arc::new(Semaphore::new(0));
    house.store_does(Does::Wait(Arc::clone(&release)));
    let mut first = Box::pin(house.ask());
    // polled once, it has its place and waits for the store
    assert!(poll_once(&mut first).await.is_none());
    let reply = house.ask().await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.code(), "overloaded");
    assert_eq!(reply.header("retry-after"), "1");
    for path in ["/health", "/metrics", "/openapi.json"] {
        assert_eq!(house.get(path).await.status, StatusCode::OK, "{path}");
    }
    release.add_permits(1);
    assert_eq!(first.await.status, StatusCode::OK);
    house.store_does(Does::Answer);
    assert_eq!(house.ask().await.status, StatusCode::OK);
}

async fn poll_once<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    std::future::poll_fn(|cx| {
        Poll::Ready(match Pin::new(&mut *future).poll(cx) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        })
    })
    .await
}
