//! Runs plugins: WebAssembly components that compute columns from columns and can see nothing else.
//!
//! A [`Host`] compiles the bytes of a component, or loads an artefact that a trusted key has signed, into a
//! [`Component`]. A view of a project calls one transform of it through its own [`Plugin`], which keeps a few warm
//! instances: values go in through a [`BatchBuilder`], cross as a [`Batch`] and come out through a [`BatchReader`].
//! Every call has a deadline and limits on memory, output, stack and log lines ([`Limits`]); everything that a guest
//! returns is held to its own description before anybody reads it. A call that misbehaves costs its instance and
//! nothing else; a plugin that keeps misbehaving isn't called for a while.
//!
//! What this crate deliberately does not do: fetch components or definitions, choose what a client sees of an error,
//! or give a guest anything of the machine. The interface is `wit/v1/transform.wit`.

mod artefact;
mod batch;
mod batch_check;
mod breaker;
mod cache;
mod component;
mod convert;
mod cores;
mod description;
mod engine;
mod error;
mod guest;
mod host;
mod inspect;
mod instance;
mod key;
mod limits;
mod link;
mod log;
mod native;
mod pace;
mod plugin;
mod pool;
mod sample;
mod split_mix;
mod state;
mod target;
mod wasi;

pub use artefact::Artefact;
pub use batch::{
    Array, Batch, Blobs, Lists, Maps, Mixed, ScalarMaps, StructMember, Structs, Values,
    ZonedTimestamps,
};
pub use batch_check::BadBatch;
pub use component::Component;
pub use convert::{BatchBuilder, BatchReader, ConvertError};
pub use description::{Description, Field};
pub use error::{ArtefactError, CallError, HostError, LoadError};
pub use guest::Failure;
pub use host::{BackOff, Host, HostOptions};
pub use inspect::Inspection;
pub use key::{KeyError, PublicKey, SigningKey};
pub use limits::Limits;
pub use plugin::{Called, Place, Plugin, PluginOptions};
pub use sample::{SAMPLE_LIST_LENGTH, sample_inputs};
pub use target::{ParseTargetError, Target};
