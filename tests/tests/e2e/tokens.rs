//! Who may ask a running gateway, and for what.

mod granted;
mod hostile;
mod keys;
mod provider;

use std::net::TcpStream;
use std::time::Duration;

use access::MintFor;
use e2e::{
    Gateway, GatewayCommand, Invocation, Reply, Repo, binary,
    deadline::wait_until,
    tokens::{self, Signer},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(60);
const FEATURES: &str = "/get-online-features";

/// One feature by reference.
fn by_reference() -> Value {
    json!({"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001]}})
}

fn by_service() -> Value {
    json!({"feature_service": "model_inputs", "entities": {"driver_id": [1001]}})
}

fn ask(gateway: &Gateway, token: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", &*bearer)];
    gateway.send("POST", FEATURES, &headers, body.to_string())
}

fn status(gateway: &Gateway, token: &str) -> u16 {
    ask(gateway, token, &by_reference()).status
}

/// A gateway that takes tokens of one key.
fn guarded() -> (Gateway, Signer, Repo) {
    let signer = Signer::new();
    let repo = tokens::repo(&Signer::jwks([&signer]), "");
    (Gateway::start(&repo), signer, repo)
}

#[test]
fn a_token_reads_what_its_subject_may_read() {
    let (gateway, signer, _repo) = guarded();
    let reply = ask(&gateway, &signer.token("model"), &by_reference()).ok();
    assert_eq!(reply["results"].as_array().unwrap().len(), 1);
    let stranger = ask(&gateway, &signer.token("stranger"), &by_reference());
    let _ = stranger.error(403, "forbidden");
    let nobody = gateway.features(&by_reference());
    let _ = nobody.error(401, "token_required");
    assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
}

#[test]
fn a_token_for_one_service_reads_it_and_nothing_else() {
    let (gateway, signer, _repo) = guarded();
    let narrowed_to = MintFor::FeatureService("model_inputs".into());
    let token = signer.mint("model", narrowed_to);
    let _ = ask(&gateway, &token, &by_service()).ok();
    let mut bodies = Vec::new();
    for body in [
        by_reference(),
        json!({"feature_service": "driver_activity_v2", "entities": {"driver_id": [1001]}}),
        json!({"feature_service": "nothing", "entities": {"driver_id": [1001]}}),
        json!({"features": ["nothing:at_all"], "entities": {"driver_id": [1001]}}),
    ] {
        let mut reply = ask(&gateway, &token, &body);
        let _ = reply.error(403, "forbidden");
        let id = reply.header("x-request-id").unwrap().to_owned();
        reply.body = reply.text().replace(&id, "").into_bytes();
        bodies.push(reply.body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[test]
fn a_binding_that_is_taken_away_ends_its_tokens_within_a_refresh() {
    let signer = Signer::new();
    let repo = tokens::repo(&Signer::jwks([&signer]), "");
    repo.replace(
        "feature_store.yaml",
        "salver:\n",
        "salver:\n  registry_poll: 100ms\n",
    );
    let gateway = Gateway::start(&repo);
    let token = signer.token("model");
    assert_eq!(status(&gateway, &token), 200);
    repo.replace(
        "features/access.yaml",
        "subjects: [model]",
        "subjects: [other]",
    );
    let _ = repo.admin(["apply"]).run().succeeds();
    wait_until("the token to read nothing", SOON, || {
        status(&gateway, &token) == 403
    });
    assert_eq!(status(&gateway, &signer.token("other")), 200);
}

#[test]
fn a_pipe_that_nobody_writes_into_is_refused_where_a_file_is_to_be() {
    let signer = Signer::new();
    let repo = tokens::repo(&Signer::jwks([&signer]), "");
    let put_pipe = |place: &str| {
        let pipe = repo.at(place);
        let _ = std::fs::remove_file(&pipe);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
    };
    put_pipe("keys.json");
    let serve = Invocation::new(&binary("gateway"), repo.path());
    let serve = serve.args(["-c", ".", "serve", "--port", "0"]);
    let _ = serve
        .run()
        .exits(1)
        .complains("it should be a regular file");
    put_pipe("data/registry.db");
    let plan = repo.admin(["plan"]).run().exits(1);
    let _ = plan.complains("it should be a regular file");
}

#[test]
fn who_was_denied_what_is_in_the_audit_log() {
    let signer = Signer::new();
    let repo = tokens::repo(&Signer::jwks([&signer]), "");
    repo.replace(
        "feature_store.yaml",
        "salver:\n",
        "salver:\n  audit: {reads: true}\n",
    );
    let gateway = Gateway::start(&repo);
    let (model, stranger) = (signer.token("model"), signer.token("stranger"));
    assert_eq!(status(&gateway, &model), 200);
    let denied = ask(&gateway, &stranger, &by_reference());
    let id = denied.header("x-request-id").unwrap().to_owned();
    let narrowed = signer.mint("model", MintFor::FeatureService("model_inputs".into()));
    let _ = ask(&gateway, &narrowed, &by_reference()).error(403, "forbidden");
    let lines = || -> Vec<Value> {
        let log = gateway.log();
        let lines = log.lines().filter(|line| line.contains("salver::audit"));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    wait_until("three lines", SOON, || lines().len() == 3);
    let lines = lines();
    let told = |line: &Value| {
        json!([
            line["decision"],
            line["subject"],
            line["objects"],
            line["rule"]
        ])
    };
    let view = json!([{"kind": "feature_view", "name": "driver_hourly_stats"}]);
    let project = json!([{"kind": "project", "name": tokens::PROJECT}]);
    let rule = "role binding `models` (consumer)";
    assert_eq!(told(&lines[0]), json!(["allowed", "model", view, rule]));
    assert_eq!(
        told(&lines[1]),
        json!(["denied", "stranger", project, rule])
    );
    assert_eq!(told(&lines[2]), json!(["denied", "model", view, rule]));
    assert_eq!(lines[1]["request_id"], id);
    assert_eq!(lines[1]["action"], "read_online");
    assert!(lines[1]["time"].as_str().unwrap().ends_with('Z'));
    for token in [model, stranger, narrowed] {
        assert!(!gateway.log().contains(token.split('.').nth(2).unwrap()));
    }
    assert!(!gateway.log().contains("1001"));
}

#[test]
fn metrics_and_what_ready_tells_are_for_those_who_see_the_project() {
    let (gateway, signer, _repo) = guarded();
    let get = |path: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        gateway.send("GET", path, &[("authorization", &bearer)], "")
    };
    assert_eq!(gateway.get("/health").status, 200);
    assert_eq!(gateway.get("/openapi.json").status, 200);
    assert_eq!(gateway.get("/ready").ok()["projects"], json!([]));
    let _ = gateway.get("/metrics").error(401, "token_required");
    let stranger = signer.token("stranger");
    assert_eq!(get("/ready", &stranger).ok()["projects"], json!([]));
    let _ = get("/metrics", &stranger).error(403, "forbidden");
    let model = signer.token("model");
    assert_eq!(
        get("/ready", &model).ok()["projects"][0]["project"],
        tokens::PROJECT
    );
    assert_eq!(get("/metrics", &model).status, 200);
}

#[test]
fn a_token_that_expires_while_its_body_arrives_is_refused() {
    let (gateway, signer, _repo) = guarded();
    // a machine that is busy elsewhere may need longer than the shortest to begin
    let mut times = [2, 8, 32].into_iter();
    assert!(times.any(|seconds| expires_while_its_body_arrives(&gateway, &signer, seconds)));
}

/// With a token that is good for so many seconds. False where it had expired before its request was begun.
fn expires_while_its_body_arrives(gateway: &Gateway, signer: &Signer, seconds: u64) -> bool {
    use std::io::{Read, Write};
    let mut claims = tokens::claims("model");
    // with the ten seconds that clocks may differ by
    let last_second = tokens::seconds() + seconds;
    claims["exp"] = json!(last_second - 10);
    let token = signer.sign(&signer.header().to_string(), &claims.to_string());
    let body = by_reference().to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", gateway.port())).expect("it listens");
    let head = format!(
        "POST {FEATURES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("it reads");
    // a token that counts after the head was sent counted when the head came
    if status(gateway, &token) != 200 {
        return false;
    }
    wait_until("the token to expire", SOON, || {
        tokens::seconds() > last_second
    });
    stream.write_all(body.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.contains("has expired"), "{answer}");
    true
}

#[test]
fn without_authentication_the_gateway_listens_on_this_machine_only() {
    let repo = Repo::materialized();
    let serve = |args: &[&str]| {
        Invocation::new(&binary("gateway"), repo.path())
            .arg("-c")
            .arg(repo.path())
            .args(["serve", "--port", "0"])
            .args(args)
    };
    for host in ["0.0.0.0", "::"] {
        let outcome = serve(&["--host", host]).run().exits(1);
        assert!(outcome.stderr.contains("--insecure-no-auth"), "{outcome}");
        assert!(outcome.stderr.contains("salver.auth.jwks"), "{outcome}");
    }
    let told = GatewayCommand::new(repo.path())
        .arg("--host")
        .arg("0.0.0.0")
        .arg("--insecure-no-auth")
        .start();
    told.wait_ready();
    assert!(told.log().contains("everybody who reaches this address"));
}

#[test]
fn settings_of_tokens_that_can_not_work_end_the_start_with_what_would() {
    let signer = Signer::new();
    let jwks = Signer::jwks([&signer]);
    for (keys, document, wanted) in [
        ("missing.json", &*jwks, "missing.json"),
        ("keys.json", "{}", "it should be `{\"keys\": [...]}`"),
        (
            "keys.json",
            r#"{"keys": []}"#,
            "no key of the JWK set can be used",
        ),
        ("http://10.0.0.1/keys", &*jwks, "is not `https`"),
        ("http://127.0.0.1:1/keys", &*jwks, "is not `https`"),
    ] {
        let repo = Repo::init();
        repo.write("keys.json", document);
        tokens::take_tokens(&repo, keys, "");
        let _ = repo.admin(["apply"]).run().succeeds();
        let serve = Invocation::new(&binary("gateway"), repo.path())
            .arg("-c")
            .arg(repo.path());
        let outcome = serve.args(["serve", "--port", "0"]).run().exits(1);
        assert!(outcome.stderr.contains(wanted), "{outcome}");
        assert!(outcome.stderr.contains("feature_store.yaml"), "{outcome}");
    }
}

#[test]
fn a_secret_that_is_too_short_is_refused_and_a_long_one_signs() {
    let repo = tokens::repo_with_secret("0123456789012345678901234567890\n", "");
    let serve = Invocation::new(&binary("gateway"), repo.path())
        .arg("-c")
        .arg(repo.path());
    let outcome = serve.args(["serve", "--port", "0"]).run().exits(1);
    assert!(outcome.stderr.contains("has 31 bytes"), "{outcome}");
    assert!(!outcome.stderr.contains("0123456789"), "{outcome}");
    let secret = "01234567890123456789012345678901";
    repo.write("secret", format!("{secret}\n"));
    let gateway = Gateway::start(&repo);
    let good = hostile::hs256(secret, &json!({"alg": "HS256"}), &tokens::claims("model"));
    assert_eq!(status(&gateway, &good), 200);
    let wrong = hostile::hs256(
        &format!("{secret}\n"),
        &json!({"alg": "HS256"}),
        &tokens::claims("model"),
    );
    assert_eq!(status(&gateway, &wrong), 401);
}
