//! More requests than a gateway can answer.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use e2e::{
    Gateway, GatewayCommand, KeepAlive, Redis, Reply, Repo,
    deadline::{poll, wait_until},
};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);
/// More than a machine of eight cores lets wait.
const FLOOD: usize = 96;
/// Enough of a neighbour's requests for one to be turned away, if any is.
const OF_THE_NEIGHBOUR: usize = 20;

fn repo_of(project: &str, redis: &Redis) -> Repo {
    let repo = Repo::init();
    let own = "project: driver_repo";
    repo.replace("feature_store.yaml", own, &format!("project: {project}"));
    repo.use_online_store(&redis.online_store_yaml());
    repo.materialize();
    repo
}

fn path_of(project: &str) -> String {
    format!("/projects/{project}/get-online-features")
}

/// A request that is work.
fn body() -> String {
    let drivers: Vec<u32> = (0..500).map(|index| 1001 + index % 5).collect();
    json!({
        "features": ["driver_hourly_stats:conv_rate", "driver_hourly_stats:acc_rate"],
        "entities": {"driver_id": drivers},
    })
    .to_string()
}

/// Asks for features of a project over and over, on many connections, while `meanwhile` goes on. What each was told
/// first that was no answer.
fn flooded<T>(
    gateway: &Gateway,
    project: &str,
    meanwhile: impl FnOnce(&Mutex<Vec<Reply>>) -> T,
) -> T {
    let (goes_on, refused) = (AtomicBool::new(true), Mutex::new(Vec::new()));
    let (path, body) = (path_of(project), body());
    thread::scope(|scope| {
        for _ in 0..FLOOD {
            scope.spawn(|| {
                let mut connection = KeepAlive::connect(gateway.port());
                let mut is_first = true;
                while goes_on.load(Ordering::Relaxed) {
                    let reply = connection.post(&path, &[], &body);
                    if reply.status != 200 && std::mem::take(&mut is_first) {
                        let mut refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
                        refused.push(reply);
                    }
                }
            });
        }
        let ends = Ends(&goes_on);
        let result = meanwhile(&refused);
        drop(ends);
        result
    })
}

/// Lets the flood end, also where the test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[test]
fn a_flood_is_turned_away_with_429_on_its_connections_and_its_neighbour_is_answered() {
    let redis = Redis::start();
    let (flood, quiet) = (repo_of("flood", &redis), repo_of("quiet", &redis));
    let other = quiet.path().display().to_string();
    let gateway = GatewayCommand::new(flood.path())
        .arg("-c")
        .arg(&other)
        .start();
    gateway.wait_ready();
    let first = flooded(&gateway, "flood", |refused| {
        let first = poll("a request to be turned away", PATIENCE, || {
            refused.lock().ok()?.pop()
        });
        let mut neighbour = KeepAlive::connect(gateway.port());
        for _ in 0..OF_THE_NEIGHBOUR {
            let reply = neighbour.post(&path_of("quiet"), &[], &body());
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
        assert_eq!(gateway.get("/health").status, 200);
        first
    });
    assert_eq!(first.header("retry-after"), Some("1"));
    let _ = first.error(429, "overloaded");
    let counted = r#"salver_http_errors_total{project="flood",route="/get-online-features",code="overloaded"}"#;
    assert!(gateway.get("/metrics").text().contains(counted));
    wait_until(
        "requests of the flooded project to be answered",
        PATIENCE,
        || {
            let reply = gateway.send("POST", &path_of("flood"), &[], body());
            reply.status == 200
        },
    );
}

#[test]
fn the_only_project_of_a_gateway_turns_away_what_it_cannot_answer_in_time() {
    let redis = Redis::start();
    let repo = repo_of("only", &redis);
    let gateway = Gateway::start(&repo);
    let refused = flooded(&gateway, "only", |refused| {
        poll("a request to be turned away", PATIENCE, || {
            refused.lock().ok()?.pop()
        })
    });
    let _ = refused.error(429, "overloaded");
}

#[test]
fn a_longer_queue_time_lets_all_of_them_wait() {
    let redis = Redis::start();
    let repo = repo_of("patient", &redis);
    let gateway = GatewayCommand::new(repo.path())
        .env("SALVER__SALVER__LIMITS__MAX_QUEUE_TIME", "5m")
        .env("SALVER__SALVER__LIMITS__REQUEST_TIMEOUT", "5m")
        .start();
    gateway.wait_ready();
    let (path, body) = (path_of("patient"), body());
    thread::scope(|scope| {
        for _ in 0..FLOOD {
            scope.spawn(|| {
                let mut connection = KeepAlive::connect(gateway.port());
                for _ in 0..4 {
                    let reply = connection.post(&path, &[], &body);
                    assert_eq!(reply.status, 200, "{}", reply.text());
                }
            });
        }
    });
}
