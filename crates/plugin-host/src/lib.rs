//! Runs plugins: WebAssembly components that compute columns from columns and can see nothing else.

mod batch;

pub use batch::{
    Array, Batch, Blobs, Column, Lists, Maps, Mixed, ScalarMaps, StructMember, Structs, Values,
    ZonedTimestamps,
};
