//! Redis comes and goes: 503 with `Retry-After` meanwhile, recovery by itself.

use std::time::{Duration, Instant};

use e2e::{Gateway, Redis, Reply, Repo, deadline::poll, now};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

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
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    assert_eq!(reply.status, 503, "{}", reply.text());

    redis.thaw();
    let after = poll("an answer after the thaw", PATIENCE, || {
        let reply = gateway.features(&request());
        (reply.status == 200).then_some(reply)
    });
    assert_eq!(after.ok(), before);
}

#[test]
fn a_gateway_started_before_its_redis_is_not_ready_and_becomes_ready_by_itself() {
    let mut redis = Redis::start();
    let repo = repo_on(&redis);
    redis.stop();
    let gateway = e2e::GatewayCommand::new(repo.path()).start();
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
