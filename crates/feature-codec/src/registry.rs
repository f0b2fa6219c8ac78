//! Feast's registry document (`feast.core.Registry`), read fast and changed without loss.
//!
//! There are two ways in. [`decode_snapshot`] reads the bytes into the model and forgets what it doesn't
//! know: the gateway does so at every change.

mod extension;
mod field;
mod proto;
mod read;
mod snapshot;

pub use snapshot::decode_snapshot;
