use std::fmt;

use jsonwebtoken::DecodingKey;

use super::{
    Algorithm,
    jwk::{self, KeySetError, SkippedKey},
};

/// A secret for HMAC has at least as many bytes as its hash.
const MIN_SECRET_BYTES: usize = 32;

/// The keys that are trusted at one moment: public keys, or one secret, never both.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<TrustedKey>,
    is_secret: bool,
}

/// A key for one algorithm.
#[derive(Clone)]
pub(crate) struct TrustedKey {
    pub(crate) id: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
    /// The key's bytes, to compare keys by.
    pub(super) material: Vec<u8>,
}

impl PartialEq for TrustedKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.algorithm == other.algorithm && self.material == other.material
    }
}

impl Eq for TrustedKey {}

impl KeySet {
    /// Reads a JWK set (RFC 7517). A key that can't be used is left out and told: for encryption, without an
    /// algorithm that `algorithms` allows, too weak, symmetric or private. A key without `alg` is for the one
    /// algorithm of `algorithms` that its type fits.
    ///
    /// # Errors
    /// [`KeySetError`] where it is no JWK set, too large, or no key is left; or `algorithms` has HS256.
    pub fn from_jwks(
        document: &[u8],
        algorithms: &[Algorithm],
    ) -> Result<(Self, Vec<SkippedKey>), KeySetError> {
        let (keys, skipped) = jwk::read(document, algorithms)?;
        let is_secret = false;
        Ok((Self { keys, is_secret }, skipped))
    }

    /// As [`Self::from_secret`], of a file's bytes. The end of a line, which most tools write, is none of the secret.
    ///
    /// # Errors
    /// As [`Self::from_secret`].
    pub fn from_secret_file(bytes: &[u8]) -> Result<Self, KeySetError> {
        let secret = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Self::from_secret(secret.strip_suffix(b"\r").unwrap_or(secret))
    }

    /// Trusts whoever holds the secret, by HS256. A `kid` of theirs means nothing.
    ///
    /// # Errors
    /// [`KeySetError::WeakSecret`] where it has less than 32 bytes.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeySetError> {
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeySetError::WeakSecret {
                bytes: secret.len(),
                min: MIN_SECRET_BYTES,
            });
        }
        let key = TrustedKey {
            id: None,
            algorithm: Algorithm::HS256,
            key: DecodingKey::from_secret(secret),
            material: secret.to_vec(),
        };
        Ok(Self {
            keys: vec![key],
            is_secret: true,
        })
    }

    /// No key at all: nobody's tokens are believed.
    pub(super) fn none() -> Self {
        Self {
            keys: Vec::new(),
            is_secret: false,
        }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no token is believed: only where every key was taken out of a set that is fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that a token may mean: those of its `kid`, all where it has none.
    pub(crate) fn named(&self, kid: Option<&str>) -> impl Iterator<Item = &TrustedKey> {
        let kid = kid.filter(|_| !self.is_secret);
        self.keys
            .iter()
            .filter(move |key| kid.is_none() || key.id.as_deref() == kid)
    }
}

/// Ids and algorithms, no bytes of keys.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.iter().map(|key| (&key.id, key.algorithm));
        f.debug_list().entries(keys).finish()
    }
}
