//! What compiles plugins, found or installed.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::{
    packages::{Packages, install},
    workspace::{cargo, find_program, run_command},
};

const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler that its standard library's source comes with: rustup's servers aren't in every network's reach.
const DEBIAN: Packages = Packages {
    what: "rustc for WebAssembly",
    apt: &["rustc-web", "rust-web-src"],
    dnf: &[],
    apk: &[],
    brew: &[],
};

/// Sees that plugins in Rust can be built, and installs what is missing.
pub(crate) fn ensure_rust() -> Result<()> {
    if is_ready() {
        return Ok(());
    }
    if find_program("rustup").is_some() {
        println!("    the target {TARGET} is missing: installing it with rustup");
        let added = run_command(Command::new("rustup").args(["target", "add", TARGET]));
        if added.is_ok() && is_ready() {
            return Ok(());
        }
    }
    if find_program("apt-get").is_some() {
        install(&DEBIAN)?;
    }
    // Names the commands where it still isn't there.
    run_command(&mut check())
}

fn is_ready() -> bool {
    let mut check = check();
    check.stdout(Stdio::null()).stderr(Stdio::null());
    check.status().is_ok_and(|status| status.success())
}

fn check() -> Command {
    let mut command = cargo();
    command.args([
        "run",
        "--quiet",
        "--package",
        "plugin-build",
        "--",
        "check",
        "rust",
    ]);
    command
}
