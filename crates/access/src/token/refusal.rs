/// Why a token isn't taken, as its sender may know it: nothing in it comes from the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It can't be read.
    #[error(transparent)]
    Malformed(#[from] Unverified),
    /// It says that it is signed by another algorithm than its key is for.
    #[error("the token's `alg` is not the one that its key is for")]
    WrongAlgorithm,
    /// `kid` names no key that is trusted, or nothing says which of several it is.
    #[error("the token's key is not trusted here")]
    UnknownKey,
    /// The signature isn't of its key.
    #[error("the signature does not belong to the token")]
    BadSignature,
    /// `exp` is past.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is ahead.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A claim that every token needs isn't there.
    #[error("the token has no claim `{claim}`")]
    MissingClaim {
        /// Its name: one of RFC 7519's.
        claim: &'static str,
    },
    /// A claim is of another type than it should be.
    #[error("the token's claim `{claim}` should be {expected}")]
    InvalidClaim {
        /// Its name: one of RFC 7519's, or what the configuration says.
        claim: String,
        /// What would be right.
        expected: &'static str,
    },
    /// `iss` is somebody else.
    #[error("the token's issuer is not trusted here")]
    WrongIssuer,
    /// `aud` is somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// `typ` is another one than configured.
    #[error("the token is of another `typ` than is taken here")]
    WrongType,
    /// It has no `salver:` scope, and the configuration says that it must.
    #[error("the token has no `salver:` scope, and needs one here")]
    NoScope,
}

/// What can't be taken for a token, whoever signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Longer than any real one.
    #[error("the token is longer than {max} bytes")]
    TooLong {
        /// How long one may be.
        max: usize,
    },
    /// Not header, claims and signature, none of them empty.
    #[error("a token has three parts between dots, none of them empty")]
    NotThreeParts,
    /// A part isn't base64url without padding.
    #[error("no base64url in the token's {part}")]
    NotBase64 {
        /// Which.
        part: &'static str,
    },
    /// Header or claims aren't a JSON object in which each member stands once.
    #[error("no object that can be read in one way only in the token's {part}: {why}")]
    NotJson {
        /// Which.
        part: &'static str,
        /// The parser's words.
        why: String,
    },
    /// There is a `crit`.
    #[error("the token's header has `crit`, and nothing beyond RFC 7515 is understood here")]
    Critical,
    /// There is a `b64` other than `true`.
    #[error("the token's claims are not encoded (`b64`)")]
    NotEncoded,
    /// A member of the header isn't a string.
    #[error("the token's header has no string `{member}`")]
    InvalidHeader {
        /// Which.
        member: &'static str,
    },
}

impl Refusal {
    /// The value of `WWW-Authenticate` (RFC 6750). Its text is printable ASCII without quotes, whatever the token holds.
    #[must_use]
    pub fn www_authenticate(&self) -> String {
        let told = self.to_string();
        let told = told.chars().map(|c| match c {
            '"' => '\'',
            '\\' => '/',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '?',
        });
        let told: String = told.collect();
        format!("Bearer error=\"invalid_token\", error_description=\"{told}\"")
    }
}
