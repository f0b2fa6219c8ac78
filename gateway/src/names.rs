//! The one vocabulary of metrics, labels, spans and log fields, so that a graph, a trace and a log
//! line of one thing carry the same word. `docs/serving.md` explains each metric; a test compares.

/// Names of metrics, without the `_total` that counters get in the text format.
pub mod metric {
    /// Counter: requests answered, by project, [`super::label::ROUTE`] and [`super::label::STATUS`].
    pub const REQUESTS: &str = "salver_http_requests";
    /// Histogram in seconds: from the request's head to the reply's head, by project, route and status.
    pub const REQUEST_DURATION: &str = "salver_http_request_duration_seconds";
    /// Gauge: requests that are being answered right now.
    pub const REQUESTS_IN_FLIGHT: &str = "salver_http_requests_in_flight";
    /// Gauge: requests that are being answered right now, by [`super::label::PROJECT`].
    pub const PROJECT_REQUESTS_IN_FLIGHT: &str = "salver_project_requests_in_flight";
    /// Gauge: bytes of replies that are found and that clients have not taken, by project.
    pub const UNSENT_BYTES: &str = "salver_unsent_bytes";
    /// Counter: error replies, by project, route and [`super::label::CODE`].
    pub const REQUEST_ERRORS: &str = "salver_http_errors";
    /// Gauge: open connections.
    pub const CONNECTIONS: &str = "salver_connections";
    /// Counter: accepted connections, by [`super::label::OUTCOME`] (`served` or `refused`).
    pub const CONNECTIONS_ACCEPTED: &str = "salver_connections_accepted";
    /// Counter: connections that Salver closed on its own, by [`super::label::REASON`].
    pub const CONNECTIONS_TIMED_OUT: &str = "salver_connections_timed_out";
    /// Counter: TLS handshakes, by outcome (`ok`, `failed`, `timed_out` or `refused`).
    pub const TLS_HANDSHAKES: &str = "salver_tls_handshakes";
    /// Counter: calls to an online store, by project, operation and outcome.
    pub const STORE_CALLS: &str = "salver_store_calls";
    /// Histogram in seconds: calls to an online store, by project and operation.
    pub const STORE_CALL_DURATION: &str = "salver_store_call_duration_seconds";
    /// Counter: stored values that couldn't be decoded, by project and feature view.
    pub const CORRUPT_VALUES: &str = "salver_corrupt_values";
    /// Counter: rows that requests asked of a cache, by project and outcome (`hit`, `stale` or `miss`).
    pub const CACHE_ROWS: &str = "salver_cache_rows";
    /// Gauge: entities of which a cache keeps rows, by project.
    pub const CACHE_ENTITIES: &str = "salver_cache_entities";
    /// Gauge: memory that a cache's rows take, by project.
    pub const CACHE_BYTES: &str = "salver_cache_bytes";
    /// Gauge, 1 or 0: whether the online store tells a cache of changes, by project.
    pub const CACHE_UP: &str = "salver_cache_up";
    /// Gauge, 1 or 0: whether reads of the online store fail without having been tried, by project.
    pub const STORE_LEFT_ALONE: &str = "salver_store_left_alone";
    /// Counter: computations of on-demand views, by project, feature view and outcome (`ok` or a code).
    pub const PLUGIN_CALLS: &str = "salver_plugin_calls";
    /// Histogram in seconds: computations of on-demand views, by project and feature view.
    pub const PLUGIN_CALL_DURATION: &str = "salver_plugin_call_duration_seconds";
    /// Gauge, 1 or 0: whether the plugin that the registry binds to a view serves it, by project and feature view.
    pub const PLUGIN_UP: &str = "salver_plugin_up";
    /// Gauge, always 1: the registry version being served, by project and version.
    pub const REGISTRY_VERSION: &str = "salver_registry_version";
    /// Gauge in seconds: how long ago the served registry version was read, by project.
    pub const REGISTRY_AGE: &str = "salver_registry_age_seconds";
    /// Gauge in Unix seconds: when the served registry document was written, by project.
    pub const REGISTRY_UPDATED: &str = "salver_registry_last_updated_timestamp_seconds";
    /// Gauge, 1 or 0: whether the last look at the registry succeeded, by project.
    pub const REGISTRY_UP: &str = "salver_registry_up";
    /// Gauge in seconds: how long ago the keys that tokens are checked with were fetched, by project.
    pub const TOKEN_KEYS_AGE: &str = "salver_token_keys_age_seconds";
    /// Gauge, 1 or 0: whether the last fetch of those keys succeeded, by project.
    pub const TOKEN_KEYS_UP: &str = "salver_token_keys_up";
    /// Gauge, 1 for the state a project is in, by project and [`super::label::STATE`].
    pub const PROJECT_STATE: &str = "salver_project_state";
    /// Gauge in Unix seconds: the end of a view's last materialization, by project and feature view.
    pub const MATERIALIZED_UNTIL: &str = "salver_materialized_until_timestamp_seconds";
    /// Counter: rows that all materializations of a view have written, by project and feature view. From the
    /// registry, where `registry-admin` keeps it.
    pub const MATERIALIZED_ROWS: &str = "salver_materialized_rows";
    /// Gauge, always 1: the version of this program.
    pub const BUILD: &str = "salver_build_info";

    /// Every metric there is.
    pub const ALL: [&str; 31] = [
        REQUESTS,
        REQUEST_DURATION,
        REQUESTS_IN_FLIGHT,
        PROJECT_REQUESTS_IN_FLIGHT,
        UNSENT_BYTES,
        REQUEST_ERRORS,
        CONNECTIONS,
        CONNECTIONS_ACCEPTED,
        CONNECTIONS_TIMED_OUT,
        TLS_HANDSHAKES,
        STORE_CALLS,
        STORE_CALL_DURATION,
        CORRUPT_VALUES,
        CACHE_ROWS,
        CACHE_ENTITIES,
        CACHE_BYTES,
        CACHE_UP,
        STORE_LEFT_ALONE,
        PLUGIN_CALLS,
        PLUGIN_CALL_DURATION,
        PLUGIN_UP,
        REGISTRY_VERSION,
        REGISTRY_AGE,
        REGISTRY_UPDATED,
        REGISTRY_UP,
        TOKEN_KEYS_AGE,
        TOKEN_KEYS_UP,
        PROJECT_STATE,
        MATERIALIZED_UNTIL,
        MATERIALIZED_ROWS,
        BUILD,
    ];
}

/// Labels of metrics.
pub mod label {
    /// The route's pattern, `unmatched` for a path that no route has.
    pub const ROUTE: &str = "route";
    /// The status code in digits.
    pub const STATUS: &str = "status";
    /// The `code` of an error reply.
    pub const CODE: &str = "code";
    /// The project's name.
    pub const PROJECT: &str = "project";
    /// `read` or `ping`.
    pub const OPERATION: &str = "operation";
    /// How it went.
    pub const OUTCOME: &str = "outcome";
    /// Which timeout ran out.
    pub const REASON: &str = "reason";
    /// A registry version, or the program's.
    pub const VERSION: &str = "version";
    /// A [`crate::ready::State`].
    pub const STATE: &str = "state";
    /// A feature view's name.
    pub const FEATURE_VIEW: &str = "feature_view";
}

/// Names of spans. A stage's span is a child of the request's.
pub mod span {
    /// One request, from its head to its reply's head.
    pub const REQUEST: &str = "request";
    /// The body becomes an ask.
    pub const ASK: &str = "ask";
    /// The ask is looked up in the registry.
    pub const RESOLVE: &str = "resolve";
    /// Values come from the online store.
    pub const READ: &str = "read";
    /// Plugins compute features.
    pub const TRANSFORM: &str = "transform";
    /// The reply is written.
    pub const ENCODE: &str = "encode";
}

/// Fields of spans and log lines.
pub mod field {
    /// The request's id, as in the reply's `x-request-id`.
    pub const REQUEST_ID: &str = "request_id";
    /// The route's pattern.
    pub const ROUTE: &str = super::label::ROUTE;
    /// The HTTP method.
    pub const METHOD: &str = "method";
    /// The status code.
    pub const STATUS: &str = super::label::STATUS;
    /// The `code` of an error reply.
    pub const CODE: &str = super::label::CODE;
    /// The `detail` of an error reply.
    pub const DETAIL: &str = "detail";
    /// What happened inside, which the client is not told.
    pub const CAUSE: &str = "cause";
    /// How long a request took, in microseconds.
    pub const DURATION_MICROS: &str = "duration_micros";
    /// The project's name.
    pub const PROJECT: &str = super::label::PROJECT;
    /// A folder of the command line.
    pub const REPOSITORY: &str = "repository";
    /// The version of a registry document.
    pub const REGISTRY_VERSION: &str = "registry_version";
    /// The state of a project.
    pub const STATE: &str = super::label::STATE;
    /// Which timeout ran out.
    pub const REASON: &str = super::label::REASON;
    /// An address that is listened on.
    pub const ADDRESS: &str = "address";
    /// File and line of something doubtful.
    pub const PLACE: &str = "place";
    /// Where in the source a panic began.
    pub const LOCATION: &str = "location";
    /// An error's text.
    pub const ERROR: &str = "error";
    /// A feature view's name.
    pub const FEATURE_VIEW: &str = super::label::FEATURE_VIEW;
    /// The digest of a plugin's component.
    pub const PLUGIN: &str = "plugin";
    /// A feature's name.
    pub const FEATURE: &str = "feature";
    /// How many values it is about.
    pub const VALUES: &str = "values";
    /// How many replies it is about.
    pub const REPLIES: &str = "replies";
    /// When an audit line was written, in RFC 3339.
    pub const TIME: &str = "time";
    /// Which log a line belongs to.
    pub const TARGET: &str = "target";
    /// Who asked, as the token says it.
    pub const SUBJECT: &str = "subject";
    /// What somebody wanted to do.
    pub const ACTION: &str = "action";
    /// With which objects.
    pub const OBJECTS: &str = "objects";
    /// How many objects those are.
    pub const OBJECT_COUNT: &str = "object_count";
    /// What was decided.
    pub const DECISION: &str = "decision";
    /// The rule that decided, or came nearest.
    pub const RULE: &str = "rule";
}

/// Targets of log lines that are switched apart from their module.
pub mod target {
    /// One line for each request, at level debug.
    pub const ACCESS: &str = "access";
    /// Who was denied what: one line for each decision at level info, for each token that isn't taken at level debug.
    pub const AUDIT: &str = "salver::audit";
}
