//! Plans of whole projects.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod projects;
mod properties;
