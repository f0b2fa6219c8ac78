//! Whose token is taken, and when nobody can tell.

use std::{sync::Arc, time::Instant};

use access::{Keyring, RefreshOptions, SigningKey};
use http::StatusCode;

use super::town::{Town, snapshot, told};

#[tokio::test]
async fn a_good_token_with_a_role_reads() {
    let town = Town::new();
    let token = town.token("reader", "ours");
    for _ in 0..3 {
        let reply = town.features(&token, &["stats:trips"]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told_but_why() {
    let town = Town::new();
    for project in ["prj", "twin", "far", "nowhere"] {
        let reply = town.ask(project, None, "{").await;
        assert_eq!(told(&reply), (401, "token_required".into()));
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let reply = town.ask(project, Some("a.b.c"), "{").await;
        assert_eq!(told(&reply), (401, "invalid_token".into()));
        let challenge = reply.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn a_refused_token_gets_the_same_words_everywhere() {
    let town = Town::new();
    let other = Town::new();
    for token in [
        other.token("reader", "ours"),
        other.token("reader", "theirs"),
        town.token("reader", "x"),
    ] {
        let mut replies = Vec::new();
        for project in ["prj", "twin", "far", "nowhere"] {
            let reply = town.ask(project, Some(&token), "").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            replies.push(reply.body);
        }
        replies.dedup();
        assert_eq!(replies.len(), 1);
    }
}

#[tokio::test]
async fn while_there_are_no_keys_nobody_is_refused_and_nobody_is_let_in() {
    let key = SigningKey::generate().unwrap();
    let keyring = Keyring::refreshed(RefreshOptions::default(), Instant::now());
    let town = Town::of(key, Arc::new(keyring));
    town.house.load(snapshot());
    town.house.ping().await;
    let token = town.token("reader", "ours");
    let reply = town.features(&token, &["stats:trips"]).await;
    assert_eq!(told(&reply), (503, "keys_unavailable".into()));
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds));
    let ready = town.get("/ready", None).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_project_without_a_registry_lets_nobody_in() {
    let town = Town::without_registry();
    let token = town.token("reader", "ours");
    let mut replies = Vec::new();
    for project in ["prj", "twin", "far", "late", "nowhere"] {
        let reply = town.ask(project, Some(&token), "{").await;
        assert_eq!(told(&reply), (503, "not_ready".into()), "{project}");
        replies.push((reply.body, reply.headers));
    }
    replies.dedup();
    assert_eq!(replies.len(), 1, "{replies:?}");
}
