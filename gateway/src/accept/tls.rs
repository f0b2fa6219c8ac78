//! TLS for the listener: certificate, key and authorities from files, taken anew when they change.
//!
//! A connection takes the configuration that holds when it comes, so that a change refuses nobody. What a new
//! certificate is worth is found out beside the connections; one that can't be used leaves the old one in place.

mod files;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::ring,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use tokio_rustls::TlsAcceptor;

use files::{Contents, Material};
pub use files::{TlsError, TlsFiles};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the two sides may speak, best first.
const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];

/// HTTP/2 in ALPN.
pub(super) const HTTP_2: &[u8] = b"h2";

/// How connections are encrypted just now.
pub struct Tls {
    files: TlsFiles,
    /// As it was read last, good or not.
    seen: std::sync::Mutex<Contents>,
    acceptor: RwLock<TlsAcceptor>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Where a file can't be read, holds something else, or certificate and key don't belong together.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let contents = files.read()?;
        let acceptor = acceptor(files.parse(&contents)?)?;
        Ok(Self {
            files,
            seen: contents.into(),
            acceptor: RwLock::new(acceptor),
        })
    }

    /// Looks at the files again and again, and exchanges what has changed. Never returns.
    pub async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let tls = Arc::clone(&self);
            // a file system may be slow, and a key's signature is checked
            let looked = tokio::task::spawn_blocking(move || tls.look()).await;
            match looked {
                Ok(Ok(News::Nothing)) => {}
                Ok(Ok(News::Changed)) => tracing::info!("a new certificate is served"),
                Ok(Err(error)) => {
                    tracing::error!(%error, "the new certificate can't be used, the old one is served on");
                }
                Err(error) => tracing::error!(%error, "looking at the certificate failed"),
            }
        }
    }

    /// Reads the files, and takes what is new.
    ///
    /// # Errors
    /// As [`Self::load`], once for each change.
    pub fn look(&self) -> Result<News, TlsError> {
        let contents = self.files.read();
        let contents = match contents {
            Ok(contents) => contents,
            // half of a change, most likely: told when it stays
            Err(error) => return self.unreadable(error),
        };
        if !self.is_new(&contents) {
            return Ok(News::Nothing);
        }
        let acceptor = acceptor(self.files.parse(&contents)?)?;
        let mut current = self
            .acceptor
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = acceptor;
        Ok(News::Changed)
    }

    fn unreadable(&self, error: TlsError) -> Result<News, TlsError> {
        if self.is_new(&Contents::default()) {
            Err(error)
        } else {
            Ok(News::Nothing)
        }
    }

    fn is_new(&self, contents: &Contents) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = *seen != *contents;
        if is_new {
            *seen = contents.clone();
        }
        is_new
    }

    /// What the next connection is encrypted by.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let current = self.acceptor.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What a look at the files has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// They are as they were.
    Nothing,
    /// Connections from now on are encrypted by what the files hold now.
    Changed,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn acceptor(material: Material) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unusable)?;
    let builder = match material.authorities {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let verifier: Arc<dyn ClientCertVerifier> =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(TlsError::Authorities)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(material.certificates, material.key)
        .map_err(TlsError::Unusable)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}
