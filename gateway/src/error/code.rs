//! Codes of error replies. `docs/serving.md` explains each; a test compares.

/// No route has this path.
pub const NOT_FOUND: &str = "not_found";
/// The path has other methods; `Allow` names them.
pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
/// The body is longer than `limits.max_body_bytes`.
pub const BODY_TOO_LARGE: &str = "body_too_large";
/// The body is compressed.
pub const UNSUPPORTED_ENCODING: &str = "unsupported_encoding";
/// The body broke off or was no valid HTTP.
pub const BODY_INCOMPLETE: &str = "body_incomplete";
/// The body didn't arrive within `limits.request_timeout`.
pub const BODY_TIMEOUT: &str = "body_timeout";
/// No answer was found within `limits.request_timeout`.
pub const DEADLINE_EXCEEDED: &str = "deadline_exceeded";
/// `limits.max_concurrent_requests` are being answered, or more arrive than can be answered in time.
pub const OVERLOADED: &str = "overloaded";
/// Clients have not taken so much of earlier replies that there is no room for another (`limits.max_unsent_bytes`).
pub const REPLIES_NOT_TAKEN: &str = "replies_not_taken";
/// `limits.max_connections` are open.
pub const TOO_MANY_CONNECTIONS: &str = "too_many_connections";
/// The request names a project that this gateway doesn't serve.
pub const UNKNOWN_PROJECT: &str = "unknown_project";
/// Several projects are served, and the request names none.
pub const UNNAMED_PROJECT: &str = "unnamed_project";
/// The request has no token.
pub const TOKEN_REQUIRED: &str = "token_required";
/// The request's token isn't taken.
pub const INVALID_TOKEN: &str = "invalid_token";
/// The key of the request's token isn't known yet, or no keys are.
pub const KEYS_UNAVAILABLE: &str = "keys_unavailable";
/// The caller may not do that, or what it is about isn't there.
pub const FORBIDDEN: &str = "forbidden";
/// The caller may not do that, and may know what is missing.
pub const PERMISSION_MISSING: &str = "permission_missing";
/// No registry has been read yet for the project.
pub const NOT_READY: &str = "not_ready";
/// A request header has a value that it can't have.
pub const INVALID_HEADER: &str = "invalid_header";
/// The body is no JSON.
pub const MALFORMED_JSON: &str = "malformed_json";
/// A field is of another JSON type than it should be.
pub const WRONG_TYPE: &str = "wrong_type";
/// An object has a key twice.
pub const DUPLICATE_KEY: &str = "duplicate_key";
/// A field is missing that every request needs.
pub const MISSING_FIELD: &str = "missing_field";
/// A list of `entities` is empty.
pub const EMPTY_LIST: &str = "empty_list";
/// Lists of `entities` differ in length.
pub const UNEQUAL_LENGTHS: &str = "unequal_lengths";
/// More entities than `limits.max_entities`.
pub const TOO_MANY_ENTITIES: &str = "too_many_entities";
/// More values than `limits.max_values`.
pub const TOO_MANY_VALUES: &str = "too_many_values";
/// An item of `features` is no feature reference.
pub const INVALID_REFERENCE: &str = "invalid_reference";
/// Two features would have one name in the reply.
pub const NAME_COLLISION: &str = "name_collision";
/// The project has no such feature service.
pub const UNKNOWN_FEATURE_SERVICE: &str = "unknown_feature_service";
/// The project has no such feature view.
pub const UNKNOWN_FEATURE_VIEW: &str = "unknown_feature_view";
/// The view has no such feature.
pub const UNKNOWN_FEATURE: &str = "unknown_feature";
/// The view has no such version.
pub const UNKNOWN_VERSION: &str = "unknown_version";
/// A version is asked for where versions aren't stored apart.
pub const VERSIONING_DISABLED: &str = "versioning_disabled";
/// The view is disabled in the registry.
pub const VIEW_DISABLED: &str = "view_disabled";
/// Nothing is bound to an on-demand view that could compute it.
pub const TRANSFORM_UNAVAILABLE: &str = "transform_unavailable";
/// The plugin of an on-demand view isn't loaded (yet), or the one that is doesn't know the feature.
pub const PLUGIN_NOT_READY: &str = "plugin_not_ready";
/// The plugin returned an error.
pub const PLUGIN_FAILED: &str = "plugin_failed";
/// The plugin ran into a trap, such as an overflow of its stack.
pub const PLUGIN_TRAPPED: &str = "plugin_trapped";
/// The plugin didn't return within its deadline.
pub const PLUGIN_DEADLINE: &str = "plugin_deadline";
/// The plugin wanted more memory than it may have.
pub const PLUGIN_MEMORY: &str = "plugin_memory";
/// The plugin returned other columns than it described, or too much.
pub const PLUGIN_OUTPUT: &str = "plugin_output";
/// The plugin has failed several times in a row and isn't called for a while.
pub const PLUGIN_FAILING: &str = "plugin_failing";
/// The plugin has no instance free within its deadline.
pub const PLUGIN_BUSY: &str = "plugin_busy";
/// No instance of the plugin can be started now.
pub const PLUGIN_UNAVAILABLE: &str = "plugin_unavailable";
/// A stored value isn't of the type that the registry declares, so that the plugin can't be given it.
pub const PLUGIN_INPUT: &str = "plugin_input";
/// A view from which the view is computed has failed.
pub const PLUGIN_SOURCE_FAILED: &str = "plugin_source_failed";
/// `entities` lacks request data.
pub const MISSING_REQUEST_DATA: &str = "missing_request_data";
/// A value of `entities` isn't one of its request source's field.
pub const INVALID_REQUEST_DATA: &str = "invalid_request_data";
/// A key of `entities` means nothing in the project, or one of `metadata` means nothing.
pub const UNKNOWN_FIELD: &str = "unknown_field";
/// `entities` lacks a join key.
pub const MISSING_JOIN_KEY: &str = "missing_join_key";
/// A join key is given under its name and under its entity's.
pub const DUPLICATE_JOIN_KEY: &str = "duplicate_join_key";
/// A join key is declared with a type that no entity key has.
pub const UNSUPPORTED_KEY_TYPE: &str = "unsupported_key_type";
/// A value isn't exactly one of its join key's type.
pub const INVALID_ENTITY_VALUE: &str = "invalid_entity_value";
/// The online store can't be read now.
pub const STORE_UNAVAILABLE: &str = "store_unavailable";
/// A mistake of ours; the log has the cause under the request's id.
pub const INTERNAL: &str = "internal";

/// Every code there is.
pub const ALL: &[&str] = &[
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_LARGE,
    UNSUPPORTED_ENCODING,
    BODY_INCOMPLETE,
    BODY_TIMEOUT,
    DEADLINE_EXCEEDED,
    OVERLOADED,
    REPLIES_NOT_TAKEN,
    TOO_MANY_CONNECTIONS,
    UNKNOWN_PROJECT,
    UNNAMED_PROJECT,
    TOKEN_REQUIRED,
    INVALID_TOKEN,
    KEYS_UNAVAILABLE,
    FORBIDDEN,
    PERMISSION_MISSING,
    NOT_READY,
    INVALID_HEADER,
    MALFORMED_JSON,
    WRONG_TYPE,
    DUPLICATE_KEY,
    MISSING_FIELD,
    EMPTY_LIST,
    UNEQUAL_LENGTHS,
    TOO_MANY_ENTITIES,
    TOO_MANY_VALUES,
    INVALID_REFERENCE,
    NAME_COLLISION,
    UNKNOWN_FEATURE_SERVICE,
    UNKNOWN_FEATURE_VIEW,
    UNKNOWN_FEATURE,
    UNKNOWN_VERSION,
    VERSIONING_DISABLED,
    VIEW_DISABLED,
    TRANSFORM_UNAVAILABLE,
    PLUGIN_NOT_READY,
    PLUGIN_FAILED,
    PLUGIN_TRAPPED,
    PLUGIN_DEADLINE,
    PLUGIN_MEMORY,
    PLUGIN_OUTPUT,
    PLUGIN_FAILING,
    PLUGIN_BUSY,
    PLUGIN_UNAVAILABLE,
    PLUGIN_INPUT,
    PLUGIN_SOURCE_FAILED,
    MISSING_REQUEST_DATA,
    INVALID_REQUEST_DATA,
    UNKNOWN_FIELD,
    MISSING_JOIN_KEY,
    DUPLICATE_JOIN_KEY,
    UNSUPPORTED_KEY_TYPE,
    INVALID_ENTITY_VALUE,
    STORE_UNAVAILABLE,
    INTERNAL,
];
