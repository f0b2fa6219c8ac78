//! Who commits, for people who wonder who moved a registry.

use std::{env, fs, process};

/// Program, user, machine and process, as far as the system tells them.
#[must_use]
pub fn describe() -> String {
    let program = env::current_exe().ok();
    let program = program
        .as_deref()
        .and_then(|path| path.file_stem())
        .map(|name| name.to_string_lossy().into_owned());
    let user = env::var("USER").or_else(|_| env::var("LOGNAME"));
    let host = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| env::var("HOSTNAME"));
    format!(
        "{} ({}@{}, process {})",
        program.as_deref().unwrap_or("salver"),
        user.as_deref().unwrap_or("unknown"),
        host.as_deref().map_or("unknown", str::trim),
        process::id()
    )
}
