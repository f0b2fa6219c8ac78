//! Redis loses the connection on which it tells of changes, hangs, goes away and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use online_store::{
    CacheOptions, Error, Found, Freshness, OnlineReader, OnlineWriter, PreparedView, ReadOptions,
    ViewRead, open_reader, open_writer,
};
use settings::OnlineStore;
use tokio::sync::Semaphore;

use super::{BOUND, House, PATIENCE, Read, until, write};
use crate::{
    redis_server::RedisServer,
    store::{Store, project_name},
};

const ROWS: i64 = 4;

/// Writes that were done: of each row, each value and when it was there for sure. A row's value grows with each write.
#[derive(Default)]
struct Written([std::sync::Mutex<Vec<(Instant, i64)>>; ROWS as usize]);

impl Written {
    /// The value that a read which began at `at` has to see at least.
    fn least(&self, row: i64, at: Instant) -> i64 {
        let done = self.0[usize::try_from(row).unwrap()].lock().unwrap();
        let in_time = |done: &&(Instant, i64)| at.duration_since(done.0) > BOUND;
        done.iter()
            .rev()
            .find(in_time)
            .map_or(0, |(_, value)| *value)
    }

    fn done(&self, row: i64, value: i64) {
        let mut done = self.0[usize::try_from(row).unwrap()].lock().unwrap();
        done.push((Instant::now(), value));
    }
}

/// Writers and readers at work, until they are told to end.
struct Work {
    is_over: AtomicBool,
    hits: AtomicI64,
    reads: AtomicI64,
    written: Written,
}

impl Work {
    async fn write_on(&self, writer: Arc<dyn OnlineWriter>) {
        let stats = crate::rows::view("prj", "stats", &["a"]);
        for value in 1.. {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let row = value % ROWS;
            let at = crate::rows::seconds(value);
            let batch = crate::rows::batch(vec![(
                crate::rows::driver(row),
                at,
                vec![feature_model::Value::Int64(value)],
            )]);
            // a write that is told to have failed may have been done
            if writer.write(&stats, batch).await.is_ok() {
                self.written.done(row, value);
            }
            // between writes, rows are told out of the cache
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }

    /// Waits until more rows were told out of the cache.
    async fn until_more_hits(&self) {
        let before = self.hits.load(Ordering::Relaxed);
        let more = || self.hits.load(Ordering::Relaxed) >= before + 100;
        until("rows are told out of the cache", more).await;
    }

    async fn read_on(&self, house: &House) {
        let mut seen = [0; ROWS as usize];
        while !self.is_over.load(Ordering::Relaxed) {
            for row in 0..ROWS {
                let began = Instant::now();
                let Ok((value, report)) = house.read(row, Freshness::Cached).await else {
                    continue;
                };
                let value = value.unwrap_or_default();
                assert!(!report.is_stale);
                let least = self.written.least(row, began);
                assert!(
                    value >= least,
                    "row {row} is {value}, long after it was {least}"
                );
                let before = &mut seen[usize::try_from(row).unwrap()];
                assert!(value >= *before, "row {row} is {value} after {before}");
                *before = value;
                self.reads.fetch_add(1, Ordering::Relaxed);
                self.hits
                    .fetch_add(i64::try_from(report.hits).unwrap(), Ordering::Relaxed);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Cuts the connections on which changes are told.
fn kill_tracking(redis: &mut redis::Connection) -> usize {
    let clients: String = redis::cmd("CLIENT").arg("LIST").query(redis).unwrap();
    let field = |line: &str, name: &str| -> String {
        let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
        let found = fields.find(|(field, _)| *field == name);
        found.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let tracking = clients
        .lines()
        .filter(|line| field(line, "flags").contains('B'));
    let killed = tracking.map(|line| {
        let id = field(line, "id");
        let killed: i64 = redis::cmd("CLIENT")
            .arg(&["KILL", "ID", id.as_str()])
            .query(redis)
            .unwrap();
        usize::try_from(killed).unwrap()
    });
    killed.sum()
}

fn is_away(read: &Read) -> bool {
    matches!(read, Err(Error::Unavailable { .. }))
}

fn is_fresh(read: &Read) -> bool {
    read.as_ref().is_ok_and(|(_, report)| !report.is_stale)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reader_is_told_an_old_row_whatever_happens_to_the_connections() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let mut settings = server.settings();
    settings.socket_timeout = Some(Duration::from_millis(300));
    let settings = OnlineStore::Redis(settings);
    let house = Arc::new(House::open(&settings).await);
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    let work = Arc::new(Work {
        is_over: AtomicBool::new(false),
        hits: AtomicI64::new(0),
        reads: AtomicI64::new(0),
        written: Written::default(),
    });
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (work, house) = (Arc::clone(&work), Arc::clone(&house));
        tasks.spawn(async move { work.read_on(&house).await });
    }
    let writing = Arc::clone(&work);
    tasks.spawn(async move { writing.write_on(writer).await });
    for _ in 0..6 {
        work.until_more_hits().await;
        let is_cut = || kill_tracking(&mut redis) > 0;
        until("a connection is cut", is_cut).await;
    }
    for paused in [100, 1_500] {
        work.until_more_hits().await;
        server.signal("STOP");
        // so long it hangs: once within the time in which rows are told without news of Redis, once beyond
        tokio::time::sleep(Duration::from_millis(paused)).await;
        server.signal("CONT");
    }
    work.until_more_hits().await;
    work.is_over.store(true, Ordering::Relaxed);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert!(work.reads.load(Ordering::Relaxed) > work.hits.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_is_seen() {
    let server = RedisServer::start();
    let mut redis = server.connect();
    let store = Store::Redis(server);
    write(&store.writer("prj").await, 1, 1).await;
    let house = House::open(&store.settings()).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    let () = redis::cmd("FLUSHALL").query(&mut redis).unwrap();
    let flushed = Instant::now();
    let is_gone = |read: &Read| read.as_ref().is_ok_and(|(value, _)| value.is_none());
    house.until(1, is_gone).await.unwrap();
    assert!(flushed.elapsed() < BOUND, "{:?}", flushed.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_nothing_is_told_unless_stale_rows_are_wanted() {
    let mut server = RedisServer::start();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let strict = House::open(&settings).await;
    let mut options = CacheOptions::new(1 << 24);
    options.stale_if_error = Duration::from_secs(3_600);
    let lenient = House::with(&settings, options).await;
    assert_eq!(strict.until_hit(1).await, Some(1));
    assert_eq!(lenient.until_hit(1).await, Some(1));
    server.stop();
    let stopped = Instant::now();
    strict.until(1, is_away).await.unwrap_err();
    assert!(stopped.elapsed() < BOUND, "{:?}", stopped.elapsed());
    let is_stale = |read: &Read| read.as_ref().is_ok_and(|(_, report)| report.is_stale);
    let (value, _) = lenient.until(1, is_stale).await.unwrap();
    assert_eq!(value, Some(1));
    let absent = lenient.read(2, Freshness::Cached).await;
    assert!(is_away(&absent), "{absent:?}");
    server.restart();
    for house in [&strict, &lenient] {
        house.until(1, is_fresh).await.unwrap();
        // from then on all reads are answered, over whichever connection
        let is_hit = |read: &Read| {
            assert!(is_fresh(read), "{read:?}");
            read.as_ref().is_ok_and(|(_, report)| report.hits == 1)
        };
        let (value, _) = house.until(1, is_hit).await.unwrap();
        assert_eq!(value, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_is_not_waited_for_until_rows_are_too_old_to_be_told() {
    let server = RedisServer::start();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let mut options = CacheOptions::new(1 << 24);
    // less than it takes until a connection counts as lost
    options.stale_if_error = Duration::from_secs(4);
    let house = House::with(&settings, options).await;
    assert_eq!(house.until_hit(1).await, Some(1));
    server.signal("STOP");
    let is_stale = |read: &Read| {
        assert!(read.is_ok(), "{read:?}");
        read.as_ref().is_ok_and(|(_, report)| report.is_stale)
    };
    let (value, _) = house.until(1, is_stale).await.unwrap();
    assert_eq!(value, Some(1));
    house.until(1, is_away).await.unwrap_err();
    server.signal("CONT");
    house.until(1, is_fresh).await.unwrap();
}

/// A store of which it is known that it is away: it lets one read through, which waits.
struct LeftAlone {
    store: Arc<dyn OnlineReader>,
    is_left_alone: AtomicBool,
    probes: AtomicI64,
    gate: Semaphore,
}

#[async_trait::async_trait]
impl OnlineReader for LeftAlone {
    fn prepare(&self, view: &str, features: &[String]) -> Arc<PreparedView> {
        self.store.prepare(view, features)
    }

    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        if self.is_left_alone() {
            if self.probes.fetch_add(1, Ordering::Relaxed) > 0 {
                return Err(Error::Unavailable {
                    store: "test".to_owned(),
                    reason: "left alone".to_owned(),
                });
            }
            self.gate.acquire().await.unwrap().forget();
        }
        self.store.read(views, options).await
    }

    async fn ping(&self) -> Result<(), Error> {
        self.store.ping().await
    }

    fn is_left_alone(&self) -> bool {
        self.is_left_alone.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_the_read_that_tries_whether_a_store_is_back() {
    let server = RedisServer::start();
    let settings = OnlineStore::Redis(server.settings());
    let writer = open_writer(&settings, &project_name("prj")).await.unwrap();
    write(&writer, 1, 1).await;
    let store = Arc::new(LeftAlone {
        store: open_reader(&settings, &project_name("prj")).await.unwrap(),
        is_left_alone: AtomicBool::new(false),
        probes: AtomicI64::new(0),
        gate: Semaphore::new(0),
    });
    let inner: Arc<dyn OnlineReader> = Arc::<LeftAlone>::clone(&store);
    let house = Arc::new(House::over(inner, &settings, CacheOptions::new(1 << 24)).await);
    assert_eq!(house.until_hit(1).await, Some(1));
    server.signal("STOP");
    // rows aren't told any longer without news of Redis
    house.until(1, is_away).await.unwrap_err();
    store.is_left_alone.store(true, Ordering::Relaxed);
    let reader = Arc::clone(&house);
    let probe = tokio::spawn(async move { reader.read(1, Freshness::Cached).await });
    until("a read is let through", || {
        store.probes.load(Ordering::Relaxed) > 0
    })
    .await;
    let others = futures::future::join_all((0..20).map(|_| house.read(1, Freshness::Cached)));
    let others = tokio::time::timeout(PATIENCE, others).await.unwrap();
    assert!(others.iter().all(is_away));
    assert!(!probe.is_finished(), "{:?}", probe.await);
    server.signal("CONT");
    store.is_left_alone.store(false, Ordering::Relaxed);
    store.gate.add_permits(1);
    let _ = probe.await.unwrap();
    let (value, _) = house.until(1, is_fresh).await.unwrap();
    assert_eq!(value, Some(1));
}
