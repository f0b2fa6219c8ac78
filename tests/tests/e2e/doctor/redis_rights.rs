//! Which rights of a real Redis are found.

use std::collections::BTreeSet;

use e2e::{Reader, Redis, Resp};

use super::{PASSWORD, READS, USER, doctor, found, repo_on, set_user};

/// Commands without a form that does nothing, and those that everybody may send. DEBUG and what changes modules are forbidden by this
/// server's configuration, whatever a user may do.
const NOT_TRIED: &str = "append bgrewriteaof decr getset hsetnx incr lpush pfadd pfmerge pfselftest rpush sadd save setnx \
    sync acl|load acl|save client|unpause cluster|bumpepoch cluster|flushslots cluster|saveconfig config|resetstat \
    config|rewrite function|kill memory|purge script|kill slowlog|reset auth hello quit reset unsubscribe punsubscribe \
    sunsubscribe debug module|load module|loadex module|unload";

/// Commands that a user gets together: fewer than the doctor tells one by one.
const AT_ONCE: usize = 16;

fn texts(reply: &Resp) -> BTreeSet<String> {
    let texts = reply.items().iter().filter_map(Resp::bytes);
    texts
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect()
}

/// Every command that this Redis has and that a reader doesn't need, as an ACL names it.
fn commands(redis: &Redis) -> Vec<String> {
    let all = texts(&redis.command(&[b"COMMAND", b"LIST"]));
    let containers: BTreeSet<_> = all.iter().filter_map(|name| name.split_once('|')).collect();
    let is_container = |name: &str| containers.iter().any(|(container, _)| *container == name);
    let is_needed = |name: &str| {
        let mut needed = READS.split(' ').filter_map(|word| word.strip_prefix('+'));
        needed.any(|one| one == name)
    };
    let is_tried = |name: &str| !NOT_TRIED.split_whitespace().any(|one| one == name);
    let all = all
        .iter()
        .filter(|name| !is_container(name) && !name.ends_with("|help"));
    let all = all.filter(|name| !is_needed(name) && is_tried(name));
    all.cloned().collect()
}

/// All that a command could change.
fn state(redis: &Redis) -> Vec<Resp> {
    let mut keys = redis.keys();
    keys.sort();
    let mut state: Vec<Resp> = keys
        .iter()
        .map(|key| redis.command(&[b"DUMP", key]))
        .collect();
    for command in [
        "ACL USERS",
        "CONFIG GET *",
        "FUNCTION DUMP",
        "MODULE LIST",
        "LASTSAVE",
        "ROLE",
        "PUBSUB CHANNELS",
    ] {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        state.push(redis.command(&words));
    }
    state
}

#[test]
fn every_command_that_reading_does_not_need_is_found_and_trying_it_changes_nothing() {
    let redis = Redis::start();
    set_user(&redis, READS);
    let repo = repo_on(&redis, "");
    let reader = Reader::of(&[&repo]);
    let commands = commands(&redis);
    assert!(commands.len() > 200, "{commands:?}");
    let before = state(&redis);
    // KEYS is tried only where nothing else was found
    let (alone, others): (Vec<_>, Vec<_>) = commands.iter().partition(|one| *one == "keys");
    for some in others.chunks(AT_ONCE).chain([&*alone]) {
        let more: Vec<String> = some.iter().map(|one| format!("+{one}")).collect();
        set_user(&redis, &format!("{READS} {}", more.join(" ")));
        let outcome = doctor(&reader, &[&repo]).exits(1);
        let lines = some.iter().map(|command| {
            let name = command.to_ascii_uppercase().replace('|', " ");
            format!("excess   online store (Redis user `{USER}`): `{name}`")
        });
        let told: BTreeSet<String> = found(&outcome).into_iter().map(str::to_owned).collect();
        assert_eq!(told, lines.collect(), "{outcome}");
    }
    assert_eq!(state(&redis), before);
    for everything in ["on ~* &* +@all", "on ~* &* +@all -keys -multi"] {
        set_user(&redis, everything);
        let outcome = doctor(&reader, &[&repo]).exits(1);
        let _ = outcome.says("`FLUSHALL`").says(" more");
        assert_eq!(state(&redis), before);
    }
}

#[test]
fn keys_of_others_are_found_by_the_shapes_that_patterns_are_made_for() {
    let redis = Redis::start();
    set_user(&redis, READS);
    let repo = repo_on(&redis, "");
    let reader = Reader::of(&[&repo]);
    for pattern in [
        "%R~*",
        "%R~*!",
        "%R~driver*",
        "%R~*driver*",
        "%R~*driver_id*",
        "%R~driver_repo*",
        "(+hgetall %R~*driver_id*)",
    ] {
        set_user(&redis, &format!("{READS} {pattern}"));
        let outcome = doctor(&reader, &[&repo]).exits(1);
        let told = found(&outcome);
        let is_told = |line: &&&str| line.contains("of keys of other projects");
        assert!(
            told.iter().any(|line| is_told(&line)),
            "{pattern}: {outcome}"
        );
    }
}

#[test]
fn keys_of_another_project_of_the_registry_are_found_unless_both_are_served() {
    let redis = Redis::start();
    set_user(&redis, &format!("{READS} %R~*neighbour"));
    let repo = repo_on(&redis, "");
    let neighbour = repo_on(&redis, "");
    neighbour.replace(
        "feature_store.yaml",
        "project: driver_repo",
        "project: neighbour",
    );
    let registry = format!("registry: {}", repo.at("data/registry.db").display());
    neighbour.replace(
        "feature_store.yaml",
        "registry: data/registry.db",
        &registry,
    );
    let apply = neighbour.admin(["apply"]).env("GATEWAY_PASSWORD", PASSWORD);
    let _ = apply.run().succeeds();
    let reader = Reader::of(&[&repo, &neighbour]);
    let outcome = doctor(&reader, &[&repo]).exits(1);
    let _ = outcome.says("`HMGET` of keys of project `neighbour`");
    let outcome = doctor(&reader, &[&repo, &neighbour]);
    assert_eq!(found(&outcome), [""; 0], "{outcome}");
}

#[test]
fn a_right_too_many_is_told_whatever_keys_it_is_about() {
    let redis = Redis::start();
    set_user(&redis, READS);
    let repo = repo_on(&redis, "");
    let reader = Reader::of(&[&repo]);
    for (extra, told) in [
        ("~*driver_repo +hset", "`HSET`"),
        ("~*driver_repo +set", "`SET`"),
        ("~*driver_repo +del", "`DEL`"),
        ("~*driver_repo +expire", "`EXPIRE`"),
        // of keys that may not be written
        ("+set", "`SET`"),
        // in a selector of its own
        ("(+get %R~other*)", "`GET`"),
        ("+eval", "`EVAL`"),
        ("+scan", "`SCAN`"),
        ("+config|set", "`CONFIG SET`"),
        ("+acl|deluser", "`ACL DELUSER`"),
        ("+client|kill", "`CLIENT KILL`"),
    ] {
        set_user(&redis, &format!("{READS} {extra}"));
        let outcome = doctor(&reader, &[&repo]).exits(1);
        let line = format!("excess   online store (Redis user `{USER}`): {told}");
        assert_eq!(found(&outcome), [line], "{outcome}");
    }
}

#[test]
fn a_right_that_is_missing_and_a_login_that_is_refused_are_told() {
    let redis = Redis::start();
    set_user(&redis, READS);
    let repo = repo_on(&redis, "");
    let reader = Reader::of(&[&repo]);
    for (fewer, told) in [
        ("-hmget", "`HMGET` of the project's keys"),
        ("-hgetall", "`HGETALL` of the project's keys"),
        ("-ping", "`PING`"),
    ] {
        set_user(&redis, &format!("{READS} {fewer}"));
        let outcome = doctor(&reader, &[&repo]).exits(1);
        let line = format!("missing  online store (Redis user `{USER}`): {told}");
        assert_eq!(found(&outcome), [line], "{outcome}");
    }
    let _ = redis.command(&[b"ACL", b"DELUSER", USER.as_bytes()]);
    let outcome = doctor(&reader, &[&repo]).exits(1);
    assert!(found(&outcome)[0].starts_with("unknown"), "{outcome}");
    let told = [&*outcome.stdout, &*outcome.stderr].concat();
    assert!(!told.contains(PASSWORD), "{told}");
}
