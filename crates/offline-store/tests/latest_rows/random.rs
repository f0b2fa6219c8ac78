use std::collections::BTreeMap;

use feature_model::{DataType, Field, FileFormat, Timestamp};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::*;

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
