//! The two stores: what they have in common (`conformance`, run by both) and what each adds.
//!
//! Redis is a real server, started for each test on a free port, or a cluster of six; SQLite is a file in a temporary folder.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that can't go on fails its test"
)]

mod cached;
mod cluster;
mod conformance;
mod redis;
mod redis_cluster;
mod redis_server;
mod rows;
mod sqlite;
mod store;
