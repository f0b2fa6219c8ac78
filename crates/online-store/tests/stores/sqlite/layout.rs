//! The tables are those of Feast 0.67, and those of older ones are read and written too.

use feature_model::{List, Timestamp, Value};
use rusqlite::Connection;

use crate::{
    rows::{batch, driver, read_row, row, seconds, view, write_row},
    store::Store,
};

/// The file that `Store::sqlite` has.
fn connect(store: &Store) -> Connection {
    let settings::OnlineStore::Sqlite(sqlite) = store.settings() else {
        panic!("a sqlite store");
    };
    Connection::open(sqlite.path).unwrap()
}

fn schema(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY rowid")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// As `feast apply` does it; blanks are Feast's too.
const FEAST_TABLE: &str = "CREATE TABLE IF NOT EXISTS \"prj_stats\" (entity_key BLOB, feature_name TEXT, \
     value BLOB, value_text TEXT,  vector_value BLOB, event_ts timestamp, created_ts timestamp,  \
     PRIMARY KEY(entity_key, feature_name))";
const FEAST_INDEX: &str =
    "CREATE INDEX IF NOT EXISTS \"prj_stats_ek\" ON \"prj_stats\" (entity_key);";

fn without_blanks(texts: Vec<String>) -> Vec<String> {
    let strip = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    texts.into_iter().map(strip).collect()
}

#[tokio::test]
async fn tables_are_made_as_feast_makes_them() {
    let ours = Store::sqlite();
    let stats = view("prj", "stats", &["a"]);
    let writer = ours.writer("prj").await;
    writer.prepare(&stats).await.unwrap();
    writer.prepare(&stats).await.unwrap();
    let feast = Connection::open_in_memory().unwrap();
    feast.execute_batch(FEAST_TABLE).unwrap();
    feast.execute_batch(FEAST_INDEX).unwrap();
    assert_eq!(
        without_blanks(schema(&connect(&ours))),
        without_blanks(schema(&feast))
    );
}

type Stored = (
    String,
    Vec<u8>,
    Option<String>,
    Option<Vec<u8>>,
    i64,
    Option<i64>,
);

#[tokio::test]
async fn rows_are_stored_as_feast_stores_them() {
    let store = Store::sqlite();
    let stats = view(
        "prj",
        "stats",
        &["text", "int", "float", "double", "bool", "null", "list"],
    );
    let values = [
        Value::String("é".to_owned()),
        Value::Int64(-1),
        Value::Float(0.1),
        Value::Double(1e100),
        Value::Bool(true),
        Value::Null,
        Value::List(List::Int64(vec![1, 2])),
    ];
    let mut rows = batch(vec![(
        driver(1001),
        Timestamp::new(1_767_225_600, 999_999_999),
        values.to_vec(),
    )]);
    rows.created_timestamps = vec![Some(seconds(7))];
    store.writer("prj").await.write(&stats, rows).await.unwrap();
    let connection = connect(&store);
    let mut statement = connection
        .prepare(
            "SELECT feature_name, value, value_text, vector_value, event_ts, created_ts FROM prj_stats \
             WHERE entity_key = ?1 ORDER BY rowid",
        )
        .unwrap();
    let found: Vec<Stored> = statement
        .query_map([driver(1001)], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected: [(&str, &[u8], Option<&str>); 7] = [
        ("text", "\x12\x02é".as_bytes(), Some("é")),
        (
            "int",
            b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            Some("-1"),
        ),
        (
            "float",
            b"\x35\xcd\xcc\xcc\x3d",
            Some("0.10000000149011612"),
        ),
        (
            "double",
            b"\x29\x7d\xc3\x94\x25\xad\x49\xb2\x54",
            Some("1e+100"),
        ),
        ("bool", b"\x38\x01", Some("True")),
        ("null", b"", None),
        ("list", b"\x72\x04\x0a\x02\x01\x02", None),
    ];
    assert_eq!(found.len(), expected.len());
    for ((name, value, text), row) in expected.into_iter().zip(found) {
        let expected = (name.to_owned(), value.to_vec(), text.map(str::to_owned));
        assert_eq!((row.0, row.1, row.2), expected);
        assert_eq!((row.3, row.4, row.5), (None, 1_767_225_600, Some(7)));
    }
}

#[tokio::test]
async fn without_a_created_time_there_is_null() {
    let store = Store::sqlite();
    write_row(
        &*store.writer("prj").await,
        &view("prj", "stats", &["a"]),
        1,
        seconds(1),
        &[Value::Null],
    )
    .await;
    let created: Option<i64> = connect(&store)
        .query_row("SELECT created_ts FROM prj_stats", [], |row| row.get(0))
        .unwrap();
    assert_eq!(created, None);
}

/// Feast before 0.66 had no `value_text`; Feast before 0.42 stored times as text.
#[tokio::test]
async fn tables_of_an_old_feast_are_read_and_brought_up() {
    let store = Store::sqlite();
    connect(&store)
        .execute_batch(
            "CREATE TABLE prj_stats (entity_key BLOB, feature_name TEXT, value BLOB, event_ts timestamp, \
             created_ts timestamp, PRIMARY KEY(entity_key, feature_name));",
        )
        .unwrap();
    let insert = "INSERT INTO prj_stats VALUES (?1, 'a', x'2001', ?2, NULL)";
    for (id, text) in [
        (1, "2024-01-01 00:00:00"),
        (2, "2024-01-01 00:00:00.500000"),
        (3, "2024-01-01T00:00:00+00:00"),
    ] {
        connect(&store).execute(insert, (driver(id), text)).unwrap();
    }
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let stats = view("prj", "stats", &["a"]);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let one = [Value::Int64(1)];
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(at("2024-01-01"), &one)
    );
    assert_eq!(
        read_row(&*reader, &stats, 2).await,
        row(at("2024-01-01T00:00:00.5"), &one)
    );
    assert_eq!(
        read_row(&*reader, &stats, 3).await,
        row(at("2024-01-01"), &one)
    );
    for id in 1..=3 {
        let older = write_row(
            &*writer,
            &stats,
            id,
            at("2023-12-31T23:59:59"),
            &[Value::Null],
        )
        .await;
        assert_eq!(older.stale, 1, "{id}");
        let newer = write_row(&*writer, &stats, id, at("2024-01-01"), &[Value::Int64(2)]).await;
        assert_eq!(newer.written, 1, "{id}");
        assert_eq!(
            read_row(&*reader, &stats, id).await,
            row(at("2024-01-01"), &[Value::Int64(2)])
        );
    }
    let text: String = connect(&store)
        .query_row("SELECT value_text FROM prj_stats LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(text, "2");
}

/// `enable_openai_compatible_store` and `vector_enabled` are Feast's; what they add is kept true.
#[tokio::test]
async fn columns_of_feasts_searches_do_not_go_stale() {
    let store = Store::sqlite();
    let connection = connect(&store);
    connection
        .execute_batch(
            "CREATE TABLE prj_stats (entity_key BLOB, feature_name TEXT, value BLOB, value_text TEXT, \
             value_num REAL, vector_value BLOB, event_ts timestamp, created_ts timestamp, \
             PRIMARY KEY(entity_key, feature_name));",
        )
        .unwrap();
    let insert = "INSERT INTO prj_stats VALUES (?1, 'a', x'2001', '1', 1.0, x'00', 5, NULL)";
    connection.execute(insert, [driver(1)]).unwrap();
    let writer = store.writer("prj").await;
    let stats = view("prj", "stats", &["a", "b", "c"]);
    let values = [
        Value::Int64(2),
        Value::Bool(true),
        Value::String("x".to_owned()),
    ];
    write_row(&*writer, &stats, 1, seconds(6), &values).await;
    let mut statement = connection
        .prepare("SELECT value_num, vector_value, value_text FROM prj_stats ORDER BY feature_name")
        .unwrap();
    let found: Vec<(Option<f64>, Option<Vec<u8>>, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected = [(Some(2.0), "2"), (Some(1.0), "True"), (None, "x")];
    assert_eq!(
        found,
        expected.map(|(number, text)| (number, None, text.to_owned()))
    );
}

#[tokio::test]
async fn a_view_may_have_twenty_thousand_features() {
    let store = Store::sqlite();
    let (writer, reader) = (store.writer("prj").await, store.reader("prj").await);
    let names: Vec<String> = (0..20_000)
        .map(|index| format!("feature_{index}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stats = view("prj", "stats", &names);
    let values: Vec<Value> = (0..20_000).map(Value::Int64).collect();
    for time in [5, 6, 6] {
        assert_eq!(
            write_row(&*writer, &stats, 1, seconds(time), &values)
                .await
                .written,
            1
        );
    }
    assert_eq!(
        write_row(&*writer, &stats, 1, seconds(5), &values)
            .await
            .stale,
        1
    );
    assert_eq!(
        read_row(&*reader, &stats, 1).await,
        row(seconds(6), &values)
    );
}

#[tokio::test]
async fn what_is_no_value_or_time_damages_its_row_alone() {
    let store = Store::sqlite();
    let stats = view("prj", "stats", &["a"]);
    store.writer("prj").await.prepare(&stats).await.unwrap();
    let insert =
        "INSERT INTO prj_stats (entity_key, feature_name, value, event_ts) VALUES (?1, ?2, ?3, ?4)";
    let connection = connect(&store);
    connection
        .execute(insert, (driver(1), "a", "text", 5))
        .unwrap();
    connection
        .execute(insert, (driver(2), "a", b"", "yesterday"))
        .unwrap();
    connection
        .execute(insert, (driver(3), b"a", b"", 5))
        .unwrap();
    connection
        .execute(insert, (driver(4), "a", b"", 5))
        .unwrap();
    let reader = store.reader("prj").await;
    let keys = [1, 2, 3].map(driver);
    let prepared = reader.prepare(&stats.name, &stats.features);
    let read = online_store::ViewRead {
        view: &prepared,
        keys: &keys,
    };
    let found = reader
        .read(&[read], online_store::ReadOptions::default())
        .await
        .unwrap();
    let damage = (0..3).map(|key| found.rows.get(0, key).unwrap().damage().unwrap());
    assert_eq!(
        damage.collect::<Vec<_>>(),
        [
            "a `value` that is no blob",
            "an `event_ts` that is no time",
            "a `feature_name` that is no text",
        ]
    );
    assert_eq!(
        read_row(&*reader, &stats, 4).await,
        row(seconds(5), &[Value::Null])
    );
}
