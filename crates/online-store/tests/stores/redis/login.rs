//! TLS, passwords and permissions.

use std::path::PathBuf;

use feature_model::Value;
use free_port::free_port;
use online_store::{Error, OnlineReader, open_reader, open_writer};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use settings::{OnlineStore, RedisStore, Secret, Tls, Topology};

use crate::{
    redis_cluster::until,
    redis_server::RedisServer,
    rows::{read_row, row, seconds, try_read, view, write_row},
    store::project_name,
};

/// An authority, a server's and a client's certificate, as files.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn for_host(host: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut authority = CertificateParams::default();
        // OpenSSL takes a certificate whose issuer has its own name for one that signed itself.
        authority
            .distinguished_name
            .push(DnType::CommonName, "authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.path().join("ca.crt"), authority.pem()).unwrap();
        for (name, host) in [("server", host), ("client", "client")] {
            let key = KeyPair::generate().unwrap();
            let parameters = CertificateParams::new(vec![host.to_owned()]).unwrap();
            let certificate = parameters.signed_by(&key, &authority).unwrap();
            std::fs::write(folder.path().join(format!("{name}.crt")), certificate.pem()).unwrap();
            std::fs::write(
                folder.path().join(format!("{name}.key")),
                key.serialize_pem(),
            )
            .unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A server that speaks TLS only and wants a password; `clients` says whether it wants certificates.
    fn server(&self, clients: &str) -> RedisServer {
        self.server_with(clients, Vec::new)
    }

    fn server_with(
        &self,
        clients: &str,
        more: impl Fn() -> Vec<(&'static str, String)>,
    ) -> RedisServer {
        let file = |name: &str| self.path(name).display().to_string();
        RedisServer::start_with(|port| {
            [
                ("--port", "0".to_owned()),
                ("--tls-port", port.to_string()),
                ("--tls-cert-file", file("server.crt")),
                ("--tls-key-file", file("server.key")),
                ("--tls-ca-cert-file", file("ca.crt")),
                ("--tls-auth-clients", clients.to_owned()),
                ("--requirepass", "open, sesame".to_owned()),
            ]
            .into_iter()
            .chain(more())
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
        })
    }

    /// What a `connection_string` with everything in it comes to.
    fn settings(&self, server: &RedisServer) -> RedisStore {
        RedisStore {
            password: Some(Secret::new("open, sesame")),
            tls: Some(Tls {
                ca_certs: Some(self.path("ca.crt")),
                cert_file: Some(self.path("client.crt")),
                key_file: Some(self.path("client.key")),
                verify: true,
                check_hostname: true,
            }),
            ..server.settings()
        }
    }
}

async fn ping(settings: RedisStore) -> Result<(), Error> {
    let reader = open_reader(&OnlineStore::Redis(settings), &project_name("prj")).await?;
    reader.ping().await
}

fn with_tls(mut settings: RedisStore, change: impl FnOnce(&mut Tls)) -> RedisStore {
    change(settings.tls.as_mut().expect("it has TLS"));
    settings
}

#[tokio::test]
async fn rows_travel_over_tls_with_a_password_and_a_client_certificate() {
    let certificates = Certificates::for_host("127.0.0.1");
    let server = certificates.server("yes");
    let mut settings = certificates.settings(&server);
    settings.username = Some("default".to_owned());
    settings.db = 3;
    let store = OnlineStore::Redis(settings);
    let writer = open_writer(&store, &project_name("prj")).await.unwrap();
    let reader = open_reader(&store, &project_name("prj")).await.unwrap();
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &[Value::Int64(1)])
    );
    let mut elsewhere = certificates.settings(&server);
    elsewhere.db = 2;
    let reader = open_reader(&OnlineStore::Redis(elsewhere), &project_name("prj"))
        .await
        .unwrap();
    assert_eq!(read_row(&*reader, &stats, 1).await, None);
}

/// The servers of a cluster are found by what one of them tells: with the same password and the same certificates.
#[tokio::test]
async fn a_cluster_is_served_over_tls() {
    let certificates = Certificates::for_host("127.0.0.1");
    let plain = free_port();
    let server = certificates.server_with("yes", || {
        let bus = free_port().to_string();
        vec![
            ("--port", plain.to_string()),
            ("--cluster-enabled", "yes".to_owned()),
            ("--cluster-port", bus),
            ("--tls-cluster", "yes".to_owned()),
            ("--cluster-announce-ip", "127.0.0.1".to_owned()),
        ]
    });
    let cluster = |words: &[&str]| -> String {
        let client = redis::Client::open(format!("redis://:open%2C%20sesame@127.0.0.1:{plain}"));
        let mut redis = client.unwrap().get_connection().unwrap();
        let mut command = redis::cmd("CLUSTER");
        command.arg(words).query(&mut redis).unwrap()
    };
    cluster(&["ADDSLOTSRANGE", "0", "16383"]);
    until("the slots are served", || {
        cluster(&["INFO"]).contains("cluster_state:ok")
    });
    let store = OnlineStore::Redis(RedisStore {
        nodes: vec![
            ("localhost".to_owned(), server.port),
            ("127.0.0.1".to_owned(), server.port),
        ],
        topology: Topology::Cluster,
        ..certificates.settings(&server)
    });
    let writer = open_writer(&store, &project_name("prj")).await.unwrap();
    let reader = open_reader(&store, &project_name("prj")).await.unwrap();
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &[Value::Int64(1)])
    );
}

#[tokio::test]
async fn a_server_whose_certificate_is_not_trusted_is_not_talked_to() {
    let certificates = Certificates::for_host("127.0.0.1");
    let server = certificates.server("no");
    let others = Certificates::for_host("127.0.0.1");
    let distrusting = with_tls(certificates.settings(&server), |tls| {
        tls.ca_certs = Some(others.path("ca.crt"));
    });
    let error = ping(distrusting.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    let careless = with_tls(distrusting, |tls| tls.verify = false);
    ping(careless).await.unwrap();
}

#[tokio::test]
async fn the_certificate_has_to_name_the_host_unless_told_otherwise() {
    let certificates = Certificates::for_host("redis.example");
    let server = certificates.server("no");
    let settings = certificates.settings(&server);
    let error = ping(settings.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    ping(with_tls(settings, |tls| tls.check_hostname = false))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_client_without_the_certificate_that_is_asked_for_stays_outside() {
    let certificates = Certificates::for_host("127.0.0.1");
    let server = certificates.server("yes");
    let anonymous = with_tls(certificates.settings(&server), |tls| {
        (tls.cert_file, tls.key_file) = (None, None);
    });
    let error = ping(anonymous).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_denied_and_never_shown() {
    let certificates = Certificates::for_host("127.0.0.1");
    let server = certificates.server("no");
    let settings = certificates.settings(&server);
    for password in [Some(Secret::new("let me in")), None] {
        let error = ping(RedisStore {
            password,
            ..settings.clone()
        })
        .await
        .unwrap_err();
        assert!(matches!(error, Error::Denied { .. }), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("let me in"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn certificate_files_that_cannot_be_read_are_named() {
    let certificates = Certificates::for_host("127.0.0.1");
    let server = certificates.server("no");
    let settings = certificates.settings(&server);
    let missing = with_tls(settings.clone(), |tls| {
        tls.ca_certs = Some("nowhere.crt".into());
    });
    let lonely = with_tls(settings, |tls| tls.key_file = None);
    for (settings, named) in [(missing, "`ssl_ca_certs`"), (lonely, "`ssl_keyfile`")] {
        let error = ping(settings).await.unwrap_err();
        assert!(matches!(error, Error::Config { .. }), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
}

/// The gateway needs no more than this, and `registry-admin` has a login of its own.
#[tokio::test]
async fn a_user_who_may_only_read_can_serve_and_not_write() {
    let server = RedisServer::start();
    let store = OnlineStore::Redis(server.settings());
    let stats = view("prj", "stats", &["a"]);
    let writer = open_writer(&store, &project_name("prj")).await.unwrap();
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(1)]).await;
    let user = [
        "SETUSER", "gateway", "on", ">secret", "~*", "+hmget", "+ping",
    ];
    let () = redis::cmd("ACL")
        .arg(&user)
        .query(&mut server.connect())
        .unwrap();
    let limited = OnlineStore::Redis(RedisStore {
        username: Some("gateway".to_owned()),
        password: Some(Secret::new("secret")),
        ..server.settings()
    });
    let reader = open_reader(&limited, &project_name("prj")).await.unwrap();
    reader.ping().await.unwrap();
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &[Value::Int64(1)])
    );
    let writer = open_writer(&limited, &project_name("prj")).await.unwrap();
    let error = writer.prepare(&stats).await.unwrap_err();
    assert!(matches!(error, Error::Denied { .. }), "{error}");
}

/// A password that was changed and changed back: nothing has to be started again.
#[tokio::test]
async fn a_login_that_is_good_again_works_again() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let settings = RedisStore {
        username: Some("gateway".to_owned()),
        password: Some(Secret::new("secret")),
        ..server.settings()
    };
    let reader = open_reader(&OnlineStore::Redis(settings), &project_name("prj"))
        .await
        .unwrap();
    let error = denied(&*reader).await;
    assert!(matches!(error, Error::Denied { .. }), "{error}");
    let user = ["SETUSER", "gateway", "on", ">secret", "~*", "+@all"];
    let () = redis::cmd("ACL").arg(&user).query(&mut redis).unwrap();
    let welcome = async {
        while reader.ping().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), welcome)
        .await
        .unwrap();
}

async fn denied(reader: &dyn OnlineReader) -> Error {
    try_read(
        reader,
        &view("prj", "stats", &["a"]),
        &[crate::rows::driver(1)],
    )
    .await
    .unwrap_err()
}
