//! The two places that wasmtime calls unsafe: loading machine code, and naming features of a processor.
//!
//! Machine code runs without any sandbox, so [`load`] takes only [`Verified`] bytes. There are three ways to get
//! them, all in this crate: a compilation by this process, a file of the local cache whose MAC was checked, and an
//! artefact whose signature by a trusted key was checked.
#![allow(unsafe_code, reason = "see the module's documentation")]

use wasmtime::{Config, Engine, component::Component};

/// Bytes of machine code of which it is known that this wasmtime, or one that is trusted, has written them.
pub(crate) struct Verified<'b>(&'b [u8]);

impl<'b> Verified<'b> {
    /// For bytes that were just now checked, or that this process has made itself. Nothing else.
    pub(crate) fn new(checked: &'b [u8]) -> Self {
        Self(checked)
    }
}

/// Loads a compiled component. wasmtime checks that its settings and processor features fit the engine.
pub(crate) fn load(engine: &Engine, code: &Verified<'_>) -> wasmtime::Result<Component> {
    // SAFETY: `Verified` says that wasmtime has written these bytes and that nobody has changed them.
    unsafe { Component::deserialize(engine, code.0) }
}

/// Lets the compiler use features that every processor of a target has.
pub(crate) fn enable_processor_features(config: &mut Config, features: &[&str]) {
    for feature in features {
        // SAFETY: code that is made so is only loaded where wasmtime finds the same features on the processor.
        unsafe { config.cranelift_flag_enable(feature) };
    }
}
