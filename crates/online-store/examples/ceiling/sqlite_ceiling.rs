use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use feature_codec::{encode_value, value_text};
use online_store::open_writer;
use rusqlite::{Connection, params};
use settings::{OnlineStore, SqliteStore};

use crate::{arguments::Arguments, rows};

/// The same rows as prepared inserts, from the begin to the end of one transaction.
pub(crate) fn raw(path: &Path, arguments: &Arguments) -> Duration {
    let path = fresh(path, "raw");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (entity_key BLOB, feature_name TEXT, value BLOB, value_text TEXT, \
             vector_value BLOB, event_ts timestamp, created_ts timestamp, \
             PRIMARY KEY(entity_key, feature_name)); \
             CREATE INDEX t_ek ON t (entity_key);",
        )
        .unwrap();
    let view = rows::view("ceiling", arguments.features);
    let batches = rows::batches(arguments.rows, arguments.features);
    let started = Instant::now();
    let transaction = connection.unchecked_transaction().unwrap();
    let mut insert = connection
        .prepare(
            "INSERT INTO t (entity_key, feature_name, value, value_text, event_ts, created_ts) \
             VALUES (?1, ?2, ?3, ?4, ?5, NULL)",
        )
        .unwrap();
    let mut bytes = Vec::new();
    for batch in &batches {
        for (row, key) in batch.keys.iter().enumerate() {
            let time = batch.event_timestamps[row].seconds();
            for (feature, column) in view.features.iter().zip(&batch.columns) {
                bytes.clear();
                encode_value(&column[row], &mut bytes);
                insert
                    .execute(params![key, feature, bytes, value_text(&column[row]), time])
                    .unwrap();
            }
        }
    }
    transaction.commit().unwrap();
    let taken = started.elapsed();
    drop(insert);
    drop(connection);
    fresh(&path, "");
    taken
}

/// The same rows through the writer, a transaction for each batch.
pub(crate) async fn writer(path: &Path, arguments: &Arguments) -> Duration {
    let path = fresh(path, "writer");
    let view = rows::view("ceiling", arguments.features);
    let store = OnlineStore::Sqlite(SqliteStore {
        path: path.clone(),
        timezone: "UTC".to_owned(),
    });
    let writer = open_writer(&store, &view.project).await.unwrap();
    writer.prepare(&view).await.unwrap();
    let batches = rows::batches(arguments.rows, arguments.features);
    let started = Instant::now();
    for batch in batches {
        writer.write(&view, batch).await.unwrap();
    }
    let taken = started.elapsed();
    drop(writer);
    fresh(&path, "");
    taken
}

/// The path with an ending, with no file there.
fn fresh(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    if !ending.is_empty() {
        path.push(".");
        path.push(ending);
    }
    for part in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.clone();
        file.push(part);
        let _ = std::fs::remove_file(file);
    }
    path.into()
}
