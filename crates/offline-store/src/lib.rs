//! Reads the files behind feature views: which columns they have, and the latest row of each entity.
//!
//! Data goes through in two readings ([`latest_rows`]): DataFusion scans keys and times (time filter and
//! columns pushed down into the scan of Parquet; CSV is cut into records here, so that a damaged one spoils
//! only itself), groups them by entity and sorts the winners' row numbers, spilling to disk what outgrows
//! its memory; then just those rows are decoded, page by page, sorted in runs where the store wants that, and
//! converted to [`feature_model::Value`]s as Feast's own conversion would store them, or rejected where that
//! would lose something. Batches go out through a short bounded channel, so a slow store slows the reading and
//! nothing piles up.
//!
//! What this crate deliberately does not do: SQL, joins, stores, bytes (see `feature-codec`).

mod arrange;
mod batch;
mod cell;
mod columns;
mod convert;
mod csv;
mod decide;
mod error;
mod fetch;
mod footer;
mod keys;
mod latest;
mod location;
mod newest_row;
mod output;
mod python_text;
mod ranges;
mod reading;
mod scan;
mod source_schema;
mod window;
mod winners;
mod write;

pub use arrange::SortKey;
pub use batch::{RejectedRow, RowBatch, ScanProgress};
pub use error::Error;
pub use latest::{LatestRows, LatestRowsRequest, latest_rows};
pub use source_schema::{SourceSchema, schema};
pub use write::{ColumnData, write_parquet};
