//! The latest row of each entity, from real files.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod csv;
mod random;
mod rows;
mod sorted;
mod sources;
mod support;
