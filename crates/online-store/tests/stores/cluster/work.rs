//! Reads and writes that go on while something happens to the cluster.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use feature_model::Value;
use online_store::{
    Error, OnlineReader, OnlineWriter, ReadOptions, StoredView, ViewRead, open_reader, open_writer,
};
use settings::{OnlineStore, RedisStore};

use crate::{
    rows::{Row, batch, driver, rows_of_first, seconds, view},
    store::project_name,
};

/// Rows that are written again and again.
pub(crate) const ROWS: i64 = 120;

pub(crate) async fn reader(settings: RedisStore) -> Arc<dyn OnlineReader> {
    let reader = open_reader(&OnlineStore::Redis(settings), &project_name("prj")).await;
    reader.unwrap()
}

pub(crate) async fn writer(settings: RedisStore) -> Arc<dyn OnlineWriter> {
    let writer = open_writer(&OnlineStore::Redis(settings), &project_name("prj")).await;
    writer.unwrap()
}

/// All rows hold the same number, which grows with each write of all of them.
pub(crate) struct Work {
    pub(crate) stats: StoredView,
    pub(crate) is_over: AtomicBool,
    /// The number that every row has at least, whatever happens to a server.
    pub(crate) safe: AtomicI64,
    /// The number that some rows may have.
    pub(crate) latest: AtomicI64,
    pub(crate) reads: AtomicI64,
    pub(crate) moving: AtomicI64,
    pub(crate) failed: AtomicI64,
}

impl Work {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            stats: view("prj", "stats", &["a", "b"]),
            is_over: AtomicBool::new(false),
            safe: AtomicI64::new(0),
            latest: AtomicI64::new(0),
            reads: AtomicI64::new(0),
            moving: AtomicI64::new(0),
            failed: AtomicI64::new(0),
        })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Writes the next number to every row.
    pub(crate) async fn write(&self, writer: &dyn OnlineWriter) -> Result<i64, Error> {
        let number = self.latest.fetch_add(1, Ordering::SeqCst) + 1;
        let rows = (0..ROWS).map(|id| {
            let values = vec![Value::Int64(number), Value::Int64(id)];
            (driver(id), seconds(number), values)
        });
        writer.write(&self.stats, batch(rows.collect())).await?;
        Ok(number)
    }

    /// Reads all rows, and looks that each is its own and as new as it has to be.
    pub(crate) async fn read(&self, reader: &dyn OnlineReader) -> Result<Vec<i64>, Error> {
        let prepared = reader.prepare(&self.stats.name, &self.stats.features);
        let keys: Vec<Vec<u8>> = (0..ROWS).map(driver).collect();
        let read = ViewRead {
            view: &prepared,
            keys: &keys,
        };
        let least = self.safe.load(Ordering::SeqCst);
        let found = reader.read(&[read], ReadOptions::default()).await?;
        let most = self.latest.load(Ordering::SeqCst);
        self.reads.fetch_add(1, Ordering::Relaxed);
        let moving = i64::from(found.is_moving);
        self.moving.fetch_add(moving, Ordering::Relaxed);
        let rows = rows_of_first(&found.rows);
        let number = |(id, row): (_, Row)| {
            let (time, values) = row.expect("every row is there");
            let [Some(Value::Int64(number)), Some(own)] = values.as_slice() else {
                panic!("row {id}: {values:?}");
            };
            assert_eq!((own, time), (&Value::Int64(id), seconds(*number)));
            assert!(
                (least..=most).contains(number),
                "row {id}: {number}, not {least} to {most}"
            );
            *number
        };
        Ok((0..).zip(rows).map(number).collect())
    }

    /// Reads until the work is over. No row ever becomes older than it was before, unless a server has failed.
    pub(crate) async fn read_on(&self, reader: &dyn OnlineReader) {
        let mut seen = vec![0; usize::try_from(ROWS).unwrap()];
        while !self.is_over() {
            match self.read(reader).await {
                Ok(numbers) => {
                    for (seen, number) in seen.iter_mut().zip(numbers) {
                        assert!(number >= *seen, "{number} after {seen}");
                        *seen = number;
                    }
                }
                Err(Error::Unavailable { .. }) => {
                    // what was written shortly before may be lost with the server
                    seen.fill(0);
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    // as a client would, before it asks again
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
