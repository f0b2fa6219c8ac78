//! The plugins of a project: which on-demand view is computed by what, kept up to date in the background.
//!
//! A request takes the [`PluginTable`] once, beside its registry snapshot. What a table holds is compiled, checked
//! and tried; nothing is compiled on a request.

mod keeper;
mod options;
mod served;
mod table;
mod terms;
mod wanted;
mod wiring;
mod workshop;

pub use keeper::Keeper;
pub use options::host_options;
pub use served::{ServedPlugin, UnfitPlugin};
pub use table::{PluginTable, Slot, Trouble};
pub use terms::Terms;
pub use wanted::Wanted;
pub use wiring::{WiredInput, Wiring, WiringError};
pub use workshop::{Fetched, Workshop};

#[cfg(test)]
mod tests;
