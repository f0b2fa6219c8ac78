//! The public interface: rules of all kinds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod matrix;
mod rules;
