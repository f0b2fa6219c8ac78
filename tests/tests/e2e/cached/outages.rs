//! Redis goes away, hangs, and comes back.

use e2e::{Gateway, Redis, deadline::poll};

use super::{PATIENCE, ask, asked_anew, cached_on, told, trips, warm, write};

#[test]
fn a_store_that_is_away_is_503_though_rows_are_kept() {
    let mut redis = Redis::start();
    let repo = cached_on(&redis, "");
    let gateway = Gateway::start(&repo);
    let before = warm(&gateway);
    redis.stop();
    poll("a 503", PATIENCE, || {
        let reply = ask(&gateway);
        (reply.status == 503).then_some(())
    });
    redis.start_again();
    assert_eq!(warm(&gateway).body, before.body);
    poll("the log to tell of both", PATIENCE, || {
        let log = gateway.log();
        let has = |text: &str| {
            let mut lines = log.lines();
            lines.any(|line| line.contains(text) && line.contains("project=driver_repo"))
        };
        let both = has("redis does not tell of changes") && has("redis tells of changes again");
        both.then_some(())
    });
}

#[test]
fn stale_if_error_goes_on_with_what_is_kept_and_says_so() {
    let mut redis = Redis::start();
    let repo = cached_on(&redis, ", stale_if_error: 1h");
    let gateway = Gateway::start(&repo);
    let before = warm(&gateway);
    redis.stop();
    let stale = poll("a stale reply", PATIENCE, || {
        let reply = ask(&gateway);
        assert_eq!(reply.status, 200, "{}", reply.text());
        (told(&reply) == "hits=3, misses=0, stale").then_some(reply)
    });
    assert_eq!(stale.body, before.body);
    assert_eq!(asked_anew(&gateway).status, 503);
    let metrics = gateway.get("/metrics").text();
    assert!(
        metrics.contains("salver_cache_up{project=\"driver_repo\"} 0"),
        "{metrics}"
    );
    redis.start_again();
    poll("a reply that is not stale", PATIENCE, || {
        let reply = ask(&gateway);
        assert_eq!(reply.status, 200, "{}", reply.text());
        (!told(&reply).contains("stale")).then_some(())
    });
    let _ = warm(&gateway);
    poll("an answer of the store", PATIENCE, || {
        let reply = asked_anew(&gateway);
        (told(&reply) == "hits=0, misses=3").then_some(())
    });
}

#[test]
fn what_changed_while_the_news_were_interrupted_is_told_afterwards() {
    let redis = Redis::start();
    let repo = cached_on(&redis, "");
    let gateway = Gateway::start(&repo);
    for value in [11, 12, 13] {
        let _ = warm(&gateway);
        // the connection that tells is the one that isn't asked for rows
        let _ = redis.command(&[b"CLIENT", b"KILL", b"TYPE", b"normal", b"SKIPME", b"yes"]);
        write(&redis, value);
        poll("the new value", PATIENCE, || {
            let reply = ask(&gateway);
            (reply.status == 200 && trips(&reply) == value).then_some(())
        });
    }
    let _ = warm(&gateway);
}
