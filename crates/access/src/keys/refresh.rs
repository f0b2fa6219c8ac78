//! The task that keeps a [`Keyring`] fresh.

use async_trait::async_trait;
use bytes::Bytes;
use tokio::time::{Instant, sleep_until, timeout};

use super::{KeySet, Keyring, RefreshOptions};

/// Where a JWK set comes from: a file, or an address that a discovery document names.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The JWK set as it is now.
    ///
    /// # Errors
    /// Where it can't be had now; it will be asked for again.
    async fn fetch(&self) -> Result<Bytes, FetchError>;
}

/// The keys can't be had. The text is for logs: it must hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FetchError(pub String);

/// Fetches keys when they are due, and sooner when a token names one that isn't known. Never returns, unless the
/// keys are fixed. Run it once for each keyring; when it is dropped, no keys come until it is run again.
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
        if let Err(error) = &fetched {
            tracing::warn!(%error, "the keys that tokens are checked with could not be fetched");
        }
        if keyring.end(fetched.ok(), Instant::now().into_std()) {
            tracing::info!("tokens are checked with other keys than before");
        }
    }
}

async fn fetch(source: &dyn KeySource, options: &RefreshOptions) -> Result<KeySet, FetchError> {
    let document = timeout(options.fetch_timeout, source.fetch()).await;
    let late = |_| FetchError(format!("no answer within {:?}", options.fetch_timeout));
    let document = document.map_err(late)??;
    let (keys, skipped) = KeySet::from_jwks(&document, &options.algorithms)
        .map_err(|error| FetchError(error.to_string()))?;
    for key in skipped {
        tracing::debug!(%key, "a published key is not used");
    }
    Ok(keys)
}
