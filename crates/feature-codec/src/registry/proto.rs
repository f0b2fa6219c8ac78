//! The messages of `proto/`, as prost makes them.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::all,
    reason = "generated code; the fields are Feast's own"
)]

pub mod feast {
    pub mod core {
        include!(concat!(env!("OUT_DIR"), "/feast.core.rs"));
    }
    pub mod types {
        include!(concat!(env!("OUT_DIR"), "/feast.types.rs"));
    }
}

pub mod salver {
    pub mod registry {
        include!(concat!(env!("OUT_DIR"), "/salver.registry.rs"));
    }
}
