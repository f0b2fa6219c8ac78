//! Keys that end by themselves. Redis tells of that when it finds out, which may take minutes; nobody else asks for
//! these keys, and among many others it doesn't find them soon.

use std::time::{Duration, Instant};

use feature_codec::redis_key;
use online_store::{CacheOptions, Freshness, open_writer};
use settings::{OnlineStore, RedisStore};

use super::{BOUND, House, PATIENCE, Read, write};
use crate::{
    redis_cluster::RedisCluster, redis_server::RedisServer, rows::driver, store::project_name,
};

/// Keys that end much later, of a slot of the cluster.
fn crowd(redis: &mut redis::Connection, tag: &str) {
    let script = "for i = 1, 100000 do redis.call('SET', KEYS[1] .. i, 1, 'EX', 100000) end";
    let mut command = redis::cmd("EVAL");
    command.arg(script).arg(1).arg(format!("{{{tag}}}"));
    let () = command.query(redis).unwrap();
}

/// A server with many keys, with room for more.
fn crowded() -> (RedisServer, redis::Connection) {
    let server = RedisServer::start();
    let mut redis = server.connect();
    crowd(&mut redis, "");
    (server, redis)
}

fn command(redis: &mut redis::Connection, name: &str, id: i64, arguments: &[&str]) {
    let key = redis_key(&driver(id), &project_name("prj"));
    let mut command = redis::cmd(name);
    let done: i64 = command.arg(key).arg(arguments).query(redis).unwrap();
    assert_eq!(done, 1);
}

/// Has a driver's key end, and says when it has for sure.
fn end_in(redis: &mut redis::Connection, id: i64, time: Duration) -> Instant {
    command(redis, "PEXPIRE", id, &[&time.as_millis().to_string()]);
    // Redis counts whole milliseconds
    Instant::now() + time + Duration::from_millis(2)
}

/// Reads on until that moment; what is read then.
async fn read_until(house: &House, id: i64, moment: Instant) -> Read {
    while Instant::now() < moment {
        let _ = house.read(id, Freshness::Cached).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    house.read(id, Freshness::Cached).await
}

fn value(read: &Read) -> Option<i64> {
    read.as_ref().unwrap().0
}

#[tokio::test]
async fn a_row_is_not_told_past_the_end_of_its_key() {
    let (server, mut redis) = crowded();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let house = House::open(&settings).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    let over = end_in(&mut redis, 1, Duration::from_millis(700));
    // it is kept as long as it is there
    assert_eq!(house.until_hit(1).await, Some(1));
    assert_eq!(value(&read_until(&house, 1, over).await), None);
    // that there is none is kept, too, until there is one
    assert_eq!(house.until_hit(1).await, None);
    write(&writer, 1, 5).await;
    let written = Instant::now();
    house.until(1, |read| value(read) == Some(5)).await.unwrap();
    assert!(written.elapsed() < BOUND, "{:?}", written.elapsed());
    assert_eq!(house.until_hit(1).await, Some(5));
}

#[tokio::test]
async fn a_key_that_no_longer_ends_is_told_on() {
    let (server, mut redis) = crowded();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let house = House::open(&settings).await;
    let over = end_in(&mut redis, 1, Duration::from_millis(600));
    assert_eq!(house.until_hit(1).await, Some(1));
    command(&mut redis, "PERSIST", 1, &[]);
    assert_eq!(value(&read_until(&house, 1, over).await), Some(1));
    assert_eq!(house.until_hit(1).await, Some(1));
}

#[tokio::test]
async fn rows_with_a_time_to_live_end_as_long_after_the_last_write() {
    let (server, _) = crowded();
    let settings = OnlineStore::Redis(RedisStore {
        key_ttl_seconds: Some(1),
        ..server.settings()
    });
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    let house = House::open(&settings).await;
    let ttl = Duration::from_millis(1_002);
    write(&writer, 1, 1).await;
    let first = Instant::now();
    assert_eq!(house.until_hit(1).await, Some(1));
    let _ = read_until(&house, 1, first + ttl / 2).await;
    let before_second = Instant::now();
    write(&writer, 1, 2).await;
    let second = Instant::now();
    // the end after the first write is no end any more
    let read = read_until(&house, 1, first + ttl).await;
    if before_second.elapsed() < Duration::from_secs(1) {
        assert_eq!(value(&read), Some(2));
    }
    assert_eq!(value(&read_until(&house, 1, second + ttl).await), None);
}

#[tokio::test]
async fn a_row_past_the_end_of_its_key_is_not_told_while_redis_is_away_either() {
    let mut server = RedisServer::start();
    let mut redis = server.connect();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    for id in [1, 2] {
        write(&writer, id, 1).await;
    }
    let mut options = CacheOptions::new(1 << 24);
    options.stale_if_error = PATIENCE;
    let house = House::with(&settings, options).await;
    let over = end_in(&mut redis, 1, Duration::from_secs(3));
    for id in [1, 2] {
        assert_eq!(house.until_hit(id).await, Some(1));
    }
    server.stop();
    let is_stale = |read: &Read| read.as_ref().is_ok_and(|(_, report)| report.is_stale);
    for id in [1, 2] {
        house.until(id, is_stale).await.unwrap();
    }
    assert!(read_until(&house, 1, over).await.is_err());
    assert!(is_stale(&house.read(2, Freshness::Cached).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_every_master_end() {
    let cluster = RedisCluster::start();
    let settings = OnlineStore::Redis(cluster.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    let house = House::open(&OnlineStore::Redis(cluster.reader_settings())).await;
    let mut masters = Vec::new();
    for id in 0.. {
        let (master, _) = cluster.master_of(cluster.slot_of(id));
        if masters.iter().all(|(_, port)| *port != master.port) {
            masters.push((id, master.port));
            crowd(&mut master.connect(), &cluster.tag_of(master));
        }
        if masters.len() == cluster.masters().len() {
            break;
        }
    }
    for (id, port) in masters {
        write(&writer, id, 1).await;
        assert_eq!(house.until_hit(id).await, Some(1));
        let servers = cluster.masters();
        let master = servers.iter().find(|server| server.port == port).unwrap();
        let over = end_in(&mut master.connect(), id, Duration::from_millis(700));
        assert_eq!(house.until_hit(id).await, Some(1));
        assert_eq!(value(&read_until(&house, id, over).await), None);
    }
}

#[tokio::test]
async fn only_a_cache_asks_when_keys_end() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let stats = crate::rows::view("prj", "stats", &["a"]);
    let store = crate::store::Store::Redis(server);
    let reader = store.reader("prj").await;
    crate::rows::read_row(reader.as_ref(), &stats, 1)
        .await
        .unwrap();
    let mut command = redis::cmd("INFO");
    let told: String = command.arg("commandstats").query(&mut redis).unwrap();
    assert!(
        told.contains("cmdstat_hgetall") || told.contains("cmdstat_hmget"),
        "{told}"
    );
    assert!(!told.contains("cmdstat_pttl"), "{told}");
}
