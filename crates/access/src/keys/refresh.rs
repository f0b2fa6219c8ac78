//! The task that keeps a [`Keyring`] fresh.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{Instant, sleep_until, timeout};

use super::{KeySet, KeySetError, Keyring, RefreshOptions};

/// Where keys come from: a file, or an address that a discovery document names.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// What is fetched, for logs: a path, or an address without credentials.
    fn place(&self) -> String;

    /// The keys as they are now.
    ///
    /// # Errors
    /// Where they can't be had now; they will be asked for again.
    async fn fetch(&self) -> Result<KeyDocument, FetchError>;
}

/// What a source gives. Nobody has looked yet whether it is any good.
#[derive(Clone)]
pub enum KeyDocument {
    /// Public keys, for [`KeySet::from_jwks`].
    JwkSet(Bytes),
    /// A file with a secret, for [`KeySet::from_secret_file`].
    Secret(Bytes),
}

/// How much there is of it: a secret is never shown.
impl fmt::Debug for KeyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, bytes) = match self {
            Self::JwkSet(bytes) => ("JwkSet", bytes),
            Self::Secret(bytes) => ("Secret", bytes),
        };
        write!(f, "{kind}({} bytes)", bytes.len())
    }
}

/// The keys can't be had. The text is for logs: it must hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// Fetches keys when they are due, and sooner when a token names one that isn't known. Never returns, unless the
/// keys are fixed. A fetch that fails, or gives no JWK set, leaves the keys as they are; a JWK set counts as it is, so that
/// one without keys ends all tokens. Run it once for each keyring; when it is dropped, no keys come until it is run again.
pub async fn keep_fresh(keyring: &Keyring, source: &dyn KeySource) {
    let Some(options) = keyring.options() else {
        return;
    };
    loop {
        tokio::select! {
            () = sleep_until(Instant::from_std(keyring.next_fetch())) => {}
            () = keyring.hurry.notified() => {}
        }
        if keyring.next_fetch() > Instant::now().into_std() {
            continue;
        }
        let fetched = fetch(source, options).await;
        let now = Instant::now().into_std();
        if let Err(error) = &fetched {
            match keyring.check(now) {
                Ok(()) => tracing::warn!(
                    %error,
                    "the keys that tokens are checked with could not be fetched; those of before go on to count"
                ),
                Err(_) => tracing::warn!(
                    %error,
                    "the keys that tokens are checked with could not be fetched"
                ),
            }
        }
        if keyring.end(fetched.ok(), now) {
            tracing::info!("tokens are checked with other keys than before");
        }
    }
}

async fn fetch(source: &dyn KeySource, options: &RefreshOptions) -> Result<KeySet, FetchError> {
    let told = |error: String| FetchError(format!("`{}`: {error}", source.place()));
    let document = timeout(options.fetch_timeout, source.fetch()).await;
    let late = |_| told(format!("no answer within {:?}", options.fetch_timeout));
    let read = match document.map_err(late)?? {
        KeyDocument::JwkSet(document) => KeySet::from_jwks(&document, &options.algorithms),
        KeyDocument::Secret(secret) => {
            KeySet::from_secret_file(&secret).map(|keys| (keys, Vec::new()))
        }
    };
    match read {
        Ok((keys, skipped)) => {
            for key in skipped {
                tracing::debug!(%key, "a published key is not used");
            }
            Ok(keys)
        }
        // who takes the last key out of a set wants its tokens to end
        Err(error @ KeySetError::NoUsableKey { .. }) => {
            let error = told(error.to_string());
            tracing::warn!(%error, "there are no keys to check tokens with, so no token is taken");
            Ok(KeySet::none())
        }
        Err(error) => Err(told(error.to_string())),
    }
}
