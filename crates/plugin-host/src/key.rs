//! The keys that artefacts are signed and verified with.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};

const SECRET: &str = "ed25519-secret:";
const PUBLIC: &str = "ed25519:";

/// An Ed25519 key that only the admin program has.
pub struct SigningKey {
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    ///
    /// The system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| KeyError::NoRandomness)?;
        Self::from_seed(seed)
    }

    /// What a gateway is configured with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicKey(bytes)
    }

    /// The secret as text, for a file that nobody else can read.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{SECRET}{}", STANDARD.encode(self.seed))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }

    fn from_seed(seed: [u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError::Secret)?;
        Ok(Self { seed, pair })
    }
}

/// As [`SigningKey::to_text`] writes it.
impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_seed(decode(text, SECRET).ok_or(KeyError::Secret)?)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

/// The public half of a [`SigningKey`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(message, signature)
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As it is printed.
impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode(text, PUBLIC).map(Self).ok_or(KeyError::Public)
    }
}

/// The text is no key of this kind. It isn't repeated here, since it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a secret key.
    #[error(
        "this is no secret key; `registry-admin plugin keygen` writes one, as `ed25519-secret:…`"
    )]
    Secret,
    /// Not a public key.
    #[error("this is no public key; `registry-admin plugin keygen` prints one, as `ed25519:…`")]
    Public,
    /// No key can be made.
    #[error("the system gives no randomness to make a key of")]
    NoRandomness,
}

fn decode(text: &str, prefix: &str) -> Option<[u8; 32]> {
    let bytes = STANDARD.decode(text.trim().strip_prefix(prefix)?).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text_and_signs_alike() {
        let key = SigningKey::generate().unwrap();
        let again: SigningKey = key.to_text().parse().unwrap();
        assert_eq!(again.public(), key.public());
        let public: PublicKey = key.public().to_string().parse().unwrap();
        assert!(public.verifies(b"message", &again.sign(b"message")));
        assert!(!public.verifies(b"messagE", &again.sign(b"message")));
    }

    #[test]
    fn a_secret_is_neither_shown_nor_taken_for_a_public_key() {
        let key = SigningKey::generate().unwrap();
        let secret = key.to_text();
        assert!(!format!("{key:?}").contains(&secret[SECRET.len()..]));
        assert_eq!(secret.parse::<PublicKey>(), Err(KeyError::Public));
        assert!(key.public().to_string().parse::<SigningKey>().is_err());
    }
}
