use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::VerifierBuilderError,
};

/// Longer than any chain of certificates that is meant.
const MOST_BYTES: u64 = 1024 * 1024;

/// Where certificate and key are: PEM files.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities, of which one must vouch for each client.
    pub client_authorities: Option<PathBuf>,
}

/// What TLS can't be served with. The text never holds a part of a key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("`{}` can't be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file holds something else.
    #[error("`{}` holds no {wanted} in PEM{}", path.display(), told(reason.as_ref()))]
    Nothing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
        /// What is wrong with what it holds.
        reason: Option<pem::Error>,
    },
    /// Certificate and key don't belong together, or aren't of a kind that can be served.
    #[error("certificate and key can't be used together: {0}")]
    Unusable(rustls::Error),
    /// A certificate in the file of authorities is none of an authority.
    #[error("the authorities of clients can't be used: {0}")]
    Authorities(VerifierBuilderError),
    /// As before, of one certificate.
    #[error("`{}` holds a certificate that can be no authority: {error}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        error: rustls::Error,
    },
}

fn told(reason: Option<&pem::Error>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// The bytes of the files.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authorities: Option<Vec<u8>>,
}

/// What the bytes say.
pub(super) struct Material {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) authorities: Option<RootCertStore>,
}

impl TlsFiles {
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        let authorities = self.client_authorities.as_ref();
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            authorities: authorities.map(|path| read(path)).transpose()?,
        })
    }

    pub(super) fn parse(&self, contents: &Contents) -> Result<Material, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(&contents.key);
        let key = key.map_err(|reason| nothing(&self.key, "private key", Some(reason)))?;
        let authorities = self.client_authorities.as_ref();
        let authorities = authorities.zip(contents.authorities.as_ref());
        Ok(Material {
            certificates: certificates(&self.certificate, &contents.certificate)?,
            key,
            authorities: authorities
                .map(|(path, bytes)| roots(path, bytes))
                .transpose()?,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |error| TlsError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(unreadable(io::Error::other(format!(
            "it has {length} bytes, and at most {MOST_BYTES} are read"
        ))));
    }
    settings::read_regular(path).map_err(unreadable)
}

fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        Ok(_) => Err(nothing(path, "certificate", None)),
        Err(reason) => Err(nothing(path, "certificate", Some(reason))),
    }
}

fn roots(path: &Path, bytes: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, bytes)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Authority {
                path: path.to_owned(),
                error,
            })?;
    }
    Ok(roots)
}

fn nothing(path: &Path, wanted: &'static str, reason: Option<pem::Error>) -> TlsError {
    TlsError::Nothing {
        path: path.to_owned(),
        wanted,
        // that there is none is said by the sentence around it
        reason: reason.filter(|reason| !matches!(reason, pem::Error::NoItemsFound)),
    }
}
