//! Feast's registry document (`feast.core.Registry`), read fast and changed without loss.
//!
//! There are two ways in. [`decode_snapshot`] reads the bytes into the model and forgets what it doesn't
//! know: the gateway does so at every change. [`RegistryDocument`] keeps the whole message, with every
//! field that this release doesn't know, and changes it as a [`Plan`](feature_model::plan::Plan) says.
//!
//! A plan is carried out by laying the definitions over what is stored: Feast's own fields that YAML can't
//! say stay as they are, and the copies that Feast keeps of sources and features follow their originals.
//! What Salver has to note about objects goes into one message of its own (`proto/salver/extension.proto`).
//!
//! What this module deliberately does not do: files, versions and races (see `registry-store`).

mod apply;
mod copies;
mod document;
mod dynamic;
mod extension;
mod field;
mod kind;
mod merge;
mod proto;
mod read;
mod references;
mod snapshot;
mod stamp;
mod stub;
mod write;

pub use apply::ApplyError;
pub use document::RegistryDocument;
pub use snapshot::decode_snapshot;
pub use stamp::{Stamp, read_stamp};
