//! A panic in a handler becomes a reply, and the process goes on.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Answers 500 with a fixed text where something inside panicked. Nothing of ours should; this keeps a mistake
/// from taking its connection down without a word.
pub async fn caught(answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    poll_fn(move |cx| {
        // what the handler shared with others is behind locks that say so when they are poisoned
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx)));
        polled.unwrap_or_else(|panic| Poll::Ready(panicked(&*panic).into_response()))
    })
    .await
}

fn panicked(panic: &(dyn Any + Send)) -> ApiError {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is no text");
    ApiError::internal(format!("panicked: {message}"))
}
