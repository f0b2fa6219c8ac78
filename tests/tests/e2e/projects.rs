//! Several projects behind one gateway: each for itself.

use std::{
    net::TcpListener,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use e2e::{Gateway, GatewayCommand, Invocation, Redis, Reply, Repo, binary, deadline::poll};
use serde_json::{Value, json};

#[path = "projects/hostile_tenant.rs"]
mod hostile_tenant;

const PATIENCE: Duration = Duration::from_secs(60);

/// The repository of `init`, under another project's name, applied and loaded.
fn materialized(project: &str) -> Repo {
    let repo = named(project);
    repo.materialize();
    repo
}

fn named(project: &str) -> Repo {
    let repo = Repo::init();
    let own = "project: driver_repo";
    repo.replace("feature_store.yaml", own, &format!("project: {project}"));
    repo
}

fn command(repos: &[&Repo]) -> GatewayCommand {
    let (first, others) = repos.split_first().expect("a repository");
    let command = GatewayCommand::new(first.path());
    others.iter().fold(command, |command, repo| {
        let path = repo.path().display().to_string();
        command.arg("-c").arg(&path)
    })
}

fn start(repos: &[&Repo]) -> Gateway {
    let gateway = command(repos).start();
    gateway.wait_ready();
    gateway
}

fn body() -> Value {
    json!({"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1001, 1002]}})
}

fn ask(gateway: &Gateway, project: &str) -> Reply {
    let path = format!("/projects/{project}/get-online-features");
    gateway.send("POST", &path, &[], body().to_string())
}

/// What `/ready` tells of a project.
fn state(gateway: &Gateway, project: &str) -> Value {
    let report = gateway.get("/ready").json();
    let projects = report["projects"].as_array().expect("a list of projects");
    let found = projects.iter().find(|told| told["project"] == project);
    found
        .unwrap_or_else(|| panic!("no `{project}` in {report}"))
        .clone()
}

/// Starts a gateway that can't serve anything; what it says.
fn refusal(repos: &[&Path]) -> String {
    let mut gateway = Invocation::new(&binary("gateway"), repos[0]);
    for repo in repos {
        gateway = gateway.arg("-c").arg(repo);
    }
    let outcome = gateway.args(["serve", "--port", "0"]).run();
    outcome.exits(1).stderr
}

#[test]
fn projects_of_several_repositories_are_served_apart() {
    let (ranking, fraud) = (materialized("ranking"), materialized("fraud"));
    let gateway = start(&[&ranking, &fraud]);
    let values = |reply: &Reply| reply.ok()["results"].clone();
    let of_ranking = values(&ask(&gateway, "ranking"));
    assert_eq!(of_ranking[0]["statuses"][1], "PRESENT", "{of_ranking}");
    let _ = ask(&gateway, "fraud").ok();
    let header = [("salver-project", "ranking")];
    let by_header = gateway.send("POST", "/get-online-features", &header, body().to_string());
    assert_eq!(values(&by_header), of_ranking);
    let _ = gateway.features(&body()).error(400, "unnamed_project");
    let _ = ask(&gateway, "frau").error(404, "unknown_project");
    for project in ["ranking", "fraud"] {
        assert_eq!(state(&gateway, project)["state"], "ready");
    }
}

#[test]
fn one_registry_may_hold_several_projects_and_those_with_a_repository_are_served() {
    let ranking = materialized("ranking");
    let shared = format!("registry: {}", ranking.at("data/registry.db").display());
    let fraud = named("fraud");
    fraud.replace("feature_store.yaml", "registry: data/registry.db", &shared);
    fraud.materialize();
    let gateway = start(&[&ranking]);
    let _ = ask(&gateway, "ranking").ok();
    let _ = ask(&gateway, "fraud").error(404, "unknown_project");
    let gateway = start(&[&ranking, &fraud]);
    let _ = (ask(&gateway, "ranking").ok(), ask(&gateway, "fraud").ok());
}

#[test]
fn broken_projects_do_not_keep_the_others_from_serving() {
    let good = materialized("good");
    let (unapplied, torn, elsewhere) = (named("unapplied"), named("torn"), named("elsewhere"));
    torn.write("data/registry.db", "this is no registry");
    elsewhere.use_online_store("online_store:\n  type: sqlite\n  path: /proc/no/such/online.db\n");
    let _ = elsewhere.admin(["apply"]).run();
    let misspelt = named("misspelt");
    misspelt.replace("feature_store.yaml", "salver:", "salve:");
    let all = [&good, &unapplied, &torn, &elsewhere, &misspelt];
    let gateway = start(&all);
    let _ = ask(&gateway, "good").ok();
    for (project, reason) in [("unapplied", "absent or empty"), ("torn", "registry")] {
        let told = state(&gateway, project);
        assert!(told["reason"].to_string().contains(reason), "{told}");
        let _ = ask(&gateway, project).error(503, "not_ready");
    }
    assert_ne!(state(&gateway, "elsewhere")["state"], "ready");
    let report = gateway.get("/ready").json();
    let unusable = &report["unusable_repositories"][0];
    let folder = misspelt.path().display().to_string();
    assert_eq!(unusable["repository"], folder, "{report}");
    assert!(
        unusable["reason"].to_string().contains("`salver`"),
        "{report}"
    );

    unapplied.materialize();
    poll("the project that is applied by now", PATIENCE, || {
        (ask(&gateway, "unapplied").status == 200).then_some(())
    });
}

#[test]
fn where_no_project_can_be_served_the_start_fails_and_says_why_of_each() {
    let (one, two) = (named("one"), named("two"));
    two.write("data/registry.db", "this is no registry");
    let told = refusal(&[one.path(), two.path()]);
    assert!(told.contains("does not exist or is empty"), "{told}");
    assert!(told.contains("is truncated or no registry"), "{told}");
}

#[test]
fn a_registry_that_never_answers_holds_up_no_other_project() {
    let good = materialized("good");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", silent.local_addr().expect("it is bound"));
    let waiting = named("waiting");
    waiting.replace(
        "feature_store.yaml",
        "registry: data/registry.db",
        "registry: s3://bucket/registry.db",
    );
    let mut command = command(&[&good, &waiting]);
    for (name, value) in [
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
    ] {
        command = command.env(name, value);
    }
    let gateway = command.start();
    gateway.wait_ready();
    let _ = ask(&gateway, "good").ok();
    let told = state(&gateway, "waiting");
    assert_eq!(told["state"], "waiting", "{told}");
    let _ = ask(&gateway, "waiting").error(503, "not_ready");
}

#[test]
fn a_flood_of_requests_to_a_dead_redis_fails_none_of_the_neighbours() {
    let good = materialized("good");
    let mut redis = Redis::start();
    let dead = named("dead");
    dead.use_online_store(&redis.online_store_yaml());
    dead.materialize();
    let gateway = start(&[&good, &dead]);
    poll("the second project's store", PATIENCE, || {
        (ask(&gateway, "dead").status == 200).then_some(())
    });
    redis.stop();
    let goes_on = AtomicBool::new(true);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while goes_on.load(Ordering::Relaxed) {
                    assert_eq!(ask(&gateway, "dead").status, 503);
                }
            });
        }
        for _ in 0..200 {
            let _ = ask(&gateway, "good").ok();
        }
        goes_on.store(false, Ordering::Relaxed);
    });
    assert_eq!(state(&gateway, "good")["state"], "ready");
    assert_eq!(state(&gateway, "dead")["state"], "degraded");
}
