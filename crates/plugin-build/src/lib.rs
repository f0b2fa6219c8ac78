//! Builds a folder of plugin source into a WebAssembly component: `cargo xtask plugins` and
//! `registry-admin plugin build` do it with this.
//!
//! [`Language::of`] tells a folder's language by the file that marks it; each language's module finds its toolchain,
//! runs it and hands back the component's bytes. A toolchain that isn't there is an error that names the command
//! which installs it: nothing is installed here, and nothing of the component is run.

use std::path::{Path, PathBuf};

mod command;
mod error;
mod javascript;
mod language;
mod python;
mod rust;
mod scratch;
pub mod sdk;

pub use error::BuildError;
pub use language::Language;

/// How a folder is built.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the toolchain keeps what it builds on the way; the toolchain's own place where none is given.
    pub work_dir: Option<PathBuf>,
    /// Keep the toolchain's progress to itself; what it says of errors is shown all the same.
    pub quiet: bool,
}

/// Builds the component of the plugin in `folder`.
///
/// # Errors
/// The folder has no plugin, its toolchain is missing, or the source doesn't build. See [`BuildError`].
pub fn build(folder: &Path, options: &Options) -> Result<Vec<u8>, BuildError> {
    match Language::of(folder)? {
        Language::Rust => rust::build(folder, options),
        Language::Python => python::build(folder),
        Language::JavaScript => javascript::build(folder, options),
    }
}

/// Whether all that builds plugins of this language is here.
///
/// # Errors
/// [`BuildError::MissingToolchain`], which names the command that installs it.
pub fn check_toolchain(language: Language) -> Result<(), BuildError> {
    match language {
        Language::Rust => rust::check_folder(Path::new(".")),
        Language::Python => python::check_folder(Path::new(".")),
        Language::JavaScript => javascript::check_folder(Path::new(".")),
    }
}

/// Whether all that builds the plugin in `folder` is here.
///
/// # Errors
/// [`BuildError::MissingToolchain`], which names the command that installs it; [`BuildError::NoPlugin`].
pub fn check_folder(folder: &Path) -> Result<(), BuildError> {
    match Language::of(folder)? {
        Language::Rust => rust::check_folder(folder),
        Language::Python => python::check_folder(folder),
        Language::JavaScript => javascript::check_folder(folder),
    }
}
