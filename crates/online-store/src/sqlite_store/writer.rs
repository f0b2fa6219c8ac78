use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use feature_model::{ProjectName, Value};
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior};
use tokio::task::{JoinError, spawn_blocking};

use super::{
    database,
    encoded::{EncodedRow, EncodedRows},
    event_time::EventTime,
    fault,
    table::{Columns, Table},
};
use crate::{Error, OnlineWriter, StoredView, WriteBatch, WriteReport, batch};

/// Writes tables through one connection.
pub(crate) struct SqliteWriter {
    inner: Arc<Inner>,
    project: ProjectName,
}

struct Inner {
    path: PathBuf,
    time: EventTime,
    connection: Mutex<Option<Connection>>,
}

impl SqliteWriter {
    pub(crate) fn open(
        store: &settings::SqliteStore,
        project: &ProjectName,
    ) -> Result<Self, Error> {
        Ok(Self {
            inner: Arc::new(Inner {
                path: store.path.clone(),
                time: EventTime::in_zone(&store.timezone)?,
                connection: Mutex::new(None),
            }),
            project: project.clone(),
        })
    }

    fn table(&self, view: &StoredView) -> Table {
        Table::of(&self.project, &view.name)
    }

    /// Runs `work` in one transaction that no other writer comes into.
    async fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.inner);
        let done = spawn_blocking(move || inner.transact(work));
        done.await
            .unwrap_or_else(|error| Err(self.interrupted(&error)))
    }

    fn interrupted(&self, error: &JoinError) -> Error {
        Error::Unavailable {
            store: self.inner.path.display().to_string(),
            reason: format!("the work was interrupted: {error}"),
        }
    }
}

#[async_trait]
impl OnlineWriter for SqliteWriter {
    async fn prepare(&self, view: &StoredView) -> Result<(), Error> {
        let table = self.table(view);
        self.transact(move |_, connection| table.prepare(connection).map(drop))
            .await
    }

    async fn write(&self, view: &StoredView, batch: WriteBatch) -> Result<WriteReport, Error> {
        batch::check(view, &batch)?;
        let rows = batch.keys.len();
        let (inner, table) = (Arc::clone(&self.inner), self.table(view));
        let features = view.features.clone();
        let writing = spawn_blocking(move || {
            let encoded = EncodedRows::of(&batch);
            inner.transact(|inner, connection| {
                let columns = table.prepare(connection)?;
                let mut upserts = Upserts::prepare(connection, &table, &features, columns)?;
                upserts.write(&inner.time, &batch, &encoded)
            })
        });
        let written = writing
            .await
            .unwrap_or_else(|error| Err(self.interrupted(&error)))?;
        Ok(batch::report(rows, written))
    }

    /// The indexes are in that order: at 100,000 rows of 50 features it takes less than half the time.
    fn prefers_key_order(&self) -> bool {
        true
    }

    /// Opens the file read-only for this: whoever plans need not be able to write.
    async fn has_data(&self, view: &StoredView) -> Result<bool, Error> {
        let table = self.table(view);
        let path = self.inner.path.clone();
        let looked = spawn_blocking(move || {
            if !path.exists() {
                return Ok(false);
            }
            let connection = database::open_for_reading(&path)?;
            let found = table.exists(&connection).and_then(|exists| {
                Ok(exists && connection.query_row(&table.any(), [], |row| row.get(0))?)
            });
            found.map_err(|error| fault::of_reading(&path, &error))
        });
        looked
            .await
            .unwrap_or_else(|error| Err(self.interrupted(&error)))
    }

    async fn remove_view(&self, view: &StoredView) -> Result<u64, Error> {
        if !self.inner.path.exists() {
            return Ok(0);
        }
        let table = self.table(view);
        self.transact(move |_, connection| {
            if !table.exists(connection)? {
                return Ok(0);
            }
            let rows: i64 = connection.query_row(&table.count(), [], |row| row.get(0))?;
            connection.execute_batch(&table.drop())?;
            Ok(rows.unsigned_abs())
        })
        .await
    }
}

impl Inner {
    fn transact<T>(
        &self,
        work: impl FnOnce(&Self, &Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut slot = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_none_or(database::has_moved) {
            *slot = Some(database::open_for_writing(&self.path)?);
        }
        let connection = slot.as_mut().expect("it was opened just above");
        let done = (|| {
            // Immediate: the lock is waited for here, not when a first row is written, where SQLite
            // could only give up.
            let transaction =
                Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
            let done = work(self, &transaction)?;
            transaction.commit()?;
            Ok(done)
        })();
        done.map_err(|error: rusqlite::Error| fault::of(&self.path, &error))
    }
}

/// The statements that write one row, ready to run for each row of a batch.
///
/// Two statements, atomic because the transaction holds the write lock before the first: is a newer
/// row there, and if not, write. As a single `INSERT … SELECT … WHERE NOT EXISTS` SQLite copies each row
/// through a temporary table, as the statement reads what it writes; that took a fifth more time.
struct Upserts<'c> {
    newer: CachedStatement<'c>,
    statements: Vec<(usize, CachedStatement<'c>)>,
    columns: Columns,
}

impl<'c> Upserts<'c> {
    fn prepare(
        connection: &'c Connection,
        table: &Table,
        features: &[String],
        columns: Columns,
    ) -> rusqlite::Result<Self> {
        let upserts = table.upserts(features, columns);
        let prepared = upserts
            .into_iter()
            .map(|(features, sql)| Ok((features.len(), connection.prepare_cached(&sql)?)));
        Ok(Self {
            newer: connection.prepare_cached(&table.newer())?,
            statements: prepared.collect::<rusqlite::Result<_>>()?,
            columns,
        })
    }

    /// The number of rows that were not stale.
    fn write(
        &mut self,
        time: &EventTime,
        batch: &WriteBatch,
        encoded: &EncodedRows,
    ) -> rusqlite::Result<u64> {
        let mut written = 0;
        for row in encoded.iter() {
            let event_time = batch.event_timestamps[row.number];
            let key = batch.keys[row.number].as_slice();
            if !self.is_stale(key, time.column_of(event_time), event_time.seconds())? {
                self.write_row(time, batch, &row)?;
                written += 1;
            }
        }
        Ok(written)
    }

    /// A row is written whole or not at all, decided by the newest event time that any feature of the
    /// entity has, also where they have several.
    fn is_stale(&mut self, key: &[u8], event_ts: i64, seconds: i64) -> rusqlite::Result<bool> {
        let newer = &mut self.newer;
        newer.query_row((key, event_ts, seconds), |row| row.get(0))
    }

    fn write_row(
        &mut self,
        time: &EventTime,
        batch: &WriteBatch,
        row: &EncodedRow<'_>,
    ) -> rusqlite::Result<()> {
        let created = batch.created_timestamps.get(row.number).copied().flatten();
        let event_ts = time.column_of(batch.event_timestamps[row.number]);
        let created_ts = created.map(|created| time.column_of(created));
        let mut first = 0;
        for (features, statement) in &mut self.statements {
            statement.raw_bind_parameter(1, batch.keys[row.number].as_slice())?;
            statement.raw_bind_parameter(2, event_ts)?;
            statement.raw_bind_parameter(3, created_ts)?;
            let mut variable = 4;
            for feature in first..first + *features {
                let (value, text) = row.cell(feature);
                statement.raw_bind_parameter(variable, value)?;
                statement.raw_bind_parameter(variable + 1, text)?;
                variable += 2;
                if self.columns.value_num {
                    let value = &batch.columns[feature][row.number];
                    statement.raw_bind_parameter(variable, number(value))?;
                    variable += 1;
                }
            }
            statement.raw_execute()?;
            first += *features;
        }
        Ok(())
    }
}

/// Feast's `value_num`.
#[allow(
    clippy::cast_precision_loss,
    reason = "Feast stores float(value) there, and loses as much"
)]
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int32(number) => Some(f64::from(*number)),
        Value::Int64(number) => Some(*number as f64),
        Value::Float(number) => Some(f64::from(*number)),
        Value::Double(number) => Some(*number),
        Value::Bool(truth) => Some(if *truth { 1.0 } else { 0.0 }),
        _ => None,
    }
}
