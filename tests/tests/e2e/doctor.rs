//! What the gateway finds out about its own rights, against a Redis with real users.

mod redis_rights;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

use e2e::{
    Gateway, GatewayCommand, Invocation, Outcome, Reader, Redis, Repo, online_store_yaml,
    tokens::{self, Signer},
};
use serde_json::json;

const USER: &str = "driver_repo-gateway";
const PASSWORD: &str = "geheim";

/// What `registry-admin redis-acl` prints for the gateway of this project.
const READS: &str = "on resetchannels resetkeys %R~*driver_repo -@all +hmget +hgetall +ping +hello +auth \
                     +cluster|slots +cluster|shards +readonly";

fn set_user(redis: &Redis, rules: &str) {
    let password = format!(">{PASSWORD}");
    let words = ["ACL", "SETUSER", USER, "reset", &password].into_iter();
    let words: Vec<&[u8]> = words
        .chain(rules.split_whitespace())
        .map(str::as_bytes)
        .collect();
    let _ = redis.command(&words);
}

/// A repository whose values are in Redis, and whose gateway logs in as [`USER`].
fn repo_on(redis: &Redis, settings: &str) -> Repo {
    let repo = Repo::init();
    repo.use_online_store(&redis.online_store_yaml());
    repo.materialize();
    let login = format!(
        "{},username={USER},password=${{GATEWAY_PASSWORD}}",
        redis.address()
    );
    repo.use_online_store(&online_store_yaml(&login));
    repo.replace(
        "feature_store.yaml",
        "salver:\n",
        &format!("salver:\n{settings}"),
    );
    repo
}

fn invocation(command: Command, repos: &[&Repo], arguments: &[&str]) -> Invocation {
    let mut invocation = Invocation::of(command).env("GATEWAY_PASSWORD", PASSWORD);
    for repo in repos {
        invocation = invocation.arg("-c").arg(repo.path());
    }
    invocation.args(arguments)
}

fn doctor(reader: &Reader, repos: &[&Repo]) -> Outcome {
    invocation(reader.gateway(), repos, &["doctor"]).run()
}

/// The lines about a user of Redis that find something.
fn found(outcome: &Outcome) -> Vec<&str> {
    let lines = outcome.stdout.lines().map(str::trim);
    let lines = lines.filter(|line| line.contains("Redis user") && !line.starts_with("ok"));
    lines.collect()
}

fn serve(reader: &Reader, repos: &[&Repo]) -> Gateway {
    let mut command = reader.gateway();
    for repo in repos {
        command.arg("-c").arg(repo.path());
    }
    command.args(["serve", "--port", "0"]);
    GatewayCommand::of(command)
        .env("GATEWAY_PASSWORD", PASSWORD)
        .start()
}

#[test]
fn a_gateway_that_may_only_read_is_told_so_and_serves_without_being_refused_anything() {
    let redis = Redis::start();
    set_user(&redis, READS);
    let repo = repo_on(&redis, "");
    let reader = Reader::of(&[&repo]);
    let outcome = doctor(&reader, &[&repo]).succeeds();
    assert!(!outcome.stdout.contains("excess"), "{outcome}");
    let _ = redis.command(&[b"ACL", b"LOG", b"RESET"]);
    let gateway = serve(&reader, &[&repo]);
    gateway.wait_ready();
    let body = json!({"feature_service": "driver_activity_v1", "entities": {"driver_id": [1001, 1002], "val_to_add": [1, 2], "val_to_add_2": [3, 4]}});
    let _ = gateway.features(&body).ok();
    for path in ["/health", "/metrics", "/openapi.json"] {
        assert_eq!(gateway.get(path).status, 200, "{path}");
    }
    let refused = redis.command(&[b"ACL", b"LOG"]);
    assert!(refused.items().is_empty(), "{refused:?}");
}

#[test]
fn files_and_variables_that_a_gateway_should_not_have_are_told() {
    let repo = Repo::materialized();
    let reader = Reader::of(&[&repo]);
    let _ = doctor(&reader, &[&repo]).succeeds();
    let write = "SALVER__SALVER__ADMIN__ONLINE_STORE__PATH";
    let outcome = invocation(reader.gateway(), &[&repo], &["doctor"])
        .env(write, "x")
        .run()
        .exits(1);
    let told = format!("excess   environment: `{write}` is for `registry-admin` only");
    assert!(outcome.stdout.contains(&told), "{outcome}");
    let outcome = invocation(reader.gateway(), &[&repo], &["doctor"])
        .env("SALVER_TOKEN_KEY", "x")
        .run()
        .exits(1);
    let _ = outcome.says("`SALVER_TOKEN_KEY` is for `registry-admin` only");
    drop(reader);
    let open = |place: &str, mode: u32| {
        let path = repo.at(place);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .expect("our own file");
    };
    for (place, mode, told) in [
        ("data/registry.db", 0o666, "excess   registry"),
        (
            "data/online_store.db",
            0o666,
            "excess   online store: writing",
        ),
        ("feature_store.yaml", 0o646, "everybody may write it"),
        (".", 0o757, "everybody may replace the files in it"),
    ] {
        let reader = Reader::of(&[&repo]);
        open(place, mode);
        let outcome = doctor(&reader, &[&repo]).exits(1);
        assert!(outcome.stdout.contains(told), "{outcome}");
    }
}

#[test]
fn whoever_could_make_tokens_with_the_files_that_check_them_is_told() {
    let signer = Signer::new();
    let public = tokens::repo(&Signer::jwks([&signer]), "");
    let reader = Reader::of(&[&public]);
    let _ = doctor(&reader, &[&public]).succeeds().says("keys.json");
    for mode in [0o666, 0o646] {
        let open = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(public.at("keys.json"), open).expect("our own file");
        let outcome = doctor(&reader, &[&public]).exits(1);
        let _ = outcome.says("keys.json`: everybody may write it");
    }
    let secret = tokens::repo_with_secret("a secret that everybody may read", "");
    let reader = Reader::of(&[&secret]);
    let outcome = doctor(&reader, &[&secret]).exits(1);
    let _ = outcome.says("secret`: everybody may read the secret in it");
}

#[test]
fn where_it_is_required_a_gateway_that_may_write_is_refused_and_one_that_reads_is_not() {
    let redis = Redis::start();
    set_user(&redis, READS);
    let repo = repo_on(&redis, "  require_read_only: true\n");
    let reader = Reader::of(&[&repo]);
    let gateway = serve(&reader, &[&repo]);
    gateway.wait_ready();
    drop(gateway);
    set_user(&redis, &format!("{READS} ~*driver_repo +hset"));
    let outcome = invocation(reader.gateway(), &[&repo], &["serve", "--port", "0"])
        .run()
        .exits(1);
    assert!(
        outcome.stderr.contains("`salver.require_read_only` is set"),
        "{outcome}"
    );
    assert!(outcome.stderr.contains("`HSET`"), "{outcome}");
}

#[test]
fn a_project_that_may_write_and_must_not_is_not_served_beside_one_that_is() {
    let redis = Redis::start();
    set_user(&redis, &format!("{READS} ~*driver_repo +hset"));
    let writes = repo_on(&redis, "  require_read_only: true\n");
    let good = Repo::init();
    good.replace(
        "feature_store.yaml",
        "project: driver_repo",
        "project: good",
    );
    good.materialize();
    let reader = Reader::of(&[&good, &writes]);
    let gateway = serve(&reader, &[&good, &writes]);
    gateway.wait_ready();
    let report = gateway.get("/ready").json();
    assert_eq!(report["projects"][0]["state"], "ready", "{report}");
    assert_eq!(report["projects"][1]["state"], "failed", "{report}");
    assert!(
        report["projects"][1]["reason"].to_string().contains("HSET"),
        "{report}"
    );
}

/// An S3 that answers every request alike, and what it was asked.
struct FakeS3 {
    endpoint: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeS3 {
    fn answering(reply: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&asked);
        // ends with the test's process
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                heard.lock().expect("nobody panics with it").push(first);
                let _ = (&stream).write_all(reply.as_bytes());
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            asked,
        }
    }

    /// Methods of the requests so far.
    fn methods(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("nobody panics with it");
        let methods = asked.iter().filter_map(|line| line.split(' ').next());
        methods.map(str::to_owned).collect()
    }
}

const DENIED: &str = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 46\r\n\r\n\
                      <Error><Code>AccessDenied</Code></Error>      ";
const BEGUN: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 101\r\n\r\n\
                     <InitiateMultipartUploadResult><UploadId>the-upload</UploadId></InitiateMultipartUploadResult>       ";

#[test]
fn a_registry_in_an_object_store_is_tried_without_an_object_being_written() {
    for (reply, verdict, methods) in [
        (DENIED, "ok       registry", &["POST"][..]),
        (BEGUN, "excess   registry", &["POST", "DELETE"][..]),
    ] {
        let s3 = FakeS3::answering(reply);
        let repo = Repo::materialized();
        let local = "registry: data/registry.db";
        repo.replace(
            "feature_store.yaml",
            local,
            "registry: s3://bucket/registry.db",
        );
        let reader = Reader::of(&[&repo]);
        let outcome = invocation(reader.gateway(), &[&repo], &["doctor"])
            .env("AWS_ENDPOINT_URL", &s3.endpoint)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .run();
        assert!(outcome.stdout.contains(verdict), "{outcome}");
        assert_eq!(s3.methods(), methods, "{outcome}");
    }
}
