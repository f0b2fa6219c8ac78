//! HTTPS as curl and openssl see it.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use e2e::{
    Gateway, GatewayCommand, Invocation, Outcome, Repo, binary,
    certificates::{Certificates, Pair},
    deadline::poll,
};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(60);
const BODY: &str =
    r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001]}}"#;

/// A gateway behind TLS, and the folder of its certificates.
struct Served {
    gateway: Gateway,
    certificates: Certificates,
    folder: TempDir,
    _repo: Repo,
}

fn serve(arguments: &[&str]) -> Served {
    let repo = Repo::materialized();
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let certificates = Certificates::make(folder.path());
    let Pair { certificate, key } = &certificates.server;
    let command = GatewayCommand::new(repo.path())
        .arg("--cert")
        .arg(&certificate.display().to_string())
        .arg("--key")
        .arg(&key.display().to_string());
    let command = arguments.iter().fold(command, |command, argument| {
        let argument = argument.replace("{ca}", &certificates.authority.display().to_string());
        command.arg(&argument)
    });
    let served = Served {
        gateway: command.start(),
        certificates,
        folder,
        _repo: repo,
    };
    poll("the gateway to be ready", PATIENCE, || {
        let client = &served.certificates.client;
        let shows = [
            "--cert",
            text(&client.certificate),
            "--key",
            text(&client.key),
        ];
        let outcome = served.curl(&shows, "/ready");
        outcome.stdout.ends_with(" 200").then_some(())
    });
    served
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in Unicode")
}

impl Served {
    /// What curl prints, then the version of HTTP and the status.
    fn curl(&self, arguments: &[&str], path: &str) -> Outcome {
        let url = format!("https://localhost:{}{path}", self.gateway.port());
        Invocation::new(Path::new("curl"), self.folder.path())
            .args([
                "-sS",
                "--max-time",
                "20",
                "-w",
                " %{http_version} %{http_code}",
            ])
            .args(["--cacert", text(&self.certificates.authority)])
            .args(arguments)
            .arg(url)
            .run()
    }

    /// The certificate that `openssl s_client` is shown, in PEM.
    fn shown(&self) -> String {
        let out = Command::new("openssl")
            .args([
                "s_client",
                "-connect",
                &format!("localhost:{}", self.gateway.port()),
            ])
            .stdin(Stdio::null())
            .output()
            .expect("openssl can be run");
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        let begin = said.find("-----BEGIN CERTIFICATE").unwrap_or_default();
        let end = said.find("-----END CERTIFICATE").unwrap_or_default();
        said[begin..end].to_owned()
    }
}

#[test]
fn curl_gets_features_by_http_1_and_http_2() {
    let served = serve(&[]);
    for (version, told) in [("--http1.1", " 1.1 200"), ("--http2", " 2 200")] {
        let outcome = served
            .curl(&[version, "-d", BODY], "/get-online-features")
            .succeeds();
        assert!(outcome.stdout.ends_with(told), "{outcome}");
        assert!(outcome.stdout.contains("PRESENT"), "{outcome}");
    }
    let _ = served.curl(&["--tls-max", "1.1"], "/health").exits(35);
    let _ = served.curl(&["--tls-max", "1.2"], "/health").succeeds();
}

#[test]
fn a_client_without_a_certificate_is_let_in_only_where_none_is_wanted() {
    let served = serve(&["--client-ca", "{ca}"]);
    let client = &served.certificates.client;
    let shows = [
        "--cert",
        text(&client.certificate),
        "--key",
        text(&client.key),
    ];
    let outcome = served.curl(&shows, "/health").succeeds();
    assert!(outcome.stdout.ends_with(" 200"), "{outcome}");
    assert_ne!(served.curl(&[], "/health").code, Some(0));
}

#[test]
fn a_certificate_is_exchanged_while_the_gateway_serves_and_a_broken_one_is_not() {
    let served = serve(&[]);
    let before = served.shown();
    assert!(before.contains("BEGIN CERTIFICATE"), "{before}");
    let Pair { certificate, key } = &served.certificates.server;
    let good = fs::read(certificate).expect("it was made");
    fs::write(certificate, "torn").expect("it can be written");
    poll("the log to tell of it", PATIENCE, || {
        let log = served.gateway.log();
        log.contains("the old one is served on").then_some(())
    });
    assert_eq!(served.shown(), before);
    let client = &served.certificates.client;
    fs::copy(&client.key, key).expect("it can be written");
    fs::copy(&client.certificate, certificate).expect("it can be written");
    poll("the other certificate", PATIENCE, || {
        (served.shown() != before).then_some(())
    });
    let outcome = served
        .curl(&["-d", BODY], "/get-online-features")
        .succeeds();
    assert!(outcome.stdout.ends_with(" 200"), "{outcome}");
    fs::write(certificate, good).expect("it can be written");
}

#[test]
fn what_can_not_be_served_ends_the_start_and_says_why() {
    let repo = Repo::init();
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let certificates = Certificates::make(folder.path());
    let start = |arguments: &[&str]| {
        Invocation::new(&binary("gateway"), repo.path())
            .args(["serve", "--port", "0"])
            .args(arguments)
            .run()
    };
    let (certificate, key) = (&certificates.server.certificate, &certificates.server.key);
    let other = text(&certificates.client.key);
    let wrong = start(&["--cert", text(certificate), "--key", other]).exits(1);
    assert!(wrong.stderr.contains("can't be used together"), "{wrong}");
    let missing = start(&["--cert", "no.pem", "--key", text(key)]).exits(1);
    assert!(
        missing.stderr.contains("`no.pem` can't be read"),
        "{missing}"
    );
    let alone = start(&["--cert", text(certificate)]).exits(64);
    assert!(alone.stderr.contains("--key"), "{alone}");
}
