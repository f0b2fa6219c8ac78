//! The database file: absent, made by others, replaced, broken.

use std::path::PathBuf;

use feature_model::Value;
use online_store::Error;
use rusqlite::Connection;

use crate::{
    rows::{batch, driver, read_row, row, seconds, try_read, view, write_row},
    store::{Store, until_it_answers},
};

fn path(store: &Store) -> PathBuf {
    let settings::OnlineStore::Sqlite(sqlite) = store.settings() else {
        panic!("a sqlite store");
    };
    sqlite.path
}

#[tokio::test]
async fn a_file_that_is_not_there_yet_is_unavailable_until_it_is() {
    let store = Store::sqlite();
    let reader = store.reader("prj").await;
    let stats = view("prj", "stats", &["a"]);
    for error in [
        reader.ping().await.unwrap_err(),
        try_read(&*reader, &stats, &[driver(1)]).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unavailable { .. }), "{error}");
        assert!(
            error.to_string().contains("`registry-admin materialize`"),
            "{error}"
        );
    }
    assert!(!path(&store).exists(), "reading makes no file");
    let writer = store.writer("prj").await;
    assert!(!writer.has_data(&stats).await.unwrap());
    assert_eq!(writer.remove_view(&stats).await.unwrap(), 0);
    assert!(!path(&store).exists(), "looking makes no file");
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Null]).await;
    until_it_answers(&*reader).await;
    assert!(read_row(&*reader, &stats, 1).await.is_some());
}

#[tokio::test]
async fn folders_above_the_file_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = settings::OnlineStore::Sqlite(settings::SqliteStore {
        path: folder.path().join("a/b/online.db"),
        timezone: "UTC".to_owned(),
    });
    let writer = online_store::open_writer(&store, &"prj".parse().unwrap())
        .await
        .unwrap();
    writer.prepare(&view("prj", "stats", &["a"])).await.unwrap();
    assert!(folder.path().join("a/b/online.db").exists());
}

/// Feast leaves SQLite's default journal, and its writer may come after ours.
#[tokio::test]
async fn a_file_with_a_rollback_journal_is_read_and_turned_to_wal_by_a_writer() {
    let store = Store::sqlite();
    let feast = Connection::open(path(&store)).unwrap();
    feast
        .execute_batch(
            "CREATE TABLE \"prj_stats\" (entity_key BLOB, feature_name TEXT, value BLOB, value_text TEXT, \
             vector_value BLOB, event_ts timestamp, created_ts timestamp, \
             PRIMARY KEY(entity_key, feature_name));",
        )
        .unwrap();
    let insert = "INSERT INTO prj_stats VALUES (?1, 'a', x'2001', '1', NULL, 5, NULL)";
    feast.execute(insert, [driver(1)]).unwrap();
    let reader = store.reader("prj").await;
    let stats = view("prj", "stats", &["a"]);
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(5), &[Value::Int64(1)])
    );
    let writer = store.writer("prj").await;
    write_row(&*writer, &stats, 1, seconds(6), &[Value::Int64(2)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(6), &[Value::Int64(2)])
    );
    feast.execute(insert, [driver(2)]).unwrap();
    assert_eq!(
        read_row(&*reader, &stats, 2).await,
        row(seconds(5), &[Value::Int64(1)])
    );
}

/// `feast teardown` deletes the file; whoever has it open would read the deleted one for ever.
#[tokio::test]
async fn a_file_that_was_replaced_is_opened_again() {
    let store = Store::sqlite();
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    write_row(&*writer, &stats, 1, seconds(5), &[Value::Int64(1)]).await;
    assert!(read_row(&*reader, &stats, 1).await.is_some());
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path(&store).into_os_string();
        name.push(suffix);
        std::fs::remove_file(name).unwrap();
    }
    let error = reader.ping().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    write_row(&*writer, &stats, 1, seconds(1), &[Value::Int64(2)]).await;
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(1), &[Value::Int64(2)])
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_corrupt() {
    let store = Store::sqlite();
    std::fs::write(
        path(&store),
        "no database, but long enough to look at".repeat(100),
    )
    .unwrap();
    let reader = store.reader("prj").await;
    let error = reader.ping().await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    let error = store
        .writer("prj")
        .await
        .prepare(&view("prj", "stats", &["a"]))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

/// WAL: a reader sees the last whole batch while the next one is being written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_are_served_while_a_batch_is_written() {
    let store = Store::sqlite();
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a", "b"]);
    let rows = |time: i64| {
        let rows = (0..2_000).map(|id| (driver(id), seconds(time), vec![Value::Int64(time); 2]));
        batch(rows.collect())
    };
    writer.write(&stats, rows(0)).await.unwrap();
    let writing = tokio::spawn({
        let stats = stats.clone();
        async move {
            for time in 1..10 {
                writer.write(&stats, rows(time)).await.unwrap();
            }
        }
    });
    let keys = [driver(0), driver(1_999)];
    let mut states = std::collections::BTreeSet::new();
    while !writing.is_finished() {
        let found = try_read(&*reader, &stats, &keys).await.unwrap();
        assert_eq!(found[0], found[1], "both are of one batch");
        let (time, values) = found[0].clone().unwrap();
        assert_eq!(values, vec![Some(Value::Int64(time.seconds())); 2]);
        states.insert(time);
    }
    writing.await.unwrap();
    assert!(states.len() > 1, "{states:?}");
}

#[tokio::test]
async fn the_write_ahead_log_outlives_its_writer() {
    let store = Store::sqlite();
    let writer = store.writer("prj").await;
    write_row(
        &*writer,
        &view("prj", "stats", &["a"]),
        1,
        seconds(5),
        &[Value::Null],
    )
    .await;
    drop(writer);
    for suffix in ["-wal", "-shm"] {
        let mut name = path(&store).into_os_string();
        name.push(suffix);
        assert!(PathBuf::from(&name).exists(), "{}", name.display());
    }
}
