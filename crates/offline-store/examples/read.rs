//! Reads the latest rows of a file that `generate` made, and says how long it took.
//!
//! `read PATH [FEATURES]`
#![allow(clippy::print_stderr, reason = "it talks to a person")]

use std::collections::BTreeMap;
use std::time::Instant;

use feature_model::{DataType, Field, FileFormat, FileSource, Timestamp};
use futures::StreamExt as _;
use offline_store::{LatestRowsRequest, latest_rows};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .ok_or("the first argument is the path of a file")?;
    let features: u32 = arguments.next().map_or(Ok(50), |count| count.parse())?;
    let request = LatestRowsRequest {
        source: FileSource {
            path,
            format: FileFormat::Parquet,
            timestamp_field: "event_timestamp".to_owned(),
            created_timestamp_column: Some("created".to_owned()),
            field_mapping: BTreeMap::new(),
            s3_endpoint_override: None,
        },
        base_dir: std::env::current_dir()?,
        join_keys: vec![Field::new("entity_id", DataType::Int64)],
        features: (0..features)
            .map(|n| Field::new(format!("f{n}"), DataType::Float64))
            .collect(),
        start: Timestamp::EPOCH,
        end: Timestamp::now(),
        memory_limit_bytes: LatestRowsRequest::DEFAULT_MEMORY_LIMIT_BYTES,
        batch_rows: LatestRowsRequest::DEFAULT_BATCH_ROWS,
        sort_key: None,
    };
    let begin = Instant::now();
    let mut rows = latest_rows(request).await?;
    let (mut count, mut first) = (0, None);
    while let Some(batch) = rows.next().await {
        first.get_or_insert_with(|| begin.elapsed());
        count += batch?.len();
    }
    let progress = rows.progress();
    eprintln!(
        "{} rows scanned, first batch after {:?}, {count} rows after {:?}",
        progress.rows_scanned(),
        first.unwrap_or_default(),
        begin.elapsed()
    );
    Ok(())
}
