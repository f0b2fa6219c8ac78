//! What a client is told when there is no answer for it.

use std::fmt::Display;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

mod access;
/// The `code` of each error reply: for programs to act on, so a code never changes its meaning.
pub mod code;
mod process;
mod serving;

/// An error reply. As a response it has no body yet: it travels in the response's extensions to the layer
/// that knows the request's id ([`crate::observe`]), which writes the body, counts the code and logs.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// One of [`code::ALL`].
    pub code: &'static str,
    /// What is wrong and what would be right, for the person who sent the request.
    pub detail: String,
    /// Seconds after which the same request may succeed.
    pub retry_after: Option<u32>,
    /// The value of `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// What happened inside: for the log, never for the client.
    pub cause: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    detail: &'a str,
    code: &'a str,
    request_id: &'a str,
}

impl ApiError {
    /// An error that tells the client everything there is to tell.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after: None,
            challenge: None,
            cause: None,
        }
    }

    /// The same, with `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// The same, with what the log shall say beside the detail.
    #[must_use]
    pub fn because(self, cause: impl Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..self
        }
    }

    /// The JSON of the reply.
    #[must_use]
    pub fn body(&self, request_id: &str) -> Vec<u8> {
        let body = Body {
            detail: &self.detail,
            code: self.code,
            request_id,
        };
        serde_json::to_vec(&body).expect("three strings are always JSON")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after {
            let seconds = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        let challenge = self.challenge.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(challenge)) = challenge {
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self);
        response
    }
}
