use std::time::Duration;

use http::{Method, StatusCode};

use super::{ApiError, code};
use crate::{nearest::hint, turns::Overloaded};

/// Errors of the process around the request: no stage of the read path has seen it, or none came to its end.
impl ApiError {
    /// No route has this path.
    #[must_use]
    pub fn not_found(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            code::NOT_FOUND,
            format!("there is nothing at `{path}`; features are at `POST /get-online-features`"),
        )
    }

    /// The path has other methods.
    #[must_use]
    pub fn method_not_allowed(method: &Method, path: &str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            code::METHOD_NOT_ALLOWED,
            format!(
                "`{path}` does not answer `{method}`; the `Allow` header names what it answers"
            ),
        )
    }

    /// The body is too long.
    #[must_use]
    pub fn body_too_large(max_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            code::BODY_TOO_LARGE,
            format!(
                "the body is longer than {max_bytes} bytes (`max_body_bytes`); ask for fewer entities at once"
            ),
        )
    }

    /// The body is compressed.
    #[must_use]
    pub fn unsupported_encoding(encoding: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code::UNSUPPORTED_ENCODING,
            format!(
                "header `Content-Encoding` is `{encoding}`; send the body uncompressed, without this header"
            ),
        )
    }

    /// The body broke off.
    #[must_use]
    pub fn body_incomplete(cause: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            code::BODY_INCOMPLETE,
            "the body could not be read to its end",
        )
        .because(cause)
    }

    /// The body came too slowly.
    #[must_use]
    pub fn body_timeout(limit: Duration) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            code::BODY_TIMEOUT,
            format!("the body did not arrive within {limit:?}"),
        )
    }

    /// The answer came too slowly.
    #[must_use]
    pub fn deadline_exceeded(limit: Duration) -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            code::DEADLINE_EXCEEDED,
            format!("no answer was found within {limit:?}; ask for fewer values, or try again"),
        )
    }

    /// Too much is under way.
    #[must_use]
    pub fn too_many_requests(max_concurrent: usize) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            code::OVERLOADED,
            format!("{max_concurrent} requests are being answered already; try again in a second"),
        )
        .retry_after(1)
    }

    /// Clients have yet to take what they were told before.
    #[must_use]
    pub fn replies_not_taken(max_unsent: usize) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            code::REPLIES_NOT_TAKEN,
            format!(
                "clients have yet to take so much of earlier replies that there is no room for this one \
                 (`max_unsent_bytes` is {max_unsent}); try again in a second, or ask for fewer values at once"
            ),
        )
        .retry_after(1)
    }

    /// Too many are connected.
    #[must_use]
    pub fn too_many_connections() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::TOO_MANY_CONNECTIONS,
            "too many connections are open; try again in a second",
        )
        .retry_after(1)
    }

    /// This gateway doesn't serve that project; `nearest` is the one that may have been meant.
    #[must_use]
    pub fn unknown_project(name: &str, nearest: Option<&str>) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            code::UNKNOWN_PROJECT,
            format!("project `{name}` is not served here{}", hint(nearest)),
        )
    }

    /// Several projects are served, and the request names none.
    #[must_use]
    pub fn unnamed_project() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            code::UNNAMED_PROJECT,
            "several projects are served here, and the request names none; send it to \
             `/projects/PROJECT/get-online-features`, or name the project in the header `Salver-Project`",
        )
    }

    /// A mistake of ours. The client gets a fixed text, the log gets `cause`.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            code::INTERNAL,
            "something went wrong inside the gateway; its log has more under this request id",
        )
        .because(cause)
    }
}

impl From<Overloaded> for ApiError {
    fn from(_: Overloaded) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            code::OVERLOADED,
            "more requests arrive than can be answered in time; try again in a second",
        )
        .retry_after(1)
    }
}
