use std::path::Path;

use feature_model::{DataType, Field, FileFormat, Value};
use offline_store::{LatestRowsRequest, latest_rows, schema};
use tempfile::TempDir;

use crate::support::*;

fn written(dir: &TempDir, text: impl AsRef<[u8]>) -> LatestRowsRequest {
    std::fs::write(dir.path().join("stats.csv"), text).unwrap();
    let mut request = request(dir, source("stats.csv", FileFormat::Csv));
    request.end = "2026-02-01".parse().unwrap();
    request
}

async fn can_read(dir: &Path, column: &str, declared: &str) -> Result<(), String> {
    let source = source("stats.csv", FileFormat::Csv);
    let schema = schema(&source, dir).await.unwrap();
    schema.can_read(column, &declared.parse().unwrap())
}

#[tokio::test]
async fn values_are_read_by_the_declared_types_and_an_odd_one_spoils_only_its_row() {
    let dir = TempDir::new().unwrap();
    let text = "id,event_timestamp,created,f,note\n\
        1,2026-01-02T00:00:00Z,,5,\"a, b\"\n\
        2,2026-01-02 03:00:00+00:00,2026-01-02T00:00:00Z,6,\n\
        1,2026-01-02 00:00:01,,7,\"line\nbreak\"\n\
        3,2026-01-02,,many,x\n\
        4,soon,,8,x\n\
        5,2026-01-02,,9.0,\n\
        6.5,2026-01-02,,9,\n";
    let mut request = written(&dir, text);
    request.features.push(Field::new("note", DataType::String));
    let found = all(request).await.unwrap();
    assert_eq!(pairs(&found), map([(1, 7), (2, 6), (5, 9)]));
    assert_eq!(
        found.columns[1],
        [
            Value::Null,
            Value::String("line\nbreak".into()),
            Value::Null
        ]
    );
    let told = told(&found);
    assert_eq!(told[0], "3 id=3: `f`: `many` is no integer");
    assert!(told[1].starts_with("4 id=4: `event_timestamp`: `soon` is no date and time"));
    assert_eq!(told[2], "6 id=null: `id`: `6.5` is no integer");
}

#[tokio::test]
async fn a_record_that_is_no_row_is_told_of_once_and_the_others_go_on() {
    let dir = TempDir::new().unwrap();
    let text = b"\xef\xbb\xbfid,event_timestamp,created,f,unused\r\n\
        1,2026-01-02,,5,\r\n\
        2,2026-01-02,,6\r\n\
        3,2026-01-02,,7,x,y\r\n\
        4,2026-01-02,,\xff,\r\n\
        5,2026-01-02,,9,\xff\r\n\
        6,2026-03-01,,\xff,\r\n\
        7,2026-01-02,,10,\"a\r\nb\"\r\n\
        8,2026-01-02,,11,";
    let found = all(written(&dir, text)).await.unwrap();
    assert_eq!(pairs(&found), map([(1, 5), (5, 9), (7, 10), (8, 11)]));
    assert_eq!(
        told(&found),
        [
            "1 id=null: 4 fields where the header line has 5",
            "2 id=null: 6 fields where the header line has 5",
            "3 id=4: `f`: the bytes are no UTF-8 text",
        ]
    );
}

#[tokio::test]
async fn of_many_rows_each_is_looked_at_once() {
    let dir = TempDir::new().unwrap();
    let mut text = "id,event_timestamp,created,f\n".to_owned();
    for row in 0..60_000 {
        text += &match row % 1000 {
            999 => format!("{row}\n"),
            _ => format!("{row},2026-01-02T00:00:00Z,,{}\n", row + 1),
        };
    }
    let mut request = written(&dir, text);
    request.batch_rows = 1000;
    let mut rows = latest_rows(request).await.unwrap();
    let (mut count, mut rejected) = (0, 0);
    while let Some(batch) = futures::StreamExt::next(&mut rows).await {
        let batch = batch.unwrap();
        for (key, value) in batch.join_keys[..]
            .iter()
            .flatten()
            .zip(batch.columns.iter().flatten())
        {
            assert_eq!(int(key) + 1, int(value));
        }
        count += batch.len();
        rejected += batch.rejected_count;
    }
    assert_eq!((count, rejected), (59_940, 60));
    assert_eq!(rows.progress().rows_scanned(), 60_000);
}

#[tokio::test]
async fn a_bad_value_near_the_top_makes_no_column_unreadable() {
    let dir = TempDir::new().unwrap();
    let text = "id,event_timestamp,created,f,x,names\n\
        1,2026-01-02,,abc,1.5,\"[\"\"a\"\"]\"\n\
        2,2026-01-02,,5\n\
        3,2026-01-02,,6,1,[]\n";
    let found = all(written(&dir, text)).await.unwrap();
    assert_eq!(pairs(&found), map([(3, 6)]));
    assert_eq!(
        told(&found),
        [
            "0 id=1: `f`: `abc` is no integer",
            "1 id=null: 4 fields where the header line has 6",
        ]
    );
    for declared in [
        "Int32",
        "Int64",
        "Float32",
        "Float64",
        "Bool",
        "String",
        "UnixTimestamp",
        "ZonedTimestamp",
        "Decimal",
        "Uuid",
        "Array(Int64)",
    ] {
        assert_eq!(
            can_read(dir.path(), "f", declared).await,
            Ok(()),
            "{declared}"
        );
    }
    for declared in ["Int64", "Bool", "UnixTimestamp"] {
        assert_eq!(
            can_read(dir.path(), "x", declared).await,
            Ok(()),
            "{declared}"
        );
    }
    assert_eq!(can_read(dir.path(), "names", "Array(String)").await, Ok(()));
    assert_eq!(
        can_read(dir.path(), "x", "Array(Int64)").await.unwrap_err(),
        "column `x` is Float64 in the source and cannot be read as Array(Int64)"
    );
    assert!(
        can_read(dir.path(), "event_timestamp", "Int64")
            .await
            .is_err()
    );
    assert!(can_read(dir.path(), "f", "ScalarMap").await.is_err());
}
