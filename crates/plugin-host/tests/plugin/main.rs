//! Real components in a real host.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic too")]

mod artefacts;
mod every_type;
mod fixture;
mod honest;
mod hostile;
mod isolation;
mod load;
mod log;
mod refused;
