//! The keys that tokens are believed by: where they come from, how long they are believed.

mod algorithm;
mod discovery;
mod jwk;
mod key_set;
mod keyring;
mod provider;
mod refresh;

pub use algorithm::{Algorithm, ParseAlgorithmError};
pub use discovery::{Discovery, DiscoveryError, HttpPolicy, WELL_KNOWN, issuer_of};
pub use jwk::{KeySetError, SkippedKey};
pub use key_set::KeySet;
pub use keyring::{Freshness, Keyring, KeysUnavailable, RefreshOptions};
pub use refresh::{FetchError, KeyDocument, KeySource, keep_fresh};

pub(crate) use key_set::TrustedKey;
pub(crate) use keyring::UnknownKey;
pub(crate) use provider::install as install_crypto;
