//! The records of `interface transforms`, as they come out of a guest.

use wasmtime::component::{ComponentType, Lift, Lower};

use crate::Batch;

/// Why a transform has no columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum Failure {
    /// The component has no transform of that name.
    #[component(name = "unknown-transform")]
    UnknownTransform,
    /// The parameters can't be used.
    #[component(name = "invalid-parameters")]
    InvalidParameters,
    /// A value can't be computed from.
    #[component(name = "invalid-input")]
    InvalidInput,
    /// Anything else.
    #[component(name = "failed")]
    Failed,
}

#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestComputed {
    pub(crate) names: Vec<String>,
    pub(crate) columns: Batch,
}

#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestError {
    pub(crate) failure: Failure,
    pub(crate) message: String,
    pub(crate) row: Option<u32>,
    pub(crate) column: Option<String>,
}

#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestDescription {
    pub(crate) documentation: String,
    pub(crate) inputs: Vec<GuestField>,
    pub(crate) outputs: Vec<GuestField>,
    pub(crate) deterministic: bool,
}

#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct GuestField {
    pub(crate) name: String,
    #[component(name = "data-type")]
    pub(crate) data_type: String,
    pub(crate) documentation: String,
}

#[derive(Clone, Copy, Debug, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "guests make them")]
pub(crate) enum Level {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}
