//! The users of Redis that `redis-acl` prints: what they may do is what the programs do, and no more.

mod over_tls;

use std::collections::BTreeMap;

use e2e::{Gateway, Outcome, Redis, Repo, Resp, now, online_store_yaml};
use serde_json::json;

const READER: &str = "driver_repo-gateway";
const WRITER: &str = "driver_repo-admin";
const PASSWORD: &str = "geheim";

/// A repository whose gateway and whose `registry-admin` log in as a user each.
fn with_users(redis: &Redis, extra: &str) -> Repo {
    let repo = Repo::init();
    let login = |user: &str| format!("{},username={user},password={PASSWORD}", redis.address());
    repo.use_online_store(&(online_store_yaml(&login(READER)) + extra));
    let admin = format!(
        "\nsalver:\n  admin:\n    online_store:\n      connection_string: \"{}\"",
        login(WRITER)
    );
    repo.replace("feature_store.yaml", "\nsalver:", &admin);
    repo
}

/// The printed lines by user, each the words after the name.
fn lines(repo: &Repo) -> BTreeMap<String, Vec<String>> {
    users_in(&repo.admin(["redis-acl"]).run().succeeds())
}

fn users_in(printed: &Outcome) -> BTreeMap<String, Vec<String>> {
    let users = printed.stdout.lines().map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        assert_eq!(words.next().as_deref(), Some("user"), "{line}");
        (words.next().expect("a user's name"), words.collect())
    });
    users.collect()
}

fn set_user(redis: &Redis, user: &str, rules: &[String]) {
    let password = format!(">{PASSWORD}");
    let words = ["ACL", "SETUSER", user, "reset"].into_iter();
    let words = words
        .chain(rules.iter().map(String::as_str))
        .chain([password.as_str()]);
    let words: Vec<&[u8]> = words.map(str::as_bytes).collect();
    let _ = redis.command(&words);
}

fn set_users(redis: &Redis, repo: &Repo) {
    for (user, rules) in lines(repo) {
        set_user(redis, &user, &rules);
    }
}

/// A second view in the same hashes.
const MORE: &str = "\
feature_views:
  - name: more
    entities: [driver]
    source: driver_hourly_stats_source
    schema: [{name: acc_rate, type: Float32}]
";

/// Everything that `registry-admin` does with Redis; whether all of it succeeded.
fn administer(repo: &Repo) -> bool {
    let succeeds = |args: &[&str]| repo.admin(args).run().code == Some(0);
    repo.write("features/more.yaml", MORE);
    let is_loaded = succeeds(&["apply"])
        && succeeds(&["materialize-incremental", &now()])
        // over rows that are there
        && succeeds(&["materialize", "2020-01-01", &now()]);
    std::fs::remove_file(repo.at("features/more.yaml")).expect("it was written");
    is_loaded && succeeds(&["apply", "--yes"]) && succeeds(&["teardown", "--yes"])
}

/// The commands that Redis has refused to anybody since the last time.
fn refused(redis: &Redis) -> Vec<String> {
    let log = redis.command(&[b"ACL", b"LOG"]);
    let _ = redis.command(&[b"ACL", b"LOG", b"RESET"]);
    let object = |entry: &Resp| {
        let mut fields = entry.items().chunks(2);
        let object = fields.find(|field| field[0].bytes() == Some(b"object"));
        let object = object
            .and_then(|field| field[1].bytes())
            .unwrap_or_default();
        String::from_utf8_lossy(object).into_owned()
    };
    log.items().iter().map(object).collect()
}

#[test]
fn both_programs_work_as_these_users_and_nothing_is_refused_to_them() {
    let redis = Redis::start();
    let repo = with_users(&redis, "");
    set_users(&redis, &repo);
    repo.materialize();
    let gateway = Gateway::start(&repo);
    let reply = gateway.columns(&json!({
        "features": ["driver_hourly_stats:avg_daily_trips"],
        "entities": {"driver_id": [1001, 1005]},
    }));
    assert_eq!(
        reply.ok()["results"][1]["statuses"],
        json!(["PRESENT", "PRESENT"])
    );
    gateway.wait_ready();
    assert_eq!(refused(&redis), [""; 0]);
    assert!(administer(&repo));
    assert_eq!(refused(&redis), [""; 0]);
    assert!(redis.keys().is_empty());
}

#[test]
fn the_gateways_user_reads_its_project_and_nothing_else() {
    let redis = Redis::start();
    let repo = with_users(&redis, "");
    set_users(&redis, &repo);
    repo.materialize();
    let key = redis.keys().pop().unwrap();
    assert!(key.ends_with(b"driver_repo"));
    let as_reader = |words: &[&[u8]]| redis.command_of(READER, PASSWORD, words);
    let read = as_reader(&[b"HMGET", &key, b"_ts:driver_hourly_stats"]);
    assert!(read.items()[0].bytes().is_some(), "{read:?}");
    let denied = |words: &[&[u8]]| match as_reader(words) {
        Resp::Error(error) => assert!(error.starts_with("NOPERM"), "{words:?}: {error}"),
        other => panic!("{words:?}: {other:?}"),
    };
    for words in [
        &[&b"HSET"[..], &key, b"f", b"v"][..],
        &[b"HDEL", &key, b"_ts:driver_hourly_stats"],
        &[b"DEL", &key],
        &[b"EXPIRE", &key, b"1"],
        &[b"EVAL", b"return 1", b"0"],
        &[b"SCRIPT", b"LOAD", b"return 1"],
        &[b"KEYS", b"*"],
        &[b"SCAN", b"0"],
        &[b"FLUSHALL"],
        &[b"CONFIG", b"GET", b"*"],
        &[b"ACL", b"LIST"],
        &[b"SUBSCRIBE", b"c"],
        &[b"HMGET", b"somebody_elses", b"f"],
        &[b"GET", &key],
    ] {
        denied(words);
    }
    // What the note tells: a pattern is an end.
    assert!(matches!(
        as_reader(&[b"HMGET", b"xdriver_repo", b"f"]),
        Resp::Array(_)
    ));
}

#[test]
fn every_command_of_the_admins_line_is_needed() {
    let redis = Redis::start();
    // With a time to live, which needs one command more.
    let repo = with_users(&redis, "  key_ttl_seconds: 1000\n");
    set_users(&redis, &repo);
    let rules = lines(&repo).remove(WRITER).unwrap();
    let needless = ["+hello", "+auth"];
    let commands = rules.iter().filter(|rule| rule.starts_with('+'));
    let commands = commands.filter(|rule| !needless.contains(&rule.as_str()));
    let commands: Vec<&String> = commands.collect();
    assert!(
        commands.iter().any(|rule| *rule == "+expire"),
        "{commands:?}"
    );
    assert!(administer(&repo));
    for command in commands {
        let _ = redis.command(&[b"FLUSHALL"]);
        let _ = redis.command(&[b"SCRIPT", b"FLUSH"]);
        let _ = std::fs::remove_file(repo.at("data/registry.db"));
        let fewer = rules.iter().filter(|rule| *rule != command).cloned();
        set_user(&redis, WRITER, &fewer.collect::<Vec<_>>());
        let all = administer(&repo);
        let refused = refused(&redis);
        let name = command.trim_start_matches('+');
        assert!(
            !all && refused.iter().any(|one| one == name),
            "`{command}`: {refused:?}"
        );
    }
}

#[test]
fn users_projects_and_the_store_are_what_the_line_says() {
    let redis = Redis::start();
    let repo = with_users(&redis, "");
    let args = [
        "redis-acl",
        "--gateway-user",
        "r",
        "--admin-user",
        "w",
        "--project",
        "one",
        "--project",
        "two",
    ];
    let printed = repo.admin(args).run().succeeds();
    let printed = printed
        .says("user r on ")
        .says(" %R~*one %R~*two -@all +hmget ")
        .says("user w on ");
    let printed = printed.complains("such as `xone`");
    assert!(!printed.stdout.contains(PASSWORD), "{printed}");
    // Another database than the first needs a command more, at the gateway and here.
    let variable = "SALVER__ONLINE_STORE__CONNECTION_STRING";
    let elsewhere = repo
        .admin(["redis-acl"])
        .env(variable, "localhost:1,username=r,db=3");
    let printed = elsewhere.run().succeeds();
    let line = printed
        .stdout
        .lines()
        .find(|line| line.starts_with("user r "));
    assert!(line.unwrap().ends_with(" +select"), "{printed}");
    let spaces = ["redis-acl", "--gateway-user", "a b"];
    let _ = repo
        .admin(spaces)
        .run()
        .exits(1)
        .complains("`a b` can't be a user");
    let same = ["redis-acl", "--gateway-user", "a", "--admin-user", "a"];
    let same = repo.admin(same).run().succeeds();
    let _ = same.says("user driver_repo-admin on ");
    let _ = Repo::init()
        .admin(["redis-acl"])
        .run()
        .exits(1)
        .complains("is no Redis");
}
