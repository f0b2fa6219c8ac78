//! The description of the HTTP interface, `GET /openapi.json`.
//!
//! The schemas are made from the types below. Those only describe: the request is read by
//! [`crate::ask`], the reply is written by [`crate::encode`]. Tests compare a description with real bodies.

use std::{collections::BTreeMap, sync::LazyLock};

use utoipa::{
    Modify, OpenApi, PartialSchema, ToSchema,
    openapi::{
        KnownFormat, Object, RefOr, Schema, SchemaFormat,
        schema::{AnyOf, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// The body of a request.
#[derive(ToSchema)]
#[schema(example = json!({
    "features": ["driver_hourly_stats:conv_rate", "driver_hourly_stats:avg_daily_trips"],
    "entities": {"driver_id": [1001, 1002]}
}))]
#[allow(dead_code, reason = "a description")]
struct GetOnlineFeaturesRequest {
    /// Feature references: `view:feature`, or `view@v2:feature` where versions of views are stored apart.
    /// Ignored where `feature_service` is given; one of the two is needed.
    #[schema(default = json!([]))]
    features: Option<Vec<String>>,
    /// The name of a feature service, whose features are wanted.
    feature_service: Option<String>,
    /// For each join key the values of the entities, and for each request field its values. All lists are of
    /// equal length, at least 1.
    entities: BTreeMap<String, Vec<EntityValue>>,
    /// Tell features as `view__feature`.
    #[schema(default = false)]
    full_feature_names: Option<bool>,
    /// Tell the version of each view in `metadata.feature_view_metadata`.
    #[schema(default = false)]
    include_feature_view_version_metadata: Option<bool>,
    /// What the reply tells beside the values. Salver's own.
    metadata: Option<RequestMetadata>,
}

/// What the reply tells beside the values. Other keys are refused.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description")]
struct RequestMetadata {
    /// Tell how each value stands. Without it they are told in JSON, and not in Arrow.
    statuses: Option<bool>,
    /// Tell when each value held. As for `statuses`.
    event_timestamps: Option<bool>,
}

/// A value of a join key or request field.
struct EntityValue;

impl ToSchema for EntityValue {}

/// By hand, as an integer is also a number: of `oneOf`, which is what utoipa derives, exactly one may fit.
impl PartialSchema for EntityValue {
    fn schema() -> RefOr<Schema> {
        let integer = Object::builder()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        AnyOf::builder()
            .item(integer)
            .item(Object::with_type(Type::Number))
            .item(Object::with_type(Type::String))
            .description(Some(
                "An integer of a join key may also be given as a string, or as a float without fraction: it is \
                 taken exactly.",
            ))
            .into()
    }
}

/// The body of a reply. In the layout `columns` there is one item of `results` for each of
/// `metadata.feature_names`, which holds one value for each entity; in the layout `rows` there is one item for
/// each entity, which holds one value for each of `metadata.feature_names`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description")]
struct GetOnlineFeaturesResponse {
    /// The values.
    results: Vec<FeatureVector>,
    /// Their names.
    metadata: ResponseMetadata,
}

/// An Arrow IPC stream of one record batch.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[allow(dead_code, reason = "a description")]
struct ArrowStream(Vec<u8>);

/// Values with what is told beside each: lists of equal length.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description")]
struct FeatureVector {
    /// Integers with all their digits, floats in the shortest form that reads back as the same float, bytes in
    /// base64, timestamps in epoch seconds.
    values: Vec<Option<serde_json::Value>>,
    /// How each value stands; absent where the request says so.
    #[schema(nullable = false)]
    statuses: Option<Vec<FieldStatus>>,
    /// When each value held, in RFC 3339; 1970-01-01T00:00:00Z beside join keys, and where nothing is stored. Absent where
    /// the request says so.
    #[schema(nullable = false)]
    event_timestamps: Option<Vec<String>>,
}

/// How a value stands.
#[derive(ToSchema)]
#[allow(
    dead_code,
    non_camel_case_types,
    clippy::upper_case_acronyms,
    reason = "a description"
)]
enum FieldStatus {
    /// The value is the stored one. Where it is null, JSON has no form for it (NaN, infinity).
    PRESENT,
    /// What is stored is a null.
    NULL_VALUE,
    /// Nothing is stored for this entity.
    NOT_FOUND,
    /// What is stored is older than the view's ttl.
    OUTSIDE_MAX_AGE,
    /// What is stored can't be read.
    INVALID,
}

/// Beside the values.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description")]
struct ResponseMetadata {
    /// Join keys in the order of `entities`, then features in the order of the request.
    feature_names: Vec<String>,
    /// The versions of the views, where they were asked for.
    #[schema(nullable = false)]
    feature_view_metadata: Option<Vec<FeatureViewMetadata>>,
}

/// The version of a view.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description")]
struct FeatureViewMetadata {
    /// The view's name, or its alias in the feature service.
    name: String,
    /// Absent for version 0.
    #[schema(nullable = false)]
    version: Option<u32>,
}

/// The body of every error reply.
#[derive(ToSchema)]
#[allow(dead_code, reason = "a description")]
struct ErrorReply {
    /// What is wrong, in which field, and what would be right.
    detail: String,
    /// The kind of error, for programs. A code never changes its meaning.
    code: String,
    /// The request's id, as in the header `x-request-id`: the log has it too.
    request_id: String,
}

#[utoipa::path(
    post,
    path = "/get-online-features",
    operation_id = "get_online_features",
    tag = "features",
    summary = "Look up feature values",
    description = "Compatible with Feast's feature server. The body is read as JSON whatever its content type says.",
    params(
        ("Salver-Response-Layout" = Option<String>, Header, description = "`rows` or `columns`; without it the \
          layout that the project is configured with. The reply's header of this name tells which it is."),
        ("Cache-Control" = Option<String>, Header, description = "`no-cache` has rows read anew where the project has a cache"),
        ("Accept" = Option<String>, Header, description = "`application/vnd.apache.arrow.stream` gets an Arrow IPC stream: \
          a column for each name, then `NAME:status` and `NAME:event_timestamp` where `metadata` says `true`. Errors are JSON."),
        ("Accept-Encoding" = Option<String>, Header, description = "`gzip` or `zstd`: replies of 16 KiB and more are compressed"),
        ("Salver-Project" = Option<String>, Header, description = "The project, where several are served and the \
          path names none; without it the default one."),
    ),
    request_body(content = GetOnlineFeaturesRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The values", content((GetOnlineFeaturesResponse = "application/json"),
          (ArrowStream = "application/vnd.apache.arrow.stream")),
         headers(
             ("Salver-Response-Layout" = String, description = "`rows` or `columns`; absent where the reply is Arrow"),
             ("Salver-Cache" = String, description = "Where the project has a cache: `hits=24, misses=1`, rows that came \
               out of it and that were read; with `, stale` where the online store is away and can't confirm them"),
             ("Age" = u32, description = "Seconds since the oldest of the hits was read"),
             ("Salver-Replica" = String, description = "`true` where a replica told some of the rows, which may be older \
               than what was written last"),
             ("Vary" = String, description = "The request headers by which the reply differs from other clients'"),
         )),
        (status = 400, description = "A header can't be understood, no project is named where one must be, or the \
          body broke off", body = ErrorReply),
        (status = 401, description = "A token is needed, and there is none or it is not taken", body = ErrorReply,
         headers(("WWW-Authenticate" = String, description = "`Bearer`, with `error` and `error_description` where a \
           token was sent"))),
        (status = 403, description = "The caller may not do that, or what it asks for is not here", body = ErrorReply),
        (status = 404, description = "There is no such feature service, view, feature or project", body = ErrorReply),
        (status = 409, description = "A view is disabled", body = ErrorReply),
        (status = 408, description = "The body did not arrive in time", body = ErrorReply),
        (status = 413, description = "The body is too long", body = ErrorReply),
        (status = 415, description = "The body is compressed", body = ErrorReply),
        (status = 422, description = "The body is no request that this project can answer", body = ErrorReply),
        (status = 429, description = "More requests arrive than can be answered in time, or clients have not taken so much of earlier \
          replies that there is no room for another", body = ErrorReply,
         headers(("Retry-After" = u32, description = "Seconds after which to try again"))),
        (status = 500, description = "A mistake of ours; the log has more under the request's id", body = ErrorReply),
        (status = 501, description = "An on-demand view has no transformation bound to it", body = ErrorReply),
        (status = 503, description = "Registry or online store can't be read, or a token can't be checked", body = ErrorReply,
         headers(("Retry-After" = u32, description = "Seconds after which to try again"))),
        (status = 504, description = "No answer was found in time", body = ErrorReply),
    ),
    security((), ("token" = [])),
)]
#[allow(dead_code, reason = "a description")]
fn get_online_features() {}

#[utoipa::path(
    post,
    path = "/projects/{project}/get-online-features",
    operation_id = "get_online_features_of_project",
    tag = "features",
    summary = "Look up feature values of a project",
    description = "As `/get-online-features`, where several projects are served.",
    params(
        ("project" = String, Path, description = "The project"),
        ("Salver-Response-Layout" = Option<String>, Header, description = "As for `/get-online-features`"),
    ),
    request_body(content = GetOnlineFeaturesRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The values", body = GetOnlineFeaturesResponse,
         headers(("Salver-Response-Layout" = String, description = "`rows` or `columns`"))),
        (status = "default", description = "As for `/get-online-features`", body = ErrorReply),
    ),
    security((), ("token" = [])),
)]
#[allow(dead_code, reason = "a description")]
fn get_online_features_of_project() {}

#[utoipa::path(
    get,
    path = "/health",
    tag = "process",
    summary = "Whether the process lives",
    responses((status = 200, description = "It does")),
)]
#[allow(dead_code, reason = "a description")]
fn health() {}

#[utoipa::path(
    get,
    path = "/ready",
    tag = "process",
    summary = "Whether the process should get traffic",
    responses(
        (status = 200, description = "A project has a registry and its store has answered; the body lists each"),
        (status = 503, description = "Not yet, or no longer"),
    ),
)]
#[allow(dead_code, reason = "a description")]
fn ready() {}

#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "open_api",
    tag = "process",
    summary = "This document",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
)]
#[allow(dead_code, reason = "a description")]
fn open_api() {}

#[utoipa::path(
    get,
    path = "/metrics",
    tag = "process",
    summary = "What was counted, in the OpenMetrics text format",
    responses(
        (status = 200, description = "The metrics", content_type = "application/openmetrics-text"),
        (status = 401, description = "As for features, where metrics are on the same port", body = ErrorReply),
        (status = 403, description = "The token does not show every project", body = ErrorReply),
        (status = 429, description = "Clients have not taken so much of earlier replies that there is no room for another",
         body = ErrorReply, headers(("Retry-After" = u32, description = "Seconds after which to try again"))),
    ),
    security((), ("token" = [])),
)]
#[allow(dead_code, reason = "a description")]
fn metrics() {}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Salver gateway",
        description = "Serves feature vectors",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        get_online_features,
        get_online_features_of_project,
        health,
        ready,
        open_api,
        metrics
    ),
    components(schemas(GetOnlineFeaturesRequest, GetOnlineFeaturesResponse, ErrorReply)),
    modifiers(&Token)
)]
struct Description;

/// The security scheme `token`, for projects that ask for one.
struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

static JSON: LazyLock<String> = LazyLock::new(|| {
    Description::openapi()
        .to_json()
        .expect("a description made of literals is JSON")
});

/// The OpenAPI 3.1 document.
#[must_use]
pub fn json() -> &'static str {
    &JSON
}

#[cfg(test)]
mod tests;
