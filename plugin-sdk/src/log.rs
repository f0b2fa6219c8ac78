//! Lines for the gateway's log: all that a plugin can do besides computing.
//!
//! Each names the plugin by itself. Lines above the limit of a call are dropped, so log what is rare. In tests on the
//! host they go to the standard error.
//!
//! ```
//! plugin_sdk::log::warn("no rate for this country", &[("country", "QQ")]);
//! ```

use crate::bindings::salver::transform::log::Level;

/// A line of the gateway's level `debug`.
pub fn debug(message: &str, fields: &[(&str, &str)]) {
    write(Level::Debug, message, fields);
}

/// A line of the gateway's level `info`.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    write(Level::Info, message, fields);
}

/// A line of the gateway's level `warn`.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    write(Level::Warn, message, fields);
}

/// A line of the gateway's level `error`.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    write(Level::Error, message, fields);
}

#[cfg(target_family = "wasm")]
fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let fields: Vec<(String, String)> = fields.iter().map(owned).collect();
    crate::bindings::salver::transform::log::log(level, message, &fields);
}

#[cfg(not(target_family = "wasm"))]
#[allow(clippy::print_stderr, reason = "where tests expect it")]
fn write(level: Level, message: &str, fields: &[(&str, &str)]) {
    eprintln!("{level:?}: {message} {fields:?}");
}
