//! The cache under the credentials of a user who may only read.

use e2e::{Gateway, GatewayCommand, Invocation, Outcome, Redis, Repo, binary, online_store_yaml};

use super::{ask, cached_on, told, warm};

const USER: &str = "driver_repo-gateway";
const PASSWORD: &str = "geheim";

/// The gateway's line as `redis-acl` prints it.
fn printed(repo: &Repo) -> Outcome {
    repo.admin(["redis-acl", "--gateway-user", USER])
        .run()
        .succeeds()
}

fn rules(printed: &Outcome) -> Vec<String> {
    let line = printed.stdout.lines().next().expect("a line");
    line.split(' ').skip(2).map(str::to_owned).collect()
}

fn log_in_as(redis: &Redis, repo: &Repo, rules: &[String]) {
    let password = format!(">{PASSWORD}");
    let words = ["ACL", "SETUSER", USER, "reset"].into_iter();
    let words = words.chain(rules.iter().map(String::as_str));
    let words = words.chain([password.as_str()]);
    let words: Vec<&[u8]> = words.map(str::as_bytes).collect();
    let _ = redis.command(&words);
    let login = format!("{},username={USER},password={PASSWORD}", redis.address());
    repo.use_online_store(&online_store_yaml(&login));
}

fn doctor(repo: &Repo) -> Vec<String> {
    let outcome = Invocation::new(&binary("gateway"), repo.path())
        .args(["-c", ".", "doctor"])
        .run();
    let lines = outcome.stdout.lines().map(str::trim);
    lines
        .filter(|line| line.contains("Redis user"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_printed_user_is_told_of_changes_and_nothing_is_refused() {
    let redis = Redis::start();
    let repo = cached_on(&redis, "");
    let printed = printed(&repo).complains("every project");
    log_in_as(&redis, &repo, &rules(&printed));
    let _ = redis.command(&[b"ACL", b"LOG", b"RESET"]);
    let gateway = GatewayCommand::new(repo.path()).start();
    gateway.wait_ready();
    let _ = warm(&gateway);
    let refused = redis.command(&[b"ACL", b"LOG"]);
    assert!(refused.items().is_empty(), "{refused:?}");
    let told = doctor(&repo);
    assert_eq!(
        told,
        [format!("ok       online store (Redis user `{USER}`)")]
    );
}

#[test]
fn without_the_right_every_request_reads_the_store_and_the_doctor_says_why() {
    let redis = Redis::start();
    let repo = cached_on(&redis, "");
    let printed = rules(&printed(&repo));
    let rights = [
        ("+client|tracking", "`CLIENT TRACKING`"),
        ("+pttl", "`PTTL` of the project's keys"),
    ];
    for (right, told_as) in rights {
        let mut rules = printed.clone();
        rules.retain(|rule| rule != right);
        assert_eq!(rules.len(), printed.len() - 1);
        log_in_as(&redis, &repo, &rules);
        let missing = format!("missing  online store (Redis user `{USER}`): {told_as}");
        assert_eq!(doctor(&repo), [missing]);
        let gateway = Gateway::start(&repo);
        for _ in 0..3 {
            assert_eq!(told(&ask(&gateway)), "hits=0, misses=3");
        }
        let metrics = gateway.get("/metrics").text();
        assert!(
            metrics.contains("salver_cache_up{project=\"driver_repo\"} 0"),
            "{metrics}"
        );
    }
}
