//! Codes of error replies. `docs/serving.md` explains each; a test compares.

/// No route has this path.
pub const NOT_FOUND: &str = "not_found";
/// The path has other methods; `Allow` names them.
pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
/// The body is longer than `limits.max_body_bytes`.
pub const BODY_TOO_LARGE: &str = "body_too_large";
/// The body broke off or was no valid HTTP.
pub const BODY_INCOMPLETE: &str = "body_incomplete";
/// The body didn't arrive within `limits.request_timeout`.
pub const BODY_TIMEOUT: &str = "body_timeout";
/// No answer was found within `limits.request_timeout`.
pub const DEADLINE_EXCEEDED: &str = "deadline_exceeded";
/// `limits.max_concurrent_requests` are being answered.
pub const OVERLOADED: &str = "overloaded";
/// `limits.max_connections` are open.
pub const TOO_MANY_CONNECTIONS: &str = "too_many_connections";
/// `Salver-Project` names a project that this gateway doesn't serve.
pub const UNKNOWN_PROJECT: &str = "unknown_project";
/// A mistake of ours; the log has the cause under the request's id.
pub const INTERNAL: &str = "internal";

/// Every code there is.
pub const ALL: &[&str] = &[
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    BODY_INCOMPLETE,
    BODY_TIMEOUT,
    DEADLINE_EXCEEDED,
    OVERLOADED,
    TOO_MANY_CONNECTIONS,
    UNKNOWN_PROJECT,
    INTERNAL,
];
