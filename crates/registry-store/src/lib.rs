//! Feast's registry document at a local path or an object-store URL: load, commit, watch.
//!
//! A registry is one file that several programs rewrite whole. [`RegistryStore::load`] tells which
//! [`Version`] of it was read; [`RegistryStore::commit`] replaces exactly that version or says who moved it.
//! [`RegistryStore::update`] reads again and tries again when the registry has moved. [`watch`] keeps the
//! latest good state at hand for the gateway.
//!
//! Salver's commits are atomic: nobody reads half of one, and of two at once one wins. Feast gives no such
//! promise: it rewrites a local file in place and takes no lock, and overwrites objects without looking.
//! Reads of a local file that is being rewritten are tried again; a commit looks once more right before it
//! replaces the file.
//!
//! [`PluginStore`] keeps the components of plugins beside the document, under the hash of their bytes.
//!
//! What this crate deliberately does not do: understand what the document says (see `feature-codec`), or
//! keep a history of it.

mod error;
mod local;
mod object;
mod plugins;
mod store;
mod version;
mod watch;
mod writer;

pub use error::{Error, UpdateError};
pub use local::FileLock;
pub use plugins::{MAX_ARTEFACT_BYTES, MAX_COMPONENT_BYTES, PluginStore, PluginStoreError};
pub use store::{Loaded, RegistryStore, WriteAccess};
pub use version::Version;
pub use watch::{RegistryView, watch};
pub use writer::describe as describe_writer;
