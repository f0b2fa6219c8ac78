//! Keys that come and go while a gateway runs.

use e2e::{
    Gateway, GatewayCommand,
    deadline::wait_until,
    key_server::KeyServer,
    tokens::{self, Signer, claims},
};
use serde_json::json;

use super::{SOON, hostile, status};

/// Never due by itself while a test runs.
const SELDOM: &str = "refresh_interval: 1h, allow_http_on_loopback: true";

/// What a gauge of the only project says.
fn metric(gateway: &Gateway, token: &str, name: &str) -> f64 {
    let bearer = format!("Bearer {token}");
    let reply = gateway.send("GET", "/metrics", &[("authorization", &bearer)], "");
    let text = reply.text();
    let begin = format!("{name}{{project=\"{}\"}} ", tokens::PROJECT);
    let value = text.lines().find_map(|line| line.strip_prefix(&begin));
    let value = value.unwrap_or_else(|| panic!("no `{name}`: {} {text}", reply.status));
    value.parse().expect("a number")
}

#[test]
fn keys_of_a_file_are_taken_and_dropped_as_the_file_changes() {
    let (old, new) = (Signer::new(), Signer::new());
    let repo = tokens::repo(&Signer::jwks([&old]), "refresh_interval: 200ms");
    let gateway = Gateway::start(&repo);
    let (by_old, by_new) = (old.token("model"), new.token("model"));
    assert_eq!(status(&gateway, &by_old), 200);
    repo.write("keys.json", Signer::jwks([&old, &new]));
    wait_until("the new key", SOON, || status(&gateway, &by_new) == 200);
    assert_eq!(status(&gateway, &by_old), 200);
    repo.write("keys.json", Signer::jwks([&new]));
    wait_until("the old key to be gone", SOON, || {
        status(&gateway, &by_old) == 401
    });
    assert_eq!(status(&gateway, &by_new), 200);
    // half a file is no reason to lose the keys that one has
    repo.write("keys.json", "{\"keys\": [");
    wait_until("the log", SOON, || {
        gateway.log().contains("could not be fetched")
    });
    assert_eq!(status(&gateway, &by_new), 200);
}

#[test]
fn a_secret_is_exchanged_while_the_gateway_serves_and_a_torn_one_is_not() {
    let (old, new) = (
        "an old secret of 32 bytes or more",
        "a new secret of 32 bytes or more",
    );
    let by = |secret| hostile::hs256(secret, &json!({"alg": "HS256"}), &claims("model"));
    let (by_old, by_new) = (by(old), by(new));
    let repo = tokens::repo_with_secret(&format!("{old}\n"), "refresh_interval: 200ms");
    let gateway = Gateway::start(&repo);
    assert_eq!(status(&gateway, &by_old), 200);
    assert_eq!(status(&gateway, &by_new), 401);
    repo.write("secret", &new[..31]);
    wait_until("the log", SOON, || {
        let log = gateway.log();
        log.contains("has 31 bytes") && log.contains("those of before go on to count")
    });
    assert_eq!(status(&gateway, &by_old), 200);
    assert_eq!(metric(&gateway, &by_old, "salver_token_keys_up"), 0.0);
    let age = metric(&gateway, &by_old, "salver_token_keys_age_seconds");
    assert!(age > 0.0, "{age}");
    std::fs::remove_file(repo.at("secret")).unwrap();
    wait_until("the log", SOON, || gateway.log().contains("No such file"));
    assert_eq!(status(&gateway, &by_old), 200);
    repo.write("secret", new);
    // a token that was taken a moment ago is taken no more
    wait_until("the new secret", SOON, || status(&gateway, &by_old) == 401);
    assert_eq!(status(&gateway, &by_new), 200);
    assert_eq!(metric(&gateway, &by_new, "salver_token_keys_up"), 1.0);
    for secret in [old, &new[..31]] {
        assert!(!gateway.log().contains(secret));
    }
}

#[test]
fn keys_that_can_not_be_fetched_for_too_long_are_trusted_no_more() {
    let signer = Signer::new();
    let server = KeyServer::start(&Signer::jwks([&signer]));
    let repo = tokens::repo_with_keys_at(
        &server.url(),
        "refresh_interval: 100ms, max_key_age: 1s, allow_http_on_loopback: true",
    );
    let gateway = Gateway::start(&repo);
    let token = signer.token("model");
    assert_eq!(status(&gateway, &token), 200);
    for bad in [
        "HTTP/1.1 500 Oops\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ] {
        server.answer(bad);
        wait_until("503", SOON, || status(&gateway, &token) == 503);
        server.publish(&Signer::jwks([&signer]));
        wait_until("200", SOON, || status(&gateway, &token) == 200);
    }
    assert!(gateway.log().contains("redirects are not followed"));
    let huge = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
        " ".repeat(2 << 20)
    );
    server.answer(&huge);
    wait_until("503", SOON, || status(&gateway, &token) == 503);
    assert!(gateway.log().contains("sent more than"));
}

#[test]
fn a_gateway_that_has_no_keys_yet_is_not_ready_and_lets_nobody_in() {
    let signer = Signer::new();
    let server = KeyServer::start("nothing yet");
    let repo = tokens::repo_with_keys_at(
        &server.url(),
        "refresh_interval: 100ms, allow_http_on_loopback: true",
    );
    let gateway = GatewayCommand::new(repo.path()).start();
    let reply = gateway.wait_for_ready_status(503);
    assert_eq!(reply.json()["status"], "waiting");
    assert_eq!(status(&gateway, &signer.token("model")), 503);
    server.publish(&Signer::jwks([&signer]));
    gateway.wait_ready();
    assert_eq!(status(&gateway, &signer.token("model")), 200);
}

#[test]
fn ten_thousand_unknown_kids_cause_one_fetch() {
    const FLOOD: usize = 10_000;
    const AT_ONCE: usize = 100;
    let signer = Signer::new();
    let server = KeyServer::start(&Signer::jwks([&signer]));
    let repo = tokens::repo_with_keys_at(&server.url(), SELDOM);
    let gateway = Gateway::start(&repo);
    assert_eq!(server.fetches(), 1);
    let claims = claims("model").to_string();
    let mut statuses = (0, 0);
    for group in 0..FLOOD / AT_ONCE {
        let mut requests = String::new();
        for n in 0..AT_ONCE {
            let header = json!({"alg": "EdDSA", "kid": format!("{group}-{n}")}).to_string();
            let token = signer.sign(&header, &claims);
            let connection = if n + 1 == AT_ONCE {
                "close"
            } else {
                "keep-alive"
            };
            requests += &format!(
                "POST /get-online-features HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
                 content-length: 0\r\nconnection: {connection}\r\n\r\n"
            );
        }
        let answers = gateway.send_raw(requests.as_bytes());
        statuses.0 += answers.matches("HTTP/1.1 401").count();
        statuses.1 += answers.matches("HTTP/1.1 503").count();
    }
    assert_eq!(statuses.0 + statuses.1, FLOOD, "{statuses:?}");
    assert!(statuses.0 > FLOOD / 2, "{statuses:?}");
    // one at the start, one for all of them; another where the flood has taken more than 30 seconds
    assert!((2..=3).contains(&server.fetches()), "{}", server.fetches());
    assert_eq!(status(&gateway, &signer.token("model")), 200);
}

#[test]
fn a_token_of_a_key_that_was_just_published_waits_for_one_fetch() {
    let (old, new) = (Signer::new(), Signer::new());
    let server = KeyServer::start(&Signer::jwks([&old]));
    let repo = tokens::repo_with_keys_at(&server.url(), SELDOM);
    let gateway = Gateway::start(&repo);
    server.publish(&Signer::jwks([&old, &new]));
    let token = new.token("model");
    let first = super::ask(&gateway, &token, &super::by_reference());
    let _ = first.error(503, "keys_unavailable");
    assert!(first.header("retry-after").is_some());
    wait_until("the key", SOON, || status(&gateway, &token) == 200);
    assert_eq!(server.fetches(), 2);
}
