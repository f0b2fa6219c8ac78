use std::time::Duration;

use feature_model::ProjectName;
use http::StatusCode;

use super::{ApiError, code};
use plugin_host::CallError;

use crate::{
    ask::AskError, authorise::Unpermitted, read::ReadError, resolve::ResolveError, rows::RowsError,
    transform::TransformError,
};

const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

/// Errors of the stages of the read path: what the sender can mend is told whole, what goes wrong inside is for
/// the log. Nothing that a request says can make a 500.
impl ApiError {
    /// No registry has been read yet.
    #[must_use]
    pub fn not_ready(project: &ProjectName) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::NOT_READY,
            format!(
                "project `{project}` has no registry yet, and `/ready` tells why; try again in a second"
            ),
        )
        .retry_after(1)
    }

    /// The store kept the request waiting until its time was over.
    #[must_use]
    pub fn store_late(limit: Duration) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::STORE_UNAVAILABLE,
            format!("the online store did not answer within {limit:?}; try again in a second"),
        )
        .retry_after(1)
    }

    /// A request header has a value that it can't have.
    #[must_use]
    pub fn invalid_header(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code::INVALID_HEADER, detail)
    }
}

impl From<AskError> for ApiError {
    fn from(error: AskError) -> Self {
        let code = match &error {
            AskError::Malformed { .. } => code::MALFORMED_JSON,
            AskError::WrongType { .. } => code::WRONG_TYPE,
            AskError::DuplicateKey { .. } | AskError::DuplicateKeyWithin { .. } => {
                code::DUPLICATE_KEY
            }
            AskError::UnknownSwitch { .. } => code::UNKNOWN_FIELD,
            AskError::NoEntities | AskError::NothingWanted => code::MISSING_FIELD,
            AskError::EmptyEntities | AskError::EmptyList { .. } => code::EMPTY_LIST,
            AskError::UnequalLengths { .. } => code::UNEQUAL_LENGTHS,
            AskError::TooManyEntities { .. } => code::TOO_MANY_ENTITIES,
        };
        Self::new(UNPROCESSABLE, code, error.to_string())
    }
}

impl From<Unpermitted> for ApiError {
    fn from(error: Unpermitted) -> Self {
        match error {
            Unpermitted::Denied(denied) => Self::denied(&denied),
            Unpermitted::Unresolved(error) => error.into(),
        }
    }
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        let (status, code) = match &error {
            ResolveError::NotPermitted => return Self::forbidden(),
            ResolveError::NoProject { .. } => (StatusCode::NOT_FOUND, code::UNKNOWN_PROJECT),
            ResolveError::UnknownService { .. } => {
                (StatusCode::NOT_FOUND, code::UNKNOWN_FEATURE_SERVICE)
            }
            ResolveError::UnknownView { .. } => (StatusCode::NOT_FOUND, code::UNKNOWN_FEATURE_VIEW),
            ResolveError::UnknownFeature { .. } => (StatusCode::NOT_FOUND, code::UNKNOWN_FEATURE),
            ResolveError::UnknownVersion { .. } => (StatusCode::NOT_FOUND, code::UNKNOWN_VERSION),
            ResolveError::BadReference { .. } => (UNPROCESSABLE, code::INVALID_REFERENCE),
            ResolveError::VersioningDisabled { .. } => (UNPROCESSABLE, code::VERSIONING_DISABLED),
            ResolveError::Collision { .. } => (UNPROCESSABLE, code::NAME_COLLISION),
            ResolveError::Disabled { .. } => (StatusCode::CONFLICT, code::VIEW_DISABLED),
            ResolveError::TransformUnavailable { .. } => {
                (StatusCode::NOT_IMPLEMENTED, code::TRANSFORM_UNAVAILABLE)
            }
            ResolveError::PluginNotReady { .. } | ResolveError::FeatureNotReady { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, code::PLUGIN_NOT_READY)
            }
            ResolveError::MissingSource { .. } | ResolveError::TransformCycle { .. } => {
                (StatusCode::NOT_IMPLEMENTED, code::TRANSFORM_UNAVAILABLE)
            }
            ResolveError::MissingRequestData { .. } => (UNPROCESSABLE, code::MISSING_REQUEST_DATA),
            ResolveError::UnknownField { .. } => (UNPROCESSABLE, code::UNKNOWN_FIELD),
            ResolveError::MissingJoinKeys { .. } => (UNPROCESSABLE, code::MISSING_JOIN_KEY),
            ResolveError::JoinKeyTwice { .. } => (UNPROCESSABLE, code::DUPLICATE_JOIN_KEY),
            ResolveError::UnsupportedKeyType { .. } => (UNPROCESSABLE, code::UNSUPPORTED_KEY_TYPE),
        };
        let told = Self::new(status, code, error.to_string());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            told.retry_after(1)
        } else {
            told
        }
    }
}

/// What a plugin says of the values that it was given is for the one who gave them; the plugin's other troubles
/// are told by name and code.
impl From<TransformError> for ApiError {
    fn from(error: TransformError) -> Self {
        let code = error.code();
        let told =
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, code, error.to_string()).because(&error);
        let TransformError::Call { error, .. } = error else {
            return told;
        };
        let retry_after = match error {
            CallError::Failing { retry_after, .. } => retry_after.as_secs().max(1),
            CallError::Busy { .. } | CallError::Unavailable { .. } => 1,
            _ => return told,
        };
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..told.retry_after(u32::try_from(retry_after).unwrap_or(u32::MAX))
        }
    }
}

impl From<RowsError> for ApiError {
    fn from(error: RowsError) -> Self {
        let code = match &error {
            RowsError::Value(_) | RowsError::Key(_) => code::INVALID_ENTITY_VALUE,
            RowsError::RequestData(_) => code::INVALID_REQUEST_DATA,
            RowsError::TooManyValues { .. } => code::TOO_MANY_VALUES,
        };
        Self::new(UNPROCESSABLE, code, error.to_string())
    }
}

/// Names of hosts and files are for the log.
impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        use online_store::Error;
        match &error {
            ReadError::Store(
                Error::Unavailable { .. }
                | Error::Late { .. }
                | Error::Denied { .. }
                | Error::Corrupt { .. },
            ) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                code::STORE_UNAVAILABLE,
                "the online store can't be read at the moment; try again in a second",
            )
            .retry_after(1)
            .because(error),
            ReadError::Store(Error::Config { .. }) | ReadError::Answer(_) => Self::internal(error),
        }
    }
}
