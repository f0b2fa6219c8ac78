use std::sync::Arc;

use arrow::array::*;
use feature_model::{DataType, Field, FileFormat, Timestamp, Value};
use futures::StreamExt as _;
use offline_store::latest_rows;
use tempfile::TempDir;

use crate::support::*;

#[tokio::test]
async fn the_latest_event_time_wins_then_the_latest_created_time_then_the_first_row() {
    let dir = TempDir::new().unwrap();
    let rows = [
        row(1, 10, 99, 1),
        row(1, 20, 5, 2),
        row(1, 15, 99, 3),
        row(2, 10, 5, 4),
        row(2, 10, 7, 5),
        row(2, 10, 7, 6),
        (Some(3), Some(10), None, 7),
        (Some(3), Some(10), Some(-5), 8),
        (Some(4), Some(10), None, 9),
        (Some(4), Some(10), None, 10),
    ];
    write(&dir.path().join("stats.parquet"), &rows, 4);
    let request = request(&dir, source("stats.parquet", FileFormat::Parquet));
    assert_eq!(latest(request).await, map([(1, 2), (2, 5), (3, 8), (4, 9)]));
}

#[tokio::test]
async fn both_ends_of_the_interval_belong_to_it() {
    let dir = TempDir::new().unwrap();
    let rows = [
        row(1, 5, 0, 1),
        row(2, 10, 0, 2),
        row(3, 11, 0, 3),
        row(4, 4, 0, 4),
    ];
    write(&dir.path().join("stats.parquet"), &rows, 1);
    let mut request = request(&dir, source("stats.parquet", FileFormat::Parquet));
    request.start = Timestamp::from_seconds(5);
    request.end = Timestamp::from_seconds(10);
    assert_eq!(latest(request.clone()).await, map([(1, 1), (2, 2)]));
    request.end = Timestamp::new(10, 999_999_999);
    request.start = Timestamp::new(5, 1);
    assert_eq!(latest(request).await, map([(2, 2)]));
}

#[tokio::test]
async fn row_groups_outside_the_interval_are_not_read() {
    let dir = TempDir::new().unwrap();
    let rows: Vec<Row> = (0..1000).map(|n| row(n, n, 0, n)).collect();
    write(&dir.path().join("stats.parquet"), &rows, 100);
    let mut request = request(&dir, source("stats.parquet", FileFormat::Parquet));
    request.start = Timestamp::from_seconds(950);
    let mut rows = latest_rows(request).await.unwrap();
    let progress = rows.progress();
    while let Some(batch) = rows.next().await {
        batch.unwrap();
    }
    assert_eq!(progress.rows_in_source(), 1000);
    assert_eq!(progress.rows_in_interval(), 50);
    assert_eq!(progress.entities(), 50);
    assert!(progress.rows_scanned() < 100, "{progress:?}");
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_told_of_and_the_others_go_on() {
    let dir = TempDir::new().unwrap();
    let rows = [
        row(1, 10, 0, 3_000_000_000),
        (None, Some(10), None, 2),
        (Some(3), None, None, 3),
        row(4, 10, 0, 4),
    ];
    write(&dir.path().join("stats.parquet"), &rows, 10);
    let mut request = request(&dir, source("stats.parquet", FileFormat::Parquet));
    request.features = vec![Field::new("f", DataType::Int32)];
    let found = all(request).await.unwrap();
    assert_eq!(found.join_keys, [[Value::Int64(4)]]);
    assert_eq!(found.columns, [[Value::Int32(4)]]);
    assert_eq!(found.rejected_count, 3);
    assert_eq!(
        told(&found),
        [
            "0 id=1: `f`: 3000000000 is out of range of Int32",
            "1 id=null: `id`: the join key is null",
            "2 id=3: `event_timestamp`: the event timestamp is null",
        ]
    );
}

#[tokio::test]
async fn a_fraction_is_no_integer_neither_in_a_join_key_nor_in_a_feature() {
    let dir = TempDir::new().unwrap();
    let column = |numbers: Vec<Option<f64>>| Arc::new(Float64Array::from(numbers));
    write_columns(
        &dir.path().join("stats.parquet"),
        10,
        vec![
            (
                "id",
                column(vec![Some(1.0), Some(1.5), Some(2.0), Some(3.0)]),
            ),
            (
                "event_timestamp",
                Arc::new(TimestampSecondArray::from(vec![5, 6, 7, 8])),
            ),
            ("f", column(vec![Some(7.0), Some(8.0), Some(2.5), None])),
        ],
    );
    let mut source = source("stats.parquet", FileFormat::Parquet);
    source.created_timestamp_column = None;
    let found = all(request(&dir, source)).await.unwrap();
    assert_eq!(found.join_keys, [[Value::Int64(1), Value::Int64(3)]]);
    assert_eq!(found.columns, [[Value::Int64(7), Value::Null]]);
    assert_eq!(
        told(&found),
        [
            "1 id=null: `id`: 1.5 is no integer",
            "2 id=2: `f`: 2.5 is no integer",
        ]
    );
}

#[tokio::test]
async fn event_times_of_every_kind_are_understood() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("stats.parquet");
    let columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(vec![86_400, 172_800])),
        Arc::new(TimestampNanosecondArray::from(vec![
            86_400_000_000_000,
            172_800_000_000_000,
        ])),
        Arc::new(TimestampSecondArray::from(vec![86_400, 172_800]).with_timezone("Asia/Tokyo")),
        Arc::new(Date32Array::from(vec![1, 2])),
        Arc::new(StringArray::from(vec![
            "1970-01-02T01:00:00+01:00",
            "1970-01-03",
        ])),
    ];
    for column in columns {
        let kind = column.data_type().to_string();
        write_columns(
            &path,
            10,
            vec![
                ("id", Arc::new(Int64Array::from(vec![7, 7]))),
                ("event_timestamp", column),
                ("f", Arc::new(Int64Array::from(vec![1, 2]))),
            ],
        );
        let mut source = source("stats.parquet", FileFormat::Parquet);
        source.created_timestamp_column = None;
        let mut request = request(&dir, source);
        assert_eq!(latest(request.clone()).await, map([(7, 2)]), "{kind}");
        request.end = Timestamp::from_seconds(86_400);
        assert_eq!(latest(request).await, map([(7, 1)]), "{kind}");
    }
}

#[tokio::test]
async fn columns_are_renamed_by_the_field_mapping() {
    let dir = TempDir::new().unwrap();
    write_columns(
        &dir.path().join("stats.parquet"),
        10,
        vec![
            ("driver", Arc::new(Int64Array::from(vec![7]))),
            ("ts", Arc::new(TimestampSecondArray::from(vec![5]))),
            ("raw", Arc::new(Int64Array::from(vec![9]))),
        ],
    );
    let mut source = source("stats.parquet", FileFormat::Parquet);
    source.created_timestamp_column = None;
    for (column, name) in [("driver", "id"), ("ts", "event_timestamp"), ("raw", "f")] {
        source
            .field_mapping
            .insert(column.to_owned(), name.to_owned());
    }
    assert_eq!(latest(request(&dir, source)).await, map([(7, 9)]));
}

#[tokio::test]
async fn several_join_keys_and_none_make_entities() {
    let dir = TempDir::new().unwrap();
    write_columns(
        &dir.path().join("stats.parquet"),
        10,
        vec![
            ("id", Arc::new(Int64Array::from(vec![1, 1, 1]))),
            ("city", Arc::new(StringArray::from(vec!["a", "b", "a"]))),
            (
                "event_timestamp",
                Arc::new(TimestampSecondArray::from(vec![5, 9, 7])),
            ),
            ("f", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ],
    );
    let mut source = source("stats.parquet", FileFormat::Parquet);
    source.created_timestamp_column = None;
    let mut request = request(&dir, source);
    request.join_keys.push(Field::new("city", DataType::String));
    let found = all(request.clone()).await.unwrap();
    assert_eq!(found.columns, [[Value::Int64(2), Value::Int64(3)]]);
    assert_eq!(
        found.join_keys[1],
        [Value::String("b".into()), Value::String("a".into())]
    );
    request.join_keys.clear();
    let found = all(request).await.unwrap();
    assert_eq!(found.columns, [[Value::Int64(2)]]);
    assert_eq!(found.join_keys, Vec::<Vec<Value>>::new());
    assert_eq!(found.event_timestamps, [Timestamp::from_seconds(9)]);
}

#[tokio::test]
async fn floats_and_other_columns_come_beside_the_keys() {
    let dir = TempDir::new().unwrap();
    write_columns(
        &dir.path().join("stats.parquet"),
        10,
        vec![
            ("id", Arc::new(Int64Array::from(vec![1]))),
            (
                "event_timestamp",
                Arc::new(TimestampSecondArray::from(vec![5])),
            ),
            ("created", Arc::new(TimestampSecondArray::from(vec![6]))),
            ("x", Arc::new(Float64Array::from(vec![0.5]))),
        ],
    );
    let mut request = request(&dir, source("stats.parquet", FileFormat::Parquet));
    request.features = vec![
        Field::new("x", DataType::Float32),
        Field::new("id", DataType::String),
        Field::new("event_timestamp", DataType::UnixTimestamp),
    ];
    let found = all(request).await.unwrap();
    assert_eq!(
        found.columns,
        [
            [Value::Float(0.5)],
            [Value::String("1".into())],
            [Value::UnixTimestamp(5)],
        ]
    );
    assert_eq!(found.created_timestamps, [Some(Timestamp::from_seconds(6))]);
}
