use std::{path::PathBuf, time::Duration};

use crate::Secret;

/// The `online_store` section: where feature values are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnlineStore {
    /// A database file beside the program.
    Sqlite(SqliteStore),
    /// A Redis server.
    Redis(RedisStore),
}

/// `online_store: {type: sqlite}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteStore {
    /// The database file; a relative path is already joined to the feature repository.
    pub path: PathBuf,
    /// IANA name of the zone in which Feast writes this file's times (`salver.sqlite_timezone`):
    /// Feast stores local time there. A name that the bundled time zone database knows; `UTC` by default.
    pub timezone: String,
}

/// `online_store: {type: redis}`, its `connection_string` taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisStore {
    /// Host and port of each node, at least one. A standalone client uses the first, as Feast does.
    pub nodes: Vec<(String, u16)>,
    /// How the nodes work together.
    pub topology: Topology,
    /// Which servers of a cluster tell rows to the gateway.
    pub read_from: ReadFrom,
    /// TLS, where `ssl=true`.
    pub tls: Option<Tls>,
    /// ACL user.
    pub username: Option<String>,
    /// Password of that user, or of the server.
    pub password: Option<Secret>,
    /// Number of the database.
    pub db: i64,
    /// Whole hashes expire this long after they were written last; never where absent. Above zero.
    pub key_ttl_seconds: Option<u64>,
    /// Longest wait for an answer. Above zero.
    pub socket_timeout: Option<Duration>,
    /// Longest wait for a connection. Above zero.
    pub socket_connect_timeout: Option<Duration>,
}

/// How the nodes of a [`RedisStore`] work together (`redis_type`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    #[default]
    Standalone,
    /// Redis Cluster; the nodes are where discovery begins.
    Cluster,
}

/// Which servers of a cluster tell rows (`salver.redis_read_from`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadFrom {
    /// Masters: no read is older than an acknowledged write, but for one that a fail-over has lost.
    #[default]
    Master,
    /// Replicas, as far as there are any: they learn of writes a little later.
    ReplicaPreferred,
}

/// TLS towards Redis. Paths are already joined to the feature repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// `ssl_ca_certs`: a PEM file with the authorities to trust; the system's where absent.
    pub ca_certs: Option<PathBuf>,
    /// `ssl_certfile`: a PEM file with the client's certificate chain.
    pub cert_file: Option<PathBuf>,
    /// `ssl_keyfile`: a PEM file with the client's private key; always there with `cert_file`.
    pub key_file: Option<PathBuf>,
    /// Whether the server's certificate is checked at all (`ssl_cert_reqs`).
    pub verify: bool,
    /// Whether the certificate must name the host (`ssl_check_hostname`).
    pub check_hostname: bool,
}
