use std::{fs, path::Path};

use offline_store::{ColumnData, write_parquet};
use tempfile::TempDir;

use super::check_sources;
use crate::definitions;

const DEFINITIONS: &str = "\
entities:
- {name: driver, join_key: driver_id, value_type: Int64}
data_sources:
- type: file
  name: stats
  path: data/stats.FORMAT
  timestamp_field: ts
feature_views:
- name: stats
  entities:
  - driver
  source: stats
  schema:
  - {name: trips, type: Int64}
  - {name: rate, type: Float32}
";

/// A repository whose definitions are right for the data that the tests write, but for `changes`.
fn repo(format: &str, changes: &[(&str, &str)]) -> TempDir {
    let repo = TempDir::new().unwrap();
    for folder in ["features", "data"] {
        fs::create_dir(repo.path().join(folder)).unwrap();
    }
    let mut text = DEFINITIONS.replace("FORMAT", format);
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(repo.path().join("features/stats.yaml"), text).unwrap();
    repo
}

/// What is told, without the folder of the repository.
async fn told(repo: &TempDir) -> String {
    let definitions = definitions::load(repo.path()).unwrap();
    let problems = check_sources(&definitions, repo.path()).await.sorted();
    problems
        .to_string()
        .replace(&format!("{}/", repo.path().display()), "")
}

fn write_stats(repo: &Path) {
    let columns = [
        ("driver_id", ColumnData::Int64(vec![1])),
        (
            "ts",
            ColumnData::Timestamp(vec!["2026-01-02".parse().unwrap()]),
        ),
        ("trips", ColumnData::Int64(vec![7])),
        ("rate", ColumnData::Float64(vec![0.5])),
        ("city", ColumnData::String(vec!["b".to_owned()])),
    ];
    write_parquet(&repo.join("data/stats.parquet"), &columns).unwrap();
}

async fn told_of_parquet(changes: &[(&str, &str)]) -> String {
    let repo = repo("parquet", changes);
    write_stats(repo.path());
    told(&repo).await
}

async fn told_of_csv(rows: &str, changes: &[(&str, &str)]) -> String {
    let repo = repo("csv", changes);
    let text = format!("driver_id,ts,trips,rate\n{rows}");
    fs::write(repo.path().join("data/stats.csv"), text).unwrap();
    told(&repo).await
}

#[tokio::test]
async fn definitions_that_are_right_for_the_data_pass() {
    assert_eq!(told_of_parquet(&[]).await, "");
}

#[tokio::test]
async fn a_column_that_the_source_lacks_is_told_with_the_line_of_the_definition() {
    let changes = [
        ("join_key: driver_id", "join_key: driver"),
        ("name: trips", "name: trip"),
        ("name: rate", "name: elsewhere"),
    ];
    insta::assert_snapshot!(told_of_parquet(&changes).await, @"
    features/stats.yaml:11: feature view `stats`: the source has no column `driver`
    features/stats.yaml:14: feature view `stats`: the source has no column `trip`; did you mean `trips`?
    features/stats.yaml:15: feature view `stats`: the source has no column `elsewhere`
    ");
}

#[tokio::test]
async fn a_timestamp_or_mapped_column_that_the_source_lacks_is_told() {
    let changes = [(
        "timestamp_field: ts",
        "timestamp_field: t\n  created_timestamp_column: trips\n  field_mapping: {cit: town}",
    )];
    insta::assert_snapshot!(told_of_parquet(&changes).await, @"
    features/stats.yaml:7: the source has no column `t`; did you mean `ts`?
    features/stats.yaml:8: column `trips` is Int64 in the source; timestamps are read from timestamps, dates and ISO 8601 text
    features/stats.yaml:9: the source has no column `cit`; did you mean `city`?
    ");
}

#[tokio::test]
async fn a_column_that_cannot_be_read_as_declared_is_told_with_its_line() {
    let changes = [
        ("driver_id, value_type: Int64", "city, value_type: Int64"),
        ("name: trips, type: Int64", "name: trips, type: Bytes"),
        ("name: rate, type: Float32", "name: rate, type: Bool"),
    ];
    insta::assert_snapshot!(told_of_parquet(&changes).await, @"
    features/stats.yaml:11: feature view `stats`: column `city` is Utf8 in the source and cannot be read as Int64
    features/stats.yaml:14: feature view `stats`: column `trips` is Int64 in the source and cannot be read as Bytes
    features/stats.yaml:15: feature view `stats`: column `rate` is Float64 in the source and cannot be read as Bool
    ");
}

#[tokio::test]
async fn a_source_without_a_file_is_told_at_its_path() {
    let repo = repo("parquet", &[]);
    let told = told(&repo).await;
    assert!(
        told.contains("features/stats.yaml:6: no file at `data/stats.parquet`"),
        "{told}"
    );
}

#[tokio::test]
async fn a_bad_value_of_a_csv_file_is_no_reason_to_refuse_its_column() {
    let rows = "1,2026-01-02,abc,0.5\n2,2026-01-02,7,many,more\n3,2026-01-02,8,0.5\n";
    assert_eq!(told_of_csv(rows, &[]).await, "");
    let changes = [
        ("type: Float32", "type: Array(Float32)"),
        ("timestamp_field: ts", "timestamp_field: driver_id"),
    ];
    insta::assert_snapshot!(told_of_csv(rows, &changes).await, @"
    features/stats.yaml:7: column `driver_id` is Int64 in the source; timestamps are read from timestamps, dates and ISO 8601 text
    features/stats.yaml:15: feature view `stats`: column `rate` is Float64 in the source and cannot be read as Array(Float32)
    ");
}
