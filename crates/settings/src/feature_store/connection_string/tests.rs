use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;

use super::parse;
use crate::{Problems, RedisStore, yaml::Mark};

fn parsed(text: &str) -> (RedisStore, String) {
    let mark = Mark {
        source: Arc::from(Path::new("f.yaml")),
        line: 4,
        column: 1,
    };
    let mut problems = Problems::default();
    let store = parse(text, Path::new("/repo"), &mark, &mut problems);
    (store, problems.to_string())
}

fn good(text: &str) -> RedisStore {
    let (store, told) = parsed(text);
    assert_eq!(told, "", "{text}");
    store
}

fn told(text: &str) -> String {
    parsed(text).1
}

#[test]
fn one_node_needs_nothing_else() {
    let store = good("localhost:6379");
    assert_eq!(store.nodes, [("localhost".to_owned(), 6379)]);
    assert!(store.tls.is_none() && store.password.is_none() && store.db == 0);
}

#[test]
fn everything_is_understood() {
    let store = good(
        "r.example.com:6380,db=2,username=ann,password=s=cr\"et,ssl=true,ssl_ca_certs=certs/ca.pem,\
         ssl_certfile=/c.pem,ssl_keyfile=/k.pem,ssl_check_hostname=false,socket_timeout=0.5,socket_connect_timeout=2",
    );
    assert_eq!(store.db, 2);
    assert_eq!(store.username.as_deref(), Some("ann"));
    assert_eq!(store.password.unwrap().reveal(), "s=cr\"et");
    assert_eq!(store.socket_timeout, Some(Duration::from_millis(500)));
    assert_eq!(store.socket_connect_timeout, Some(Duration::from_secs(2)));
    let tls = store.tls.unwrap();
    assert_eq!(tls.ca_certs, Some(PathBuf::from("/repo/certs/ca.pem")));
    assert_eq!(tls.key_file, Some(PathBuf::from("/k.pem")));
    assert!(tls.verify && !tls.check_hostname);
}

#[test]
fn certificates_are_checked_unless_told_otherwise() {
    let tls = |text: &str| good(text).tls.unwrap();
    assert!(tls("h:1,ssl=true").verify && tls("h:1,ssl=1").check_hostname);
    for none in ["none", "\"none\"", "null"] {
        let tls = tls(&format!("h:1,ssl=true,ssl_cert_reqs={none}"));
        assert!(!tls.verify && !tls.check_hostname);
    }
    assert!(tls("h:1,ssl=true,ssl_cert_reqs=optional").verify);
    assert!(told("h:1,ssl=true,ssl_cert_reqs=maybe").contains("one of `required`"));
    let both = tls("h:1,ssl=true,ssl_certfile=/both.pem");
    assert_eq!(both.key_file, both.cert_file);
    assert!(told("h:1,ssl=true,ssl_keyfile=/k.pem").contains("needs `ssl_certfile`"));
}

#[test]
fn a_false_that_feast_takes_for_true_is_refused() {
    assert!(told("h:1,ssl=False").contains("`ssl` is `true` or `false`"));
    assert!(good("h:1,ssl=true").tls.is_some());
    assert!(good("h:1,ssl=True").tls.is_some());
    assert!(good("h:1,ssl=false").tls.is_none());
}

#[test]
fn a_password_that_looks_like_a_number_is_kept_as_it_is_written() {
    for (written, wanted, same_in_feast) in [
        ("12345", "12345", true),
        ("18446744073709551615", "18446744073709551615", true),
        ("0123", "0123", true),
        ("\"1.50\"", "1.50", true),
        ("1.50", "1.50", false),
        ("1e5", "1e5", false),
        ("0", "0", false),
        ("-0", "-0", false),
        ("true", "true", false),
        ("null", "null", false),
        ("[1]", "[1]", false),
    ] {
        let (store, told) = parsed(&format!("h:1,password={written}"));
        assert_eq!(store.password.unwrap().reveal(), wanted);
        assert_eq!(told.is_empty(), same_in_feast, "{written}: {told}");
    }
    assert!(good("h:1,password=").password.is_none());
}

#[test]
fn what_is_no_node_is_refused_with_what_would_be_right() {
    assert!(told("redis://h:1").contains("a URL is not understood"));
    assert!(told("[::1]:6379").contains("IPv6"));
    assert!(told("::1:6379").contains("IPv6"));
    for text in ["localhost", "h:", ":1", "h:0", "h:70000", "h:x"] {
        assert!(
            told(text).contains("neither `host:port` nor `key=value`"),
            "{text}"
        );
    }
    for text in ["", ",", "db=1"] {
        assert!(told(text).contains("begins with `host:port`"), "{text}");
    }
}

#[test]
fn arguments_that_salver_cannot_follow_are_told() {
    assert!(
        told("h:1,max_connections=3")
            .contains("warning: `connection_string`: `max_connections` is for Feast")
    );
    assert!(told("h:1,unix_socket_path=/s").contains("over TCP only"));
    assert!(told("h:1,pasword=x").contains(
        "`pasword` is no argument that Feast's Redis client knows; did you mean `password`?"
    ));
    assert!(told("h:1,db=1,db=2").contains("given twice"));
    assert!(told("h:1,db=-1").contains("number of a database"));
    assert!(told("h:1,socket_timeout=0").contains("above zero"));
    assert!(told("h:1,ssl_ca_certs=x").contains("does nothing without `ssl=true`"));
}

#[test]
fn no_part_of_a_password_is_ever_told() {
    for text in [
        "h:1,password=hush,hush",
        "h:1,password=hush,hush=hush",
        "redis://u:hush@h:1",
        "h:1,password=[hush",
        "h:1,password=a,[hush]",
        "h:1,db=hush,ssl=hush,socket_timeout=hush,ssl_cert_reqs=hush",
    ] {
        let (store, told) = parsed(text);
        assert!(!told.contains("hush"), "{told}");
        assert!(!format!("{store:?}").contains("hush"), "{store:?}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "[a-z:=,\\[\\]\"0-9./\u{e9} -]{0,50}") {
        let _ = parsed(&text);
    }
}
