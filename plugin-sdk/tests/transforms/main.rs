//! Transforms as the gateway calls them, on the host.
#![allow(clippy::unwrap_used, missing_docs)]

mod batches;
mod columns;
mod describe;
mod rows;
mod types;
