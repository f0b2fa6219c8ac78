use std::{fmt, str::FromStr};

/// How tokens are signed. There is no `none`, and of HMAC only what one secret file can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names of RFC 7518 and RFC 8037")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
    /// Whoever can check such a token can also make one.
    HS256,
}

/// The text names no algorithm that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no algorithm that is taken; `{}` would be", Algorithm::ALL.map(Algorithm::as_str).join("`, `"))]
pub struct ParseAlgorithmError {
    text: String,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 10] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
        Self::HS256,
    ];

    /// Those of an identity provider about which nothing else is said: one for each kind of key, so that a key
    /// without `alg` is for one algorithm only.
    pub const USUAL: [Self; 4] = [Self::RS256, Self::ES256, Self::ES384, Self::EdDSA];

    /// Those of these names, or the usual ones where there is no name.
    ///
    /// # Errors
    /// A name is none of an algorithm.
    pub fn named(names: &[String]) -> Result<Vec<Self>, ParseAlgorithmError> {
        match names.is_empty() {
            true => Ok(Self::USUAL.to_vec()),
            false => names.iter().map(|name| name.parse()).collect(),
        }
    }

    /// The name in tokens, keys and configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
        }
    }

    pub(crate) fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::RS256 => jsonwebtoken::Algorithm::RS256,
            Self::RS384 => jsonwebtoken::Algorithm::RS384,
            Self::RS512 => jsonwebtoken::Algorithm::RS512,
            Self::PS256 => jsonwebtoken::Algorithm::PS256,
            Self::PS384 => jsonwebtoken::Algorithm::PS384,
            Self::PS512 => jsonwebtoken::Algorithm::PS512,
            Self::ES256 => jsonwebtoken::Algorithm::ES256,
            Self::ES384 => jsonwebtoken::Algorithm::ES384,
            Self::EdDSA => jsonwebtoken::Algorithm::EdDSA,
            Self::HS256 => jsonwebtoken::Algorithm::HS256,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Exactly as it is printed: `rs256` is none.
impl FromStr for Algorithm {
    type Err = ParseAlgorithmError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|algorithm| algorithm.as_str() == text)
            .ok_or_else(|| ParseAlgorithmError {
                text: text.to_owned(),
            })
    }
}
