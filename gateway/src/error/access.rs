use access::{Denied, Missing, NoToken, Refusal, VerifyError};
use http::StatusCode;

use super::{ApiError, code};

/// What one reply names of what is missing; the rest is in the audit log.
const MOST_TOLD: usize = 10;

/// Errors of those who may not.
impl ApiError {
    /// The caller may not do that, or what it is about isn't there. Always the same words: which of both it is can't be
    /// told from them.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            code::FORBIDDEN,
            "you may not do this, or what you ask for is not here; whoever manages access to the project can give you a \
             role in it",
        )
    }

    /// No project has rules yet by which anybody could be known. It says nothing of any project.
    #[must_use]
    pub fn no_rules_yet() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::NOT_READY,
            "no registry has been read yet, and without one nobody is known; try again in a second",
        )
        .retry_after(1)
    }

    /// The settings by which tokens would be checked can't work. It says nothing of any project.
    #[must_use]
    pub fn nobody_is_known() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::KEYS_UNAVAILABLE,
            "the keys that tokens are checked with can't be loaded; whoever runs the gateway finds the reason in its log",
        )
    }

    /// The caller may not do that: in all words where it may see what it is about.
    #[must_use]
    pub fn denied(denied: &Denied) -> Self {
        if !denied.may_be_told {
            return Self::forbidden();
        }
        let told = denied.missing.iter().take(MOST_TOLD);
        let told: Vec<String> = told.map(Missing::to_string).collect();
        let more = match denied.missing.len().saturating_sub(MOST_TOLD) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let detail = format!(
            "you may not do this: missing {}{more}; whoever manages access to the project can give you a role in it",
            told.join(", ")
        );
        Self::new(StatusCode::FORBIDDEN, code::PERMISSION_MISSING, detail)
    }

    fn challenged(self, challenge: String) -> Self {
        Self {
            challenge: Some(challenge),
            ..self
        }
    }
}

impl From<NoToken> for ApiError {
    fn from(error: NoToken) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            code::TOKEN_REQUIRED,
            error.to_string(),
        )
        .challenged(error.www_authenticate().to_owned())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            code::INVALID_TOKEN,
            refusal.to_string(),
        )
        .challenged(refusal.www_authenticate())
    }
}

impl From<VerifyError> for ApiError {
    fn from(error: VerifyError) -> Self {
        let retry_after = match &error {
            VerifyError::Refused(refusal) => return refusal.clone().into(),
            VerifyError::KeyPending { retry_after } | VerifyError::NoKeys { retry_after, .. } => {
                *retry_after
            }
        };
        let seconds = retry_after.as_millis().div_ceil(1_000).clamp(1, 30);
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            code::KEYS_UNAVAILABLE,
            format!("{error}; try again in {seconds} seconds"),
        )
        .retry_after(u32::try_from(seconds).unwrap_or(30))
    }
}
