use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
use feature_model::{DataType, Field, FileFormat, FileSource, Timestamp, Value};
use futures::StreamExt as _;
use offline_store::{Error, LatestRowsRequest, RowBatch, latest_rows};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

pub(crate) fn source(path: &str, format: FileFormat) -> FileSource {
    FileSource {
        path: path.to_owned(),
        format,
        timestamp_field: "event_timestamp".to_owned(),
        created_timestamp_column: Some("created".to_owned()),
        field_mapping: BTreeMap::new(),
        s3_endpoint_override: None,
    }
}

pub(crate) fn request(dir: &TempDir, source: FileSource) -> LatestRowsRequest {
    LatestRowsRequest {
        source,
        base_dir: dir.path().to_owned(),
        join_keys: vec![Field::new("id", DataType::Int64)],
        features: vec![Field::new("f", DataType::Int64)],
        start: Timestamp::from_seconds(0),
        end: Timestamp::from_seconds(1_000_000),
        memory_limit_bytes: LatestRowsRequest::DEFAULT_MEMORY_LIMIT_BYTES,
        batch_rows: 3,
        sort_key: None,
    }
}

pub(crate) async fn all(request: LatestRowsRequest) -> Result<RowBatch, Error> {
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

pub(crate) fn extend(all: &mut Vec<Vec<Value>>, more: Vec<Vec<Value>>) {
    all.resize(all.len().max(more.len()), Vec::new());
    for (column, more) in all.iter_mut().zip(more) {
        column.extend(more);
    }
}

/// `id -> f` of all rows.
pub(crate) async fn latest(request: LatestRowsRequest) -> BTreeMap<i64, i64> {
    let rows = all(request).await.unwrap();
    assert_eq!(rows.rejected, []);
    pairs(&rows)
}

pub(crate) fn pairs(rows: &RowBatch) -> BTreeMap<i64, i64> {
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

/// Number, keys and reason of all rejected rows.
pub(crate) fn told(rows: &RowBatch) -> Vec<String> {
    let rejected = rows.rejected.iter();
    let mut told: Vec<String> = rejected
        .map(|row| format!("{} {}: {}", row.row, row.key, row.reason))
        .collect();
    told.sort();
    assert_eq!(rows.rejected_count, told.len() as u64);
    told
}

pub(crate) fn int(value: &Value) -> i64 {
    match value {
        Value::Int64(value) => *value,
        other => panic!("{other:?}"),
    }
}

pub(crate) type Row = (Option<i64>, Option<i64>, Option<i64>, i64);

/// Columns id, event_timestamp (seconds in microseconds), created (likewise) and f.
pub(crate) fn write(path: &Path, rows: &[Row], rows_in_group: usize) {
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

pub(crate) fn write_columns(path: &Path, rows_in_group: usize, columns: Vec<(&str, ArrayRef)>) {
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

pub(crate) fn row(id: i64, at: i64, created: i64, f: i64) -> Row {
    (Some(id), Some(at), Some(created), f)
}

pub(crate) fn map<const N: usize>(pairs: [(i64, i64); N]) -> BTreeMap<i64, i64> {
    pairs.into()
}
