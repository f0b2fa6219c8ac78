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
    let (store, settings) = limited(&["+hello", "+client|tracking"]).await;
    let house = House::open(&settings).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    write(&store.writer("prj").await, 1, 2).await;
    let is_new = |read: &super::Read| read.as_ref().is_ok_and(|(value, _)| *value == Some(2));
    house.until(1, is_new).await.unwrap();
}

#[tokio::test]
async fn a_user_who_may_not_track_reads_from_the_store() {
    let (_store, settings) = limited(&["+hello"]).await;
    let house = House::open(&settings).await;
    for _ in 0..100 {
        let (value, report) = house.read(1, Freshness::Cached).await.unwrap();
        assert_eq!((value, report.hits), (Some(1), 0));
    }
}
