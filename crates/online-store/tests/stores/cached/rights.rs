//! What the gateway's user of Redis may do.

use online_store::Freshness;
use settings::{OnlineStore, RedisStore, Secret};

use super::{House, write};
use crate::{redis_server::RedisServer, store::Store};

/// A store whose user may read the project's keys, and send these commands besides.
async fn limited(commands: &[&str]) -> (Store, OnlineStore) {
    let server = RedisServer::start();
    let user = [
        "SETUSER",
        "gateway",
        "on",
        ">secret",
        "resetkeys",
        "%R~*prj",
        "-@all",
        "+hmget",
        "+ping",
    ];
    let () = redis::cmd("ACL")
        .arg(&user)
        .arg(commands)
        .query(&mut server.connect())
        .unwrap();
    let settings = OnlineStore::Redis(RedisStore {
        username: Some("gateway".to_owned()),
        password: Some(Secret::new("secret")),
        ..server.settings()
    });
    let store = Store::Redis(server);
    write(&store.writer("prj").await, 1, 1).await;
    (store, settings)
}

#[tokio::test]
async fn a_user_who_may_only_read_and_track_has_a_cache() {
    let (store, settings) = limited(&["+hello", "+client|tracking", "+pttl"]).await;
    let house = House::open(&settings).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    write(&store.writer("prj").await, 1, 2).await;
    let is_new = |read: &super::Read| read.as_ref().is_ok_and(|(value, _)| *value == Some(2));
    house.until(1, is_new).await.unwrap();
}

#[tokio::test]
async fn a_user_who_may_not_track_or_ask_for_ends_reads_from_the_store() {
    for right in ["+pttl", "+client|tracking"] {
        let (_store, settings) = limited(&["+hello", right]).await;
        let house = House::open(&settings).await;
        for _ in 0..100 {
            let (value, report) = house.read(1, Freshness::Cached).await.unwrap();
            assert_eq!((value, report.hits), (Some(1), 0));
        }
        assert!(!house.reader.condition().is_told);
    }
}

#[tokio::test]
async fn a_row_whose_end_may_no_longer_be_asked_for_is_told_and_not_kept() {
    let (store, settings) = limited(&["+hello", "+client|tracking", "+pttl"]).await;
    let Store::Redis(server) = &store else {
        panic!("a Redis")
    };
    let house = House::open(&settings).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    let refuse = ["SETUSER", "gateway", "-pttl"];
    let () = redis::cmd("ACL")
        .arg(&refuse)
        .query(&mut server.connect())
        .unwrap();
    write(&store.writer("prj").await, 1, 2).await;
    let is_new = |read: &super::Read| read.as_ref().is_ok_and(|(value, _)| *value == Some(2));
    house.until(1, is_new).await.unwrap();
    for _ in 0..100 {
        let (value, report) = house.read(1, Freshness::Cached).await.unwrap();
        assert_eq!((value, report.hits), (Some(2), 0));
    }
    // the connection on which changes are told is as it was
    assert!(house.reader.condition().is_told);
}
