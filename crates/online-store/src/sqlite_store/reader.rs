use std::{
    collections::HashMap,
    num::NonZero,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::available_parallelism,
};

use async_trait::async_trait;
use feature_model::{ProjectName, Timestamp};
use rusqlite::{CachedStatement, Connection, types::ValueRef};
use tokio::{sync::Semaphore, task::spawn_blocking, time::Instant};

use super::{database, event_time::EventTime, fault, table::Table};
use crate::{Error, Found, OnlineReader, PreparedView, ReadOptions, StoredRow, ViewRead};

/// Connections at most, each with a thread while it reads.
const MOST_CONNECTIONS: usize = 8;

/// Reads tables through a few read-only connections.
pub(crate) struct SqliteReader {
    pool: Arc<Pool>,
    project: ProjectName,
}

struct Pool {
    path: PathBuf,
    /// The path, for messages.
    name: String,
    time: EventTime,
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

/// A [`ViewRead`] that a thread can take along.
struct OwnedRead {
    table: Table,
    view: Arc<PreparedView>,
    keys: Vec<Vec<u8>>,
}

impl SqliteReader {
    pub(crate) fn open(
        store: &settings::SqliteStore,
        project: &ProjectName,
    ) -> Result<Self, Error> {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            pool: Arc::new(Pool {
                path: store.path.clone(),
                name: store.path.display().to_string(),
                time: EventTime::in_zone(&store.timezone)?,
                idle: Mutex::new(Vec::new()),
                free: Arc::new(Semaphore::new(cores.min(MOST_CONNECTIONS))),
            }),
            project: project.clone(),
        })
    }

    /// Does the work on a thread, unless its time is over when one is free.
    async fn with_connection<T: Send + 'static>(
        &self,
        options: ReadOptions,
        work: impl FnOnce(&Pool, &Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let pool = Arc::clone(&self.pool);
        let permit = Arc::clone(&pool.free)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        let done = spawn_blocking(move || {
            // Held until the read ends, also where nobody waits for it any more.
            let _permit = permit;
            if (options.deadline).is_some_and(|deadline| deadline <= Instant::now()) {
                return Err(Error::late(&pool.name));
            }
            let connection = pool.take()?;
            let done = work(&pool, &connection)?;
            pool.give_back(connection);
            Ok(done)
        });
        done.await.unwrap_or_else(|error| {
            Err(Error::Unavailable {
                store: self.pool.name.clone(),
                reason: format!("reading was interrupted: {error}"),
            })
        })
    }
}

#[async_trait]
impl OnlineReader for SqliteReader {
    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        let reads: Vec<OwnedRead> = views
            .iter()
            .map(|read| OwnedRead {
                table: Table::of(&self.project, read.view.name()),
                view: Arc::clone(read.view),
                keys: read.keys.to_vec(),
            })
            .collect();
        let work = move |pool: &Pool, connection: &_| pool.read(connection, &reads);
        let rows = self.with_connection(options, work);
        let rows = options.bound(&self.pool.name, rows).await?;
        Ok(Found::uncached(rows))
    }

    async fn ping(&self) -> Result<(), Error> {
        self.with_connection(ReadOptions::default(), |pool, connection| {
            connection
                .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
                .map_err(|error| fault::of_reading(&pool.path, &error))
        })
        .await
    }
}

impl Pool {
    fn take(&self) -> Result<Connection, Error> {
        loop {
            let idle = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            match idle {
                Some(connection) if database::has_moved(&connection) => drop(connection),
                Some(connection) => return Ok(connection),
                None => return database::open_for_reading(&self.path),
            }
        }
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
    }

    /// All reads see one state of the database.
    fn read(
        &self,
        connection: &Connection,
        reads: &[OwnedRead],
    ) -> Result<Vec<Vec<Option<StoredRow>>>, Error> {
        let sqlite = |error: rusqlite::Error| fault::of_reading(&self.path, &error);
        let transaction = connection.unchecked_transaction().map_err(sqlite)?;
        let mut views = Vec::with_capacity(reads.len());
        for read in reads {
            if !read.table.exists(connection).map_err(sqlite)? {
                views.push(vec![None; read.keys.len()]);
                continue;
            }
            let mut statement = connection
                .prepare_cached(&read.table.select())
                .map_err(sqlite)?;
            let features = read.view.features();
            let places = places(features);
            let row = |key| self.row(&mut statement, key, features, &places);
            views.push(read.keys.iter().map(row).collect::<Result<_, _>>()?);
        }
        transaction.commit().map_err(sqlite)?;
        Ok(views)
    }

    fn row(
        &self,
        statement: &mut CachedStatement<'_>,
        key: &Vec<u8>,
        features: &[String],
        places: &HashMap<&str, usize>,
    ) -> Result<Option<StoredRow>, Error> {
        let sqlite = |error: rusqlite::Error| fault::of_reading(&self.path, &error);
        let mut newest: Option<Timestamp> = None;
        let mut values: Vec<Option<Vec<u8>>> = vec![None; features.len()];
        let mut rows = statement.query([key]).map_err(sqlite)?;
        while let Some(row) = rows.next().map_err(sqlite)? {
            let event_time = self.time.instant_in(row.get_ref(2).map_err(sqlite)?);
            let Some(event_time) = event_time else {
                return Ok(damaged(features, "an `event_ts` that is no time"));
            };
            newest = newest.max(Some(event_time));
            let ValueRef::Text(name) = row.get_ref(0).map_err(sqlite)? else {
                return Ok(damaged(features, "a `feature_name` that is no text"));
            };
            let place = std::str::from_utf8(name)
                .ok()
                .and_then(|name| places.get(name));
            if let Some(&place) = place {
                values[place] = match row.get_ref(1).map_err(sqlite)? {
                    ValueRef::Blob(bytes) => Some(bytes.to_vec()),
                    ValueRef::Null => Some(Vec::new()),
                    _ => return Ok(damaged(features, "a `value` that is no blob")),
                };
            }
        }
        Ok(newest.map(|event_timestamp| {
            StoredRow::new(event_timestamp, repeated(values, features, places))
        }))
    }
}

fn damaged(features: &[String], found: &str) -> Option<StoredRow> {
    Some(StoredRow::damaged(features.len(), found))
}

/// Where a feature's value goes: its first place.
fn places(features: &[String]) -> HashMap<&str, usize> {
    let mut places = HashMap::with_capacity(features.len());
    for (place, feature) in features.iter().enumerate() {
        places.entry(feature.as_str()).or_insert(place);
    }
    places
}

/// A feature that is asked for twice is answered twice.
fn repeated(
    mut values: Vec<Option<Vec<u8>>>,
    features: &[String],
    places: &HashMap<&str, usize>,
) -> Vec<Option<Vec<u8>>> {
    if places.len() < features.len() {
        for (place, feature) in features.iter().enumerate() {
            values[place] = values[places[feature.as_str()]].clone();
        }
    }
    values
}
