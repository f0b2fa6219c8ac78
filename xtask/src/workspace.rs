//! Where things are, and how programs are run.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The folder of the workspace's manifest.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .expect("xtask is in the workspace's folder")
}

/// Where cargo builds, whoever said so: a file, the environment, or nobody.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let mut metadata = cargo();
    metadata.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let out = metadata.output().context("can't run `cargo metadata`")?;
    let told: serde_json::Value = serde_json::from_slice(&out.stdout)
        .with_context(|| format!("`cargo metadata`: {}", String::from_utf8_lossy(&out.stderr)))?;
    let target = told["target_directory"].as_str();
    Ok(PathBuf::from(
        target.context("cargo doesn't say where it builds")?,
    ))
}

/// The cargo that runs us, in the workspace's folder.
pub(crate) fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root());
    // What cargo tells this program about its package. Build scripts that look at such variables (ring's) would
    // run again, and all that depends on them be compiled again, by turns with a cargo started by hand.
    let about_xtask = |name: &OsStr| {
        let name = name.to_string_lossy();
        ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    for (name, _) in env::vars_os().filter(|(name, _)| about_xtask(name)) {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end, its output shown.
pub(crate) fn run_command(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command
        .status()
        .with_context(|| format!("can't run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs a command to its end; its output is shown only when it fails.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let out = command
        .output()
        .with_context(|| format!("can't run `{shown}`"))?;
    if !out.status.success() {
        let said = [out.stdout, out.stderr].concat();
        bail!(
            "`{shown}` failed ({}):\n{}",
            out.status,
            String::from_utf8_lossy(&said)
        );
    }
    Ok(())
}

/// A command as one would type it.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// The file of a program that is in PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Tells what comes next, and how long it took when it is done.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n==> {title}");
    let start = Instant::now();
    let done = work()?;
    println!("    done in {}", seconds(start.elapsed()));
    Ok(done)
}

/// `3.4 s`, `2 min 05 s`
pub(crate) fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    match whole {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}
