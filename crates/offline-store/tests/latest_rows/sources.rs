use std::sync::Arc;

use arrow::array::*;
use feature_model::{DataType, Field, FileFormat, Value};
use offline_store::latest_rows;
use tempfile::TempDir;

use crate::support::*;

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
