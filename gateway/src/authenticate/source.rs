//! Where keys come from: a file, or an address.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::Duration,
};

use access::{Discovery, FetchError, HttpPolicy, KeyDocument, KeySource};
use anyhow::{Context, Result};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode, header};
use reqwest::{Certificate, Client, redirect};
use settings::KeysUrl;
use tokio::task::spawn_blocking;
use url::Url;

/// A JWK set or a discovery document; as much as `access` reads of one.
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;
/// Longest time for one of the two documents.
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Keys in a file. It is read whenever keys are fetched.
#[derive(Debug)]
pub(super) enum FileKeys {
    /// A JWK set.
    Public(PathBuf),
    /// A secret.
    Secret(PathBuf),
}

#[async_trait]
impl KeySource for FileKeys {
    fn place(&self) -> String {
        let (Self::Public(path) | Self::Secret(path)) = self;
        path.display().to_string()
    }

    async fn fetch(&self) -> Result<KeyDocument, FetchError> {
        let read = async |path| {
            let path: PathBuf = PathBuf::clone(path);
            let read = spawn_blocking(move || settings::read_regular(&path)).await;
            let read = read.unwrap_or_else(|error| Err(std::io::Error::other(error)));
            let told = |error| FetchError(format!("`{}`: {error}", self.place()));
            read.map(Bytes::from).map_err(told)
        };
        Ok(match self {
            Self::Public(path) => KeyDocument::JwkSet(read(path).await?),
            Self::Secret(path) => KeyDocument::Secret(read(path).await?),
        })
    }
}

/// A JWK set at an address, which may be told by a discovery document.
#[derive(Debug)]
pub(super) struct HttpKeys {
    client: Client,
    url: Url,
    policy: HttpPolicy,
    /// Who must speak in the discovery document at `url`; where absent, the JWK set is at `url` itself.
    issuer: Option<String>,
}

impl HttpKeys {
    /// Keys at `at`, or at the address that the discovery document of `issuer` at `at` names.
    pub(super) fn new(at: &KeysUrl, policy: HttpPolicy, issuer: Option<&str>) -> Result<Self> {
        Ok(Self {
            client: client(at.ca_cert.as_deref(), policy)?,
            url: policy.check(&at.url)?,
            policy,
            issuer: issuer.map(str::to_owned),
        })
    }

    async fn get(&self, url: &Url) -> Result<Bytes, FetchError> {
        let told = |error: reqwest::Error| FetchError(format!("`{url}`: {}", chain(&error)));
        let sent = self.client.get(url.clone()).send();
        let mut response = sent.await.map_err(told)?;
        if response.status() != StatusCode::OK {
            let status = response.status();
            return Err(FetchError(format!(
                "`{url}` answered {status}, not 200 OK; redirects are not followed"
            )));
        }
        let mut document = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            if document.len() + chunk.len() > MAX_DOCUMENT_BYTES {
                return Err(FetchError(format!(
                    "`{url}` sent more than {MAX_DOCUMENT_BYTES} bytes"
                )));
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document.freeze())
    }
}

#[async_trait]
impl KeySource for HttpKeys {
    fn place(&self) -> String {
        self.url.to_string()
    }

    async fn fetch(&self) -> Result<KeyDocument, FetchError> {
        let Some(issuer) = &self.issuer else {
            return self.get(&self.url).await.map(KeyDocument::JwkSet);
        };
        let document = self.get(&self.url).await?;
        let found = Discovery::check(&document, issuer, self.policy)
            .map_err(|error| FetchError(format!("`{}`: {error}", self.url)))?;
        self.get(&found.jwks_uri).await.map(KeyDocument::JwkSet)
    }
}

/// Nobody else is asked for the keys than who is configured: no redirects, and no proxy where one could see them
/// without TLS.
fn client(ca_cert: Option<&Path>, policy: HttpPolicy) -> Result<Client> {
    let json = HeaderValue::from_static("application/json");
    let mut client = Client::builder()
        .user_agent(concat!("salver/", env!("CARGO_PKG_VERSION")))
        .default_headers([(header::ACCEPT, json)].into_iter().collect())
        .redirect(redirect::Policy::none())
        .timeout(DOCUMENT_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(0);
    client = match policy {
        HttpPolicy::HttpsOnly => client.https_only(true),
        HttpPolicy::HttpOnLoopback => client.no_proxy(),
    };
    if let Some(path) = ca_cert {
        client = client.tls_built_in_root_certs(false);
        for authority in authorities(path)? {
            client = client.add_root_certificate(authority);
        }
    }
    client
        .build()
        .context("setting up TLS for the keys of tokens failed")
}

fn authorities(path: &Path) -> Result<Vec<Certificate>> {
    let advice = || {
        format!(
            "`ca_cert_path`: `{}` gives no certificates in PEM",
            path.display()
        )
    };
    let pem = settings::read_regular(path).with_context(advice)?;
    let authorities = Certificate::from_pem_bundle(&pem).with_context(advice)?;
    anyhow::ensure!(!authorities.is_empty(), advice());
    Ok(authorities)
}

/// An error with its causes, without the address, which is told before it.
fn chain(error: &reqwest::Error) -> String {
    let mut told = match error.source() {
        None => error.to_string(),
        Some(cause) => cause.to_string(),
    };
    let mut cause = error.source().and_then(Error::source);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
