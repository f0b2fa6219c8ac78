use std::{path::PathBuf, time::Duration};

use redis::{
    Client, ClientTlsConfig, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo,
    TlsCertificates,
};
use settings::{RedisStore, Tls};

use crate::Error;

/// Longest wait for a connection, TLS and login included, where the settings name none.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Where Redis is and how to log in: all that a [`super::link::Link`] needs to connect again.
#[derive(Clone)]
pub(crate) struct Address {
    /// Host and port, for messages.
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    /// Whether a connection for reads begins with `READONLY`, so that a replica in a cluster answers.
    pub(crate) is_replica: bool,
}

impl Address {
    /// Takes the first node, as Feast does. `response_timeout` counts where the settings name none.
    pub(crate) async fn new(store: &RedisStore, response_timeout: Duration) -> Result<Self, Error> {
        let Some((host, port)) = store.nodes.first() else {
            return Err(Error::config(
                "`connection_string` names no node; write `host:port`",
            ));
        };
        let name = format!("{host}:{port}");
        Ok(Self {
            client: client(store, host, *port, &name).await?,
            name,
            connect_timeout: store.socket_connect_timeout.unwrap_or(CONNECT_TIMEOUT),
            response_timeout: store.socket_timeout.unwrap_or(response_timeout),
            is_replica: false,
        })
    }

    /// All nodes.
    pub(crate) async fn all(
        store: &RedisStore,
        response_timeout: Duration,
    ) -> Result<Vec<Self>, Error> {
        let first = Self::new(store, response_timeout).await?;
        let others = store.nodes.iter().skip(1);
        let others: Vec<Self> = others.map(|(host, port)| first.at(host, *port)).collect();
        Ok(std::iter::once(first).chain(others).collect())
    }

    /// Another server of the same cluster: with the same login, and the same TLS.
    pub(crate) fn at(&self, host: &str, port: u16) -> Self {
        let info = self.client.get_connection_info();
        let host = host.to_owned();
        let address = match info.addr().clone() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host: host.clone(),
                port,
                insecure,
                tls_params,
            },
            _ => ConnectionAddr::Tcp(host.clone(), port),
        };
        // a client of checked settings can be had for any host
        let client = Client::open(info.clone().set_addr(address));
        Self {
            name: format!("{host}:{port}"),
            client: client.unwrap_or_else(|_| self.client.clone()),
            ..self.clone()
        }
    }

    /// The same server, which answers though it is a replica.
    pub(crate) fn for_replica(self) -> Self {
        Self {
            is_replica: true,
            ..self
        }
    }

    pub(crate) fn host(&self) -> &str {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
            _ => "",
        }
    }

    /// Host and port, where Redis is talked to without TLS.
    pub(crate) fn plain(&self) -> Option<(&str, u16)> {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, port) => Some((host, *port)),
            _ => None,
        }
    }
}

async fn client(store: &RedisStore, host: &str, port: u16, name: &str) -> Result<Client, Error> {
    // `CLIENT SETINFO` would need one more permission of a user who may only read.
    let mut login = RedisConnectionInfo::default()
        .set_db(store.db)
        .set_skip_set_lib_name();
    if let Some(username) = &store.username {
        login = login.set_username(username);
    }
    if let Some(password) = &store.password {
        login = login.set_password(password.reveal());
    }
    let refused = |error: redis::RedisError| Error::config(format!("redis at `{name}`: {error}"));
    let Some(tls) = &store.tls else {
        let plain = ConnectionAddr::Tcp(host.to_owned(), port);
        let info = plain.into_connection_info().map_err(refused)?;
        return Client::open(info.set_redis_settings(login)).map_err(refused);
    };
    let client = Client::build_with_tls(
        tls_address(host, port, tls)
            .into_connection_info()
            .map_err(refused)?
            .set_redis_settings(login),
        certificates(tls).await?,
    )
    .map_err(refused)?;
    if tls.check_hostname || !tls.verify {
        return Ok(client);
    }
    let info = client.get_connection_info();
    let mut address = info.addr().clone();
    address.set_danger_accept_invalid_hostnames(true);
    Client::open(info.clone().set_addr(address)).map_err(refused)
}

fn tls_address(host: &str, port: u16, tls: &Tls) -> ConnectionAddr {
    // Several crates could bring a provider; naming one keeps rustls from refusing to choose. An error
    // says that the process has chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ConnectionAddr::TcpTls {
        host: host.to_owned(),
        port,
        insecure: !tls.verify,
        tls_params: None,
    }
}

async fn certificates(tls: &Tls) -> Result<TlsCertificates, Error> {
    let client_tls = match (&tls.cert_file, &tls.key_file) {
        (Some(certificate), Some(key)) => Some(ClientTlsConfig {
            client_cert: read("ssl_certfile", certificate).await?,
            client_key: read("ssl_keyfile", key).await?,
        }),
        (None, None) => None,
        _ => {
            return Err(Error::config(
                "`ssl_certfile` and `ssl_keyfile` are needed together",
            ));
        }
    };
    let root_cert = match &tls.ca_certs {
        Some(authorities) => Some(read("ssl_ca_certs", authorities).await?),
        None => None,
    };
    Ok(TlsCertificates {
        client_tls,
        root_cert,
    })
}

async fn read(setting: &str, path: &PathBuf) -> Result<Vec<u8>, Error> {
    tokio::fs::read(path).await.map_err(|error| {
        Error::config(format!(
            "`{setting}` can't be read from `{}`: {error}",
            path.display()
        ))
    })
}
