//! Redis comes and goes: 503 with `Retry-After` meanwhile, recovery by itself.

use std::time::{Duration, Instant};

use e2e::{
    Gateway, GatewayCommand, Redis, Reply, Repo,
    deadline::{poll, wait_until},
    now,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
/// No request takes longer, whatever the store does.
const OF_A_CLIENT: Duration = Duration::from_secs(30);

fn repo_on(redis: &Redis) -> Repo {
    let repo = Repo::init();
    repo.use_online_store(&redis.online_store_yaml());
    repo.materialize();
    repo
}

fn request() -> Value {
    json!({"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001, 1002]}})
}

fn check_unavailable(reply: &Reply) {
    let _ = reply.error(503, "store_unavailable");
    let seconds = reply
        .header("retry-after")
        .and_then(|it| it.parse::<u32>().ok());
    assert!(seconds.is_some_and(|it| it > 0), "{:?}", reply.headers);
}

#[test]
fn a_redis_that_goes_and_comes_back_is_503_meanwhile_and_then_served_again() {
    let mut redis = Redis::start();
    let repo = repo_on(&redis);
    let gateway = Gateway::start(&repo);
    let before = gateway.features(&request()).ok();

    redis.stop();
    let reply = poll("a 503", PATIENCE, || {
        let reply = gateway.features(&request());
        (reply.status != 200).then_some(reply)
    });
    check_unavailable(&reply);
    assert_eq!(gateway.get("/health").status, 200, "the process lives");
    // Still ready, degraded: it was ready once, and what can be served is decided for each request.
    assert_eq!(gateway.get("/ready").status, 200);

    redis.start_again();
    let after = poll("an answer after the return of Redis", PATIENCE, || {
        let reply = gateway.features(&request());
        (reply.status == 200).then_some(reply)
    });
    assert_eq!(after.ok(), before);
}

#[test]
fn a_redis_that_hangs_is_503_before_the_clients_patience_ends() {
    let redis = Redis::start();
    let repo = repo_on(&redis);
    let gateway = Gateway::start(&repo);
    let before = gateway.features(&request()).ok();

    redis.freeze();
    let start = Instant::now();
    let reply = gateway.features(&request());
    assert!(start.elapsed() < OF_A_CLIENT, "took {:?}", start.elapsed());
    assert_eq!(reply.status, 503, "{}", reply.text());

    redis.thaw();
    let after = poll("an answer after the thaw", PATIENCE, || {
        let reply = gateway.features(&request());
        (reply.status == 200).then_some(reply)
    });
    assert_eq!(after.ok(), before);
}

fn has_sample(gateway: &Gateway, sample: &str) -> bool {
    let metrics = gateway.get("/metrics").text();
    metrics.lines().any(|line| line == sample)
}

fn not_asked(gateway: &Gateway) -> u64 {
    let metrics = gateway.get("/metrics").text();
    let name =
        r#"salver_store_calls_total{project="driver_repo",operation="read",outcome="not_asked"} "#;
    let value = metrics.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

const LEFT_ALONE: &str = r#"salver_store_left_alone{project="driver_repo"} 1"#;
const ASKED: &str = r#"salver_store_left_alone{project="driver_repo"} 0"#;

/// Asks until the store is left alone, and sees that this is told.
fn check_left_alone(gateway: &Gateway) {
    wait_until("the store to be left alone", PATIENCE, || {
        check_unavailable(&gateway.features(&request()));
        has_sample(gateway, LEFT_ALONE)
    });
    wait_until("requests to fail without the store", PATIENCE, || {
        check_unavailable(&gateway.features(&request()));
        not_asked(gateway) > 0
    });
    let ready = gateway.get("/ready").json();
    let project = &ready["projects"][0];
    assert_eq!(project["state"], "degraded", "{ready}");
    let reason = project["reason"].as_str().expect("a reason");
    assert!(reason.contains("left alone"), "{reason}");
}

fn check_asked_again(gateway: &Gateway) {
    wait_until("the store to be asked again", PATIENCE, || {
        gateway.features(&request()).status == 200
    });
    assert!(has_sample(gateway, ASKED), "{}", gateway.log());
    assert_eq!(
        gateway.get("/ready").json()["projects"][0]["state"],
        "ready"
    );
    let before = not_asked(gateway);
    for _ in 0..20 {
        let _ = gateway.features(&request()).ok();
    }
    assert_eq!(not_asked(gateway), before);
}

#[test]
fn a_redis_that_was_restarted_is_left_alone_meanwhile_and_then_asked_again() {
    let mut redis = Redis::start();
    let repo = repo_on(&redis);
    let gateway = Gateway::start(&repo);
    for _ in 0..2 {
        let _ = gateway.features(&request()).ok();
        redis.stop();
        check_left_alone(&gateway);
        redis.start_again();
        check_asked_again(&gateway);
    }
}

#[test]
fn a_redis_that_hangs_is_left_alone_by_requests_that_gave_up() {
    let redis = Redis::start();
    let repo = repo_on(&redis);
    let gateway = GatewayCommand::new(repo.path())
        .env("SALVER__SALVER__LIMITS__REQUEST_TIMEOUT", "1s")
        .start();
    gateway.wait_ready();
    let _ = gateway.features(&request()).ok();
    redis.freeze();
    check_left_alone(&gateway);
    redis.thaw();
    check_asked_again(&gateway);
}

#[test]
fn a_gateway_started_before_its_redis_is_not_ready_and_becomes_ready_by_itself() {
    let mut redis = Redis::start();
    let repo = repo_on(&redis);
    redis.stop();
    let gateway = GatewayCommand::new(repo.path()).start();
    assert_eq!(gateway.get("/health").status, 200);
    let body = gateway.wait_for_ready_status(503).json();
    assert!(
        body.to_string().contains("driver_repo"),
        "each project is listed: {body}"
    );
    redis.start_again();
    gateway.wait_ready();
    let _ = gateway.features(&request()).ok();
}

#[test]
fn materializing_into_a_redis_that_is_away_fails_and_says_so() {
    let mut redis = Redis::start();
    let repo = repo_on(&redis);
    redis.stop();
    let outcome = repo.admin(["materialize-incremental", &now()]).run();
    let _ = outcome.exits(1).complains(&redis.port().to_string());
}
