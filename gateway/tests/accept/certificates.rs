//! Certificates, and clients that know them.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use gateway::accept::tls::{Tls, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::server::within;

/// An authority, and what it vouches for.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(crate) fn pair(&self) -> Pair {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// The files of a server.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn of(pair: &Pair) -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.put(pair);
        folder
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn put(&self, pair: &Pair) {
        fs::write(self.at("cert.pem"), &pair.certificate).unwrap();
        fs::write(self.at("key.pem"), &pair.key).unwrap();
    }

    pub(crate) fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.at("cert.pem"),
            key: self.at("key.pem"),
            client_authorities: None,
        }
    }

    pub(crate) fn load(&self) -> Arc<Tls> {
        Arc::new(Tls::load(self.files()).unwrap())
    }

    /// For clients of this authority only.
    pub(crate) fn load_for(&self, authority: &Authority) -> Arc<Tls> {
        fs::write(self.at("clients.pem"), authority.0.pem()).unwrap();
        let files = TlsFiles {
            client_authorities: Some(self.at("clients.pem")),
            ..self.files()
        };
        Arc::new(Tls::load(files).unwrap())
    }
}

/// A client that trusts this authority, wants this version, and shows this certificate.
pub(crate) fn client(authority: &Authority, protocol: &[u8], shows: Option<&Pair>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let own = CertificateDer::from_pem_slice(authority.0.pem().as_bytes()).unwrap();
    roots.add(own).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shows {
        None => builder.with_no_client_auth(),
        Some(pair) => {
            let chain = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![chain], key).unwrap()
        }
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    TlsConnector::from(Arc::new(config))
}

pub(crate) async fn connect(
    client: &TlsConnector,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    within(client.connect(name, stream)).await
}
