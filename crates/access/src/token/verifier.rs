use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use jsonwebtoken::{Validation, decode, errors::ErrorKind};
use serde::de::IgnoredAny;

use super::{
    cache::{Remembered, TokenCache},
    claims::{ClaimMapping, Registered},
    numeric_date::NumericDate,
    refusal::{Refusal, Unverified},
    unverified::UnverifiedToken,
};
use crate::{
    Principal,
    keys::{Algorithm, Keyring, KeysUnavailable, TrustedKey, UnknownKey, install_crypto},
};

/// How often keys may change under a token that is being looked at.
const LOOKS: usize = 3;
/// How many keys are tried for a token that names none: each costs a signature.
const MAX_TRIED_KEYS: usize = 8;
/// When to ask again where there are no keys.
const NO_KEYS_PATIENCE: Duration = Duration::from_secs(5);

/// What every token must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierOptions {
    /// Who has made it (`iss`), to the letter.
    pub issuer: String,
    /// Whom it is for: one of these in `aud`. At least one.
    pub audiences: Vec<String>,
    /// Its `typ`, such as `at+jwt`; any where absent.
    pub typ: Option<String>,
    /// Whether it must be narrowed by a `salver:` scope.
    pub require_scope: bool,
    /// Who it is about.
    pub claims: ClaimMapping,
    /// How many verified tokens are remembered.
    pub remembered_tokens: usize,
}

/// Checks tokens. One for each project; it is shared between requests.
pub struct Verifier {
    options: VerifierOptions,
    keyring: Arc<Keyring>,
    cache: TokenCache,
}

/// A token that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Who is asking.
    pub principal: Arc<Principal>,
    exp: NumericDate,
}

impl Verified {
    /// Whether it has expired by now: a token may do so while its request is under way.
    #[must_use]
    pub fn has_expired(&self, now: SystemTime) -> bool {
        self.exp.is_past(NumericDate::at(now))
    }
}

/// There is no principal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The token isn't taken: 401.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nobody can tell yet: its key may be among those that are being fetched. 503.
    #[error("the token's key is not known yet")]
    KeyPending {
        /// When to ask again: above zero, at most 30 s.
        retry_after: Duration,
    },
    /// Nobody can tell: there are no keys. 503.
    #[error("{reason}")]
    NoKeys {
        /// Why.
        reason: KeysUnavailable,
        /// When to ask again.
        retry_after: Duration,
    },
}

impl Verifier {
    /// Believes tokens that the keys of `keyring` have signed.
    #[must_use]
    pub fn new(options: VerifierOptions, keyring: Arc<Keyring>) -> Self {
        install_crypto();
        let cache = TokenCache::new(options.remembered_tokens);
        Self {
            options,
            keyring,
            cache,
        }
    }

    /// Whose token it is. `now` and `clock` are the same moment, by the calendar and by a clock that never jumps.
    ///
    /// # Errors
    /// [`VerifyError`] where the token isn't taken, or nobody can tell.
    pub fn verify(
        &self,
        token: &str,
        now: SystemTime,
        clock: Instant,
    ) -> Result<Verified, VerifyError> {
        let now = NumericDate::at(now);
        for _ in 0..LOOKS {
            let trusted = self.keyring.trusted(clock).map_err(no_keys)?;
            if let Some(known) = self.cache.get(token, trusted.generation, now) {
                return Ok(known.into());
            }
            let read = UnverifiedToken::read(token).map_err(Refusal::from)?;
            let registered = self.check_unsigned(&read)?;
            let keys: Vec<_> = trusted.keys.named(read.kid()).collect();
            if !keys.is_empty() {
                self.check_signed(token, &read, keys)?;
                registered.check_time(now)?;
                let verified = self.verified(&read, registered.exp)?;
                return Ok(self.remember(token, verified, trusted.generation));
            }
            match self.keyring.unknown_key(trusted.generation, clock) {
                UnknownKey::LookAgain => {}
                UnknownKey::Wait(retry_after) => {
                    return Err(VerifyError::KeyPending { retry_after });
                }
                UnknownKey::Refuse => break,
            }
        }
        Err(Refusal::UnknownKey.into())
    }

    fn remember(&self, token: &str, seen: Verified, generation: u64) -> Verified {
        let remembered = Remembered {
            principal: Arc::clone(&seen.principal),
            exp: seen.exp,
            generation,
        };
        self.cache.put(token, remembered);
        seen
    }

    /// What makes a token useless whoever has signed it, so that it needn't cause a fetch of keys.
    fn check_unsigned(&self, read: &UnverifiedToken) -> Result<Registered, Refusal> {
        let algorithm: Result<Algorithm, _> = read.alg().parse();
        algorithm.map_err(|_| Refusal::WrongAlgorithm)?;
        self.check_typ(read)?;
        let registered = Registered::of(read.claims())?;
        let issuer = read.claims().get("iss");
        if issuer.is_none_or(|issuer| *issuer != self.options.issuer) {
            return Err(Refusal::WrongIssuer);
        }
        Ok(registered)
    }

    /// Tries the keys that the token may mean, each with its own algorithm only.
    fn check_signed(
        &self,
        token: &str,
        read: &UnverifiedToken,
        mut keys: Vec<&TrustedKey>,
    ) -> Result<(), Refusal> {
        keys.retain(|key| key.algorithm.as_str() == read.alg());
        if keys.len() > MAX_TRIED_KEYS {
            return Err(Refusal::UnknownKey);
        }
        let mut refusal = Refusal::WrongAlgorithm;
        for key in keys {
            match self.check_signature(token, key) {
                Ok(()) => return Ok(()),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Signature, issuer and audience. Times are ours: jsonwebtoken looks at the system's clock.
    fn check_signature(&self, token: &str, key: &TrustedKey) -> Result<(), Refusal> {
        let mut validation = Validation::new(key.algorithm.of_library());
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
        validation.set_issuer(&[&self.options.issuer]);
        validation.set_audience(&self.options.audiences);
        let decoded = decode::<IgnoredAny>(token, &key.key, &validation);
        decoded.map(drop).map_err(|error| match error.kind() {
            ErrorKind::InvalidIssuer => Refusal::WrongIssuer,
            ErrorKind::InvalidAudience => Refusal::WrongAudience,
            ErrorKind::InvalidAlgorithm => Refusal::WrongAlgorithm,
            ErrorKind::Json(_) => Refusal::Malformed(Unverified::NotJson {
                part: "header",
                why: "a member is of another type than in RFC 7515".to_owned(),
            }),
            // what else could be wrong with the token was found before
            _ => Refusal::BadSignature,
        })
    }

    /// As RFC 7515 has it, `application/` may be left out, and case doesn't count.
    fn check_typ(&self, read: &UnverifiedToken) -> Result<(), Refusal> {
        let short = |typ: &str| {
            let typ = typ.to_ascii_lowercase();
            typ.strip_prefix("application/").unwrap_or(&typ).to_owned()
        };
        let Some(wanted) = &self.options.typ else {
            return Ok(());
        };
        if read.typ().is_some_and(|typ| short(typ) == short(wanted)) {
            Ok(())
        } else {
            Err(Refusal::WrongType)
        }
    }

    fn verified(&self, read: &UnverifiedToken, exp: NumericDate) -> Result<Verified, Refusal> {
        let principal = self.options.claims.principal(read.claims())?;
        if self.options.require_scope && principal.scopes.is_none() {
            return Err(Refusal::NoScope);
        }
        Ok(Verified {
            principal: Arc::new(principal),
            exp,
        })
    }
}

fn no_keys(reason: KeysUnavailable) -> VerifyError {
    VerifyError::NoKeys {
        reason,
        retry_after: NO_KEYS_PATIENCE,
    }
}

impl From<Remembered> for Verified {
    fn from(known: Remembered) -> Self {
        Self {
            principal: known.principal,
            exp: known.exp,
        }
    }
}

/// What it demands, without keys and tokens.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
