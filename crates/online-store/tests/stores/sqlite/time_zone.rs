//! A file whose other writer is a Feast in a zone that is not UTC.

use feature_model::{Timestamp, Value};
use online_store::{Error, open_reader, open_writer};
use rusqlite::Connection;
use settings::{OnlineStore, SqliteStore};

use crate::{
    rows::{read_row, row, view, write_row},
    store::project_name,
};

#[tokio::test]
async fn times_are_stored_as_feast_stores_them_in_that_zone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("online.db");
    let store = OnlineStore::Sqlite(SqliteStore {
        path: path.clone(),
        timezone: "America/New_York".to_owned(),
    });
    let writer = open_writer(&store, &project_name("prj")).await.unwrap();
    let reader = open_reader(&store, &project_name("prj")).await.unwrap();
    let stats = view("prj", "stats", &["a"]);
    // Winter, then summer: Feast's numbers under TZ=America/New_York.
    for (text, stored) in [
        ("2026-01-01T00:00:00Z", 1_767_243_600),
        ("2026-07-01T00:00:00Z", 1_782_878_400),
    ] {
        let time: Timestamp = text.parse().unwrap();
        write_row(&*writer, &stats, 1, time, &[Value::Int64(stored)]).await;
        let connection = Connection::open(&path).unwrap();
        let found: i64 = connection
            .query_row("SELECT event_ts FROM prj_stats", [], |row| row.get(0))
            .unwrap();
        assert_eq!(found, stored);
        assert_eq!(
            read_row(&*reader, &stats, 1).await,
            row(time, &[Value::Int64(stored)])
        );
    }
    let spring: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        write_row(&*writer, &stats, 1, spring, &[Value::Null])
            .await
            .stale,
        1
    );
}

#[tokio::test]
async fn an_unknown_zone_is_refused() {
    let store = OnlineStore::Sqlite(SqliteStore {
        path: "online.db".into(),
        timezone: "Mars/Olympus".to_owned(),
    });
    let error = open_reader(&store, &project_name("prj"))
        .await
        .err()
        .unwrap();
    assert!(matches!(error, Error::Config { .. }));
    assert!(error.to_string().contains("Mars/Olympus"), "{error}");
}
