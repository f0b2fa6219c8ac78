//! The latest row of each entity, from real files.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use feature_model::{DataType, Field, FileFormat, FileSource, Timestamp, Value};
use futures::StreamExt as _;
use offline_store::{Error, LatestRowsRequest, RowBatch, latest_rows};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

fn source(path: &str, format: FileFormat) -> FileSource {
    FileSource {
        path: path.to_owned(),
        format,
        timestamp_field: "event_timestamp".to_owned(),
        created_timestamp_column: Some("created".to_owned()),
        field_mapping: BTreeMap::new(),
        s3_endpoint_override: None,
    }
}

fn request(dir: &TempDir, source: FileSource) -> LatestRowsRequest {
    LatestRowsRequest {
        source,
        base_dir: dir.path().to_owned(),
        join_keys: vec![Field::new("id", DataType::Int64)],
        features: vec![Field::new("f", DataType::Int64)],
        start: Timestamp::from_seconds(0),
        end: Timestamp::from_seconds(1_000_000),
        memory_limit_bytes: LatestRowsRequest::DEFAULT_MEMORY_LIMIT_BYTES,
        batch_rows: 3,
    }
}

async fn all(request: LatestRowsRequest) -> Result<RowBatch, Error> {
    let mut rows = latest_rows(request).await?;
    let mut all = RowBatch::default();
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        assert!(batch.len() <= 3);
        extend(&mut all.join_keys, batch.join_keys);
        extend(&mut all.columns, batch.columns);
        all.event_timestamps.extend(batch.event_timestamps);
        all.created_timestamps.extend(batch.created_timestamps);
        all.rejected.extend(batch.rejected);
        all.rejected_count += batch.rejected_count;
    }
    Ok(all)
}

fn extend(all: &mut Vec<Vec<Value>>, more: Vec<Vec<Value>>) {
    all.resize(all.len().max(more.len()), Vec::new());
    for (column, more) in all.iter_mut().zip(more) {
        column.extend(more);
    }
}

/// `id -> f` of all rows.
async fn latest(request: LatestRowsRequest) -> BTreeMap<i64, i64> {
    let rows = all(request).await.unwrap();
    assert_eq!(rows.rejected, []);
    pairs(&rows)
}

fn pairs(rows: &RowBatch) -> BTreeMap<i64, i64> {
    let Some(keys) = rows.join_keys.first() else {
        return BTreeMap::new();
    };
    let pairs = keys.iter().zip(&rows.columns[0]);
    let pairs: Vec<(i64, i64)> = pairs.map(|(key, value)| (int(key), int(value))).collect();
    let distinct: BTreeMap<i64, i64> = pairs.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        pairs.len(),
        "an entity came twice: {pairs:?}"
    );
    distinct
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int64(value) => *value,
        other => panic!("{other:?}"),
    }
}

type Row = (Option<i64>, Option<i64>, Option<i64>, i64);

/// Columns id, event_timestamp (seconds in microseconds), created (likewise) and f.
fn write(path: &Path, rows: &[Row], rows_in_group: usize) {
    let micros = |seconds: Option<i64>| seconds.map(|s| s * 1_000_000);
    let at = TimestampMicrosecondArray::from_iter(rows.iter().map(|row| micros(row.1)));
    let created = TimestampMicrosecondArray::from_iter(rows.iter().map(|row| micros(row.2)));
    write_columns(
        path,
        rows_in_group,
        vec![
            (
                "id",
                Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.0))),
            ),
            ("event_timestamp", Arc::new(at.with_timezone("UTC"))),
            ("created", Arc::new(created.with_timezone("UTC"))),
            (
                "f",
                Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.3))),
            ),
        ],
    );
}

fn write_columns(path: &Path, rows_in_group: usize, columns: Vec<(&str, ArrayRef)>) {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_in_group))
        .set_data_page_row_count_limit(rows_in_group.div_ceil(3))
        .set_write_batch_size(1)
        .set_compression(Compression::SNAPPY)
        .build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn row(id: i64, at: i64, created: i64, f: i64) -> Row {
    (Some(id), Some(at), Some(created), f)
}

fn map<const N: usize>(pairs: [(i64, i64); N]) -> BTreeMap<i64, i64> {
    pairs.into()
}

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
    let mut told: Vec<String> = found
        .rejected
        .iter()
        .map(|row| format!("{} {}: {}", row.row, row.key, row.reason))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "0 id=1: `f`: 3000000000 is out of range of Int32",
            "1 id=null: `id`: the join key is null",
            "2 id=3: `event_timestamp`: the event timestamp is null",
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
async fn csv_is_read_by_the_declared_types_and_an_odd_value_spoils_only_its_row() {
    let dir = TempDir::new().unwrap();
    let text = "id,event_timestamp,created,f,note\n\
        1,2026-01-02T00:00:00Z,,5,\"a, b\"\n\
        2,2026-01-02 03:00:00+00:00,2026-01-02T00:00:00Z,6,\n\
        1,2026-01-02 00:00:01,,7,\"line\nbreak\"\n\
        3,2026-01-02,,many,x\n\
        4,soon,,8,x\n\
        5,2026-01-02,,9\n";
    std::fs::write(dir.path().join("stats.csv"), text).unwrap();
    let mut request = request(&dir, source("stats.csv", FileFormat::Csv));
    request.end = "2026-02-01".parse().unwrap();
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
    assert_eq!(found.rejected_count, 2);
    let mut told: Vec<&str> = found
        .rejected
        .iter()
        .map(|row| row.reason.as_str())
        .collect();
    told.sort_unstable();
    assert_eq!(told[1], "`f`: `many` is no integer");
    assert!(told[0].starts_with("`event_timestamp`: `soon` is no date and time"));
}

#[tokio::test]
async fn a_folder_is_read_with_all_below_it_but_what_is_hidden() {
    let dir = tempfile::Builder::new()
        .prefix("[repo]*")
        .tempdir()
        .unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(data.join("deep")).unwrap();
    std::fs::create_dir_all(data.join("_temporary")).unwrap();
    write(
        &data.join("a.parquet"),
        &[row(1, 10, 0, 1), row(2, 10, 0, 2)],
        10,
    );
    write(
        &data.join("deep/b.parquet"),
        &[row(2, 11, 0, 3), row(1, 9, 0, 4)],
        10,
    );
    write(&data.join("_temporary/c.parquet"), &[row(1, 99, 0, 5)], 10);
    write(&data.join(".d.parquet"), &[row(1, 99, 0, 6)], 10);
    std::fs::write(data.join("_SUCCESS"), "").unwrap();
    std::fs::write(data.join("readme.txt"), "no parquet").unwrap();
    let parquet = |path| request(&dir, source(path, FileFormat::Parquet));
    assert_eq!(latest(parquet("data")).await, map([(1, 1), (2, 3)]));
    assert_eq!(
        latest(parquet("data/*.parquet")).await,
        map([(1, 1), (2, 2)])
    );
    let absolute = format!("file://{}/data/deep/b.parquet", dir.path().display());
    assert_eq!(latest(parquet(&absolute)).await, map([(1, 4), (2, 3)]));
}

#[tokio::test]
async fn a_feature_that_an_older_file_lacks_is_null_there() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    write(&data.join("new.parquet"), &[row(1, 10, 0, 1)], 10);
    write_columns(
        &data.join("old.parquet"),
        10,
        vec![
            ("id", Arc::new(Int64Array::from(vec![2]))),
            (
                "event_timestamp",
                Arc::new(TimestampSecondArray::from(vec![5])),
            ),
            ("created", Arc::new(TimestampSecondArray::from(vec![5]))),
        ],
    );
    let found = all(request(&dir, source("data", FileFormat::Parquet)))
        .await
        .unwrap();
    assert_eq!(found.columns, [[Value::Int64(1), Value::Null]]);
}

#[tokio::test]
async fn errors_say_what_would_be_right() {
    let dir = TempDir::new().unwrap();
    write(&dir.path().join("stats.parquet"), &[row(1, 10, 0, 1)], 10);
    std::fs::write(dir.path().join("text.parquet"), "this is not parquet").unwrap();
    let error = |request| async { latest_rows(request).await.unwrap_err().to_string() };
    let parquet = |path| request(&dir, source(path, FileFormat::Parquet));
    let told = error(parquet("nothing.parquet")).await;
    assert!(
        told.contains("there is neither a file nor a folder"),
        "{told}"
    );
    let told = error(parquet("text.parquet")).await;
    assert!(told.contains("cannot be read as Parquet"), "{told}");
    let mut other = parquet("stats.parquet");
    other.features = vec![Field::new("g", DataType::Int64)];
    let told = error(other).await;
    assert!(
        told.ends_with(
            "has no column `g`; its columns are `id`, `event_timestamp`, `created`, `f`"
        ),
        "{told}"
    );
    let mut other = parquet("stats.parquet");
    other.features = vec![Field::new("f", "Array(Int64)".parse().unwrap())];
    let told = error(other).await;
    assert!(
        told.ends_with("cannot be read: it is Int64 in the file, which is no Array(Int64)"),
        "{told}"
    );
    let mut other = parquet("stats.parquet");
    other.source.timestamp_field = "f".to_owned();
    assert!(error(other).await.contains("which is no UnixTimestamp"));
    let mut other = parquet("stats.parquet");
    other.join_keys = vec![Field::new("id", DataType::Float64)];
    assert!(
        error(other)
            .await
            .contains("join keys are String, Bytes, Int32")
    );
    let told = error(parquet("ftp://host/stats.parquet")).await;
    assert!(told.contains("cannot be opened"), "{told}");
}

#[tokio::test]
async fn damage_in_a_file_is_an_error_and_not_the_end_of_the_rows() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("stats.parquet");
    let rows: Vec<Row> = (0..5000).map(|n| row(n, n, 0, n)).collect();
    write(&path, &rows, 1000);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle - 2000..middle] {
        *byte = 0xff;
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(
        all(request(&dir, source("stats.parquet", FileFormat::Parquet)))
            .await
            .is_err()
    );
}

mod random {
    use proptest::prelude::*;

    use super::*;

    fn naive(rows: &[Row], start: i64, end: i64) -> BTreeMap<i64, i64> {
        let mut best: BTreeMap<i64, (i64, Option<i64>, i64)> = BTreeMap::new();
        for (id, at, created, f) in rows {
            let (Some(id), Some(at)) = (id, at) else {
                continue;
            };
            if *at < start || *at > end {
                continue;
            }
            let better = best
                .get(id)
                .is_none_or(|(known, made, _)| (*at, *created) > (*known, *made));
            if better {
                best.insert(*id, (*at, *created, *f));
            }
        }
        best.into_iter().map(|(id, (_, _, f))| (id, f)).collect()
    }

    fn rows() -> impl Strategy<Value = Vec<Row>> {
        let row = (
            prop::option::weighted(0.95, 0..40_i64),
            prop::option::weighted(0.95, 0..12_i64),
            prop::option::weighted(0.7, 0..4_i64),
        );
        prop::collection::vec(row, 0..400).prop_map(|rows| {
            let numbered = rows.into_iter().zip(0..);
            numbered
                .map(|((id, at, created), f)| (id, at, created, f))
                .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_rows_are_those_of_a_naive_model(
            rows in rows(),
            cut in 0..400_usize,
            rows_in_group in 1..100_usize,
            start in 0..12_i64,
            length in 0..12_i64,
        ) {
            let dir = TempDir::new().unwrap();
            let data = dir.path().join("data");
            std::fs::create_dir_all(&data).unwrap();
            let (first, second) = rows.split_at(cut.min(rows.len()));
            write(&data.join("1.parquet"), first, rows_in_group);
            write(&data.join("2.parquet"), second, rows_in_group);
            let mut request = request(&dir, source("data", FileFormat::Parquet));
            request.start = Timestamp::from_seconds(start);
            request.end = Timestamp::from_seconds(start + length);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let found = runtime.block_on(all(request)).unwrap();
            prop_assert_eq!(pairs(&found), naive(&rows, start, start + length));
            let bad = rows.iter().filter(|(id, at, _, _)| match at {
                None => true,
                Some(at) => id.is_none() && (start..=start + length).contains(at),
            });
            prop_assert_eq!(found.rejected_count, bad.count() as u64);
        }
    }

    #[tokio::test]
    async fn what_outgrows_the_memory_is_spilled_and_the_rows_are_the_same() {
        let dir = TempDir::new().unwrap();
        let mut seed = 1_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from((seed >> 33) % below).unwrap()
        };
        let rows: Vec<Row> = (0..300_000)
            .map(|f| row(random(150_000), random(1000), random(5), f))
            .collect();
        write(&dir.path().join("stats.parquet"), &rows, 50_000);
        let mut request = request(&dir, source("stats.parquet", FileFormat::Parquet));
        request.memory_limit_bytes = 4 * 1024 * 1024;
        request.features.push(Field::new("id", DataType::Float64));
        assert_eq!(latest(request).await, naive(&rows, 0, 1000));
    }
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
