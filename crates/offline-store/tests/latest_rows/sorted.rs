use std::sync::Arc;

use arrow::array::{Int64Array, StringArray, TimestampSecondArray};
use feature_model::{DataType, Field, FileFormat, Value};
use offline_store::{LatestRowsRequest, SortKey};
use tempfile::TempDir;

use crate::support::{all, int, request, row, source, write, write_columns};

/// By the last digit, then the first.
fn by_last_digit(request: &mut LatestRowsRequest) {
    request.sort_key = Some(SortKey::new(|key| {
        let id = int(key[0]);
        vec![(id % 10) as u8, (id / 10) as u8]
    }));
}

fn ids(found: &offline_store::RowBatch) -> Vec<i64> {
    found.join_keys[0].iter().map(int).collect()
}

#[tokio::test]
async fn rows_of_several_files_come_in_the_order_of_the_sort_key_with_what_belongs_to_them() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let first = [
        row(31, 10, 1, 310),
        row(12, 20, 2, 120),
        row(11, 30, 3, 110),
    ];
    let second = [row(22, 40, 4, 220), row(21, 50, 5, 210), row(12, 10, 6, 0)];
    write(&data.join("a.parquet"), &first, 2);
    write(&data.join("b.parquet"), &second, 10);
    let mut request = request(&dir, source("data", FileFormat::Parquet));
    by_last_digit(&mut request);
    let found = all(request).await.unwrap();
    assert_eq!(ids(&found), [11, 21, 31, 12, 22]);
    let values: Vec<i64> = found.columns[0].iter().map(int).collect();
    assert_eq!(values, [110, 210, 310, 120, 220]);
    let at: Vec<i64> = found
        .event_timestamps
        .iter()
        .map(|at| at.seconds())
        .collect();
    assert_eq!(at, [30, 50, 10, 20, 40]);
    let created = found.created_timestamps.iter();
    let created: Vec<i64> = created.map(|at| at.unwrap().seconds()).collect();
    assert_eq!(created, [3, 5, 1, 2, 4]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_told_of_with_its_own_file_and_number() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let too_large = 3_000_000_000;
    write(
        &data.join("a.parquet"),
        &[row(9, 10, 0, 1), row(12, 10, 0, too_large)],
        10,
    );
    write(
        &data.join("b.parquet"),
        &[row(8, 10, 0, 2), row(7, 10, 0, 3), row(1, 10, 0, too_large)],
        10,
    );
    let mut request = request(&dir, source("data", FileFormat::Parquet));
    request.features = vec![Field::new("f", DataType::Int32)];
    by_last_digit(&mut request);
    let found = all(request).await.unwrap();
    assert_eq!(ids(&found), [7, 8, 9]);
    let told = found.rejected.iter().map(|row| {
        let name = row.file.rsplit('/').next().unwrap_or_default();
        format!("{name} {} {}", row.row, row.key)
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["b.parquet 2 id=1", "a.parquet 1 id=12"]
    );
}

/// Columns of different types can't lie in one run: each kind of file is sorted for itself.
#[tokio::test]
async fn files_of_different_schemas_are_all_read() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    write(
        &data.join("a.parquet"),
        &[row(12, 10, 0, 1), row(11, 10, 0, 2)],
        10,
    );
    write_columns(
        &data.join("b.parquet"),
        10,
        vec![
            ("id", Arc::new(Int64Array::from(vec![32, 21]))),
            (
                "event_timestamp",
                Arc::new(TimestampSecondArray::from(vec![5, 5])),
            ),
            ("created", Arc::new(TimestampSecondArray::from(vec![5, 5]))),
            ("f", Arc::new(StringArray::from(vec!["3", "4"]))),
        ],
    );
    let mut request = request(&dir, source("data", FileFormat::Parquet));
    request.features = vec![Field::new("f", DataType::String)];
    by_last_digit(&mut request);
    let found = all(request).await.unwrap();
    assert_eq!(ids(&found), [11, 12, 21, 32]);
    assert_eq!(
        found.columns[0],
        ["2", "1", "4", "3"].map(|text| Value::String(text.to_owned()))
    );
}
