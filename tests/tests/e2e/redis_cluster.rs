//! Both programs on a Redis Cluster, as the users that `redis-acl` prints.

use std::time::Duration;

use e2e::{
    Gateway, GatewayCommand, Invocation, Reader, RedisCluster, Repo, Resp, deadline::poll, now,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);
const READER: &str = "driver_repo-gateway";
const WRITER: &str = "driver_repo-admin";
const PASSWORD: &str = "geheim";

/// A repository whose gateway and whose `registry-admin` log in as a user each.
fn with_users(cluster: &RedisCluster) -> Repo {
    let repo = Repo::init();
    let login = |user: &str| {
        let nodes = cluster.connection_string();
        format!("{nodes},username={user},password={PASSWORD}")
    };
    repo.use_online_store(&RedisCluster::online_store_yaml_of(&login(READER)));
    let admin = format!(
        "\nsalver:\n  admin:\n    online_store:\n      connection_string: \"{}\"",
        login(WRITER)
    );
    repo.replace("feature_store.yaml", "\nsalver:", &admin);
    for line in repo.admin(["redis-acl"]).run().succeeds().stdout.lines() {
        let password = format!(">{PASSWORD}");
        let words = line.split(' ').skip(1).chain([password.as_str()]);
        let words: Vec<&[u8]> = ([&b"ACL"[..], b"SETUSER"].into_iter())
            .chain(words.map(str::as_bytes))
            .collect();
        for server in cluster.servers() {
            let _ = server.command(&words);
        }
    }
    repo
}

fn request() -> Value {
    let drivers: Vec<i64> = (1001..=1005).collect();
    json!({"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": drivers}})
}

/// What the doctor finds out about the gateway's user of Redis.
fn doctor(repo: &Repo) -> Vec<String> {
    let reader = Reader::of(&[repo]);
    let invocation = Invocation::of(reader.gateway()).arg("-c").arg(repo.path());
    let outcome = invocation.args(["doctor"]).run();
    let lines = outcome.stdout.lines().map(str::trim);
    let lines = lines.filter(|line| line.contains("Redis user"));
    lines.map(str::to_owned).collect()
}

/// What the servers refused to anybody.
fn refused(cluster: &RedisCluster) -> Vec<Resp> {
    let logs = cluster
        .servers()
        .iter()
        .map(|server| server.command(&[b"ACL", b"LOG"]));
    logs.flat_map(|log| log.items().to_vec()).collect()
}

#[test]
fn each_server_of_a_cluster_is_asked_for_rights() {
    let cluster = RedisCluster::start();
    let repo = with_users(&cluster);
    repo.materialize();
    let found = doctor(&repo);
    assert!(!found.is_empty());
    assert!(found.iter().all(|line| line.starts_with("ok")), "{found:?}");
    let replica = &cluster.servers()[3];
    let _ = replica.command(&[b"ACL", b"SETUSER", READER.as_bytes(), b"+hset", b"-hgetall"]);
    // Redis lists a replica once it has heard that the replica has copied something
    let found = poll("a doctor that asks the replica", PATIENCE, || {
        let found = doctor(&repo);
        (found.len() > 1).then_some(found)
    });
    let place = format!("at `127.0.0.1:{}`", replica.port());
    for (kind, right) in [("excess", "`HSET`"), ("missing", "`HGETALL`")] {
        let told =
            |line: &String| line.starts_with(kind) && line.contains(right) && line.contains(&place);
        assert_eq!(
            found.iter().filter(|line| told(line)).count(),
            1,
            "{found:?}"
        );
    }
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_gateway_that_may_only_read_serves_a_cluster_and_follows_a_fail_over() {
    let mut cluster = RedisCluster::start();
    let repo = with_users(&cluster);
    repo.materialize();
    assert!(refused(&cluster).is_empty(), "{:?}", refused(&cluster));
    let gateway = Gateway::start(&repo);
    gateway.wait_ready();
    let before = gateway.columns(&request()).ok();
    let statuses = &before["results"][1]["statuses"];
    assert_eq!(statuses, &json!(vec!["PRESENT"; 5]));
    assert!(refused(&cluster).is_empty(), "{:?}", refused(&cluster));

    cluster.stop(1);
    // every answer is the same, or that there is none now
    let mut right = 0;
    poll("an answer after the fail-over", PATIENCE, || {
        let reply = gateway.columns(&request());
        match reply.status {
            200 => {
                assert_eq!(reply.ok(), before);
                right += 1;
            }
            _ => {
                let _ = reply.error(503, "store_unavailable");
            }
        }
        let state = cluster.servers()[4].command(&[b"ROLE"]);
        let is_master = state.items()[0].bytes() == Some(b"master");
        (is_master && right > 100).then_some(())
    });
    let load = repo.admin(["materialize", "2020-01-01", &now()]);
    let _ = load.run().succeeds();
    assert_eq!(gateway.columns(&request()).ok(), before);
    let _ = repo.admin(["teardown", "--yes"]).run().succeeds();
    let left = cluster
        .servers()
        .iter()
        .enumerate()
        .filter(|(place, _)| *place != 1);
    for (_, server) in left {
        assert!(server.keys().is_empty());
    }
}

#[test]
fn replies_say_that_a_replica_was_read_or_what_the_cache_did() {
    let cluster = RedisCluster::start();
    let repo = Repo::init();
    repo.use_online_store(&cluster.online_store_yaml());
    repo.materialize();
    let with = |name: &str, value: &str| GatewayCommand::new(repo.path()).env(name, value).start();
    let replicas = with("SALVER__SALVER__REDIS_READ_FROM", "replica_preferred");
    let expected = poll("an answer of replicas", PATIENCE, || {
        let reply = replicas.columns(&request());
        let is_whole = !reply.text().contains("NOT_FOUND");
        (is_whole && reply.header("salver-replica") == Some("true")).then(|| reply.ok())
    });
    let cached = with("SALVER__SALVER__CACHE__MAX_BYTES", "64MiB");
    let reply = poll("an answer out of the cache", PATIENCE, || {
        let reply = cached.columns(&request());
        (reply.header("salver-cache") == Some("hits=5, misses=0")).then_some(reply)
    });
    assert_eq!(reply.header("salver-replica"), None);
    assert_eq!(reply.ok(), expected);
    let _ = repo.admin(["teardown", "--yes"]).run().succeeds();
    poll("an empty cluster", PATIENCE, || {
        let reply = cached.columns(&request());
        reply.text().contains("NOT_FOUND").then_some(())
    });
}
