//! Plugins in Rust: cargo builds a core module for wasm32-unknown-unknown, and wit-component makes a component of it.
//!
//! A module of that target can't even name WASI, so what comes out imports what `plugin.wit` imports and nothing else.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use wit_component::ComponentEncoder;

use crate::{BuildError, Options, command};

use toolchain::{TARGET, Toolchain};

mod toolchain;

pub(crate) fn check_folder(folder: &Path) -> Result<(), BuildError> {
    Toolchain::find(folder).map(drop)
}

/// The component of the cargo package in `folder`.
pub(crate) fn build(folder: &Path, options: &Options) -> Result<Vec<u8>, BuildError> {
    let folder = &fs::canonicalize(folder).map_err(|source| file_error(folder, source))?;
    let toolchain = Toolchain::find(folder)?;
    let mut cargo = cargo_build(folder, &toolchain, options)?;
    let messages = command::run(&mut cargo, options.quiet)?;
    let not_a_plugin = |reason: String| BuildError::NotAPlugin {
        folder: folder.clone(),
        reason,
    };
    let file = built_module(&messages, folder).ok_or_else(|| {
        not_a_plugin("it has no library of `crate-type = [\"cdylib\", \"rlib\"]`".to_owned())
    })?;
    let module = fs::read(&file).map_err(|source| file_error(&file, source))?;
    encode(&module).map_err(not_a_plugin)
}

/// The component around a core module that wit-bindgen left its world in.
fn encode(module: &[u8]) -> Result<Vec<u8>, String> {
    let no_export = "; is there a `plugin_sdk::export!(..)`?";
    ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| format!("{error:#}{no_export}"))
}

fn cargo_build(
    folder: &Path,
    toolchain: &Toolchain,
    options: &Options,
) -> Result<Command, BuildError> {
    let mut cargo = cargo();
    cargo
        .args(["build", "--release", "--lib", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        .current_dir(folder);
    if let Some(work_dir) = &options.work_dir {
        cargo.arg("--target-dir").arg(work_dir);
    }
    if options.quiet {
        cargo.arg("--quiet");
    }
    for (name, value) in PROFILE {
        cargo.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    toolchain.apply(&mut cargo);
    let flags = rustflags(&workspace_root(folder)?, toolchain);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    Ok(cargo)
}

/// Small, fast and without the builder's paths, whatever the package's own profile says.
const PROFILE: [(&str, &str); 6] = [
    ("OPT_LEVEL", "3"),
    ("LTO", "fat"),
    ("CODEGEN_UNITS", "1"),
    ("PANIC", "abort"),
    ("STRIP", "symbols"),
    ("DEBUG", "false"),
];

fn rustflags(workspace_root: &Path, toolchain: &Toolchain) -> Vec<String> {
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
    // The last that fits wins.
    flags.push(remap(&cargo_home(), "cargo"));
    let registries = registries();
    flags.extend(registries.iter().map(|sources| remap(sources, "registry")));
    flags.push(remap(workspace_root, "."));
    if let Some(sysroot) = toolchain.sysroot() {
        flags.push(remap(&sysroot, "rust"));
    }
    flags
}

fn cargo_home() -> PathBuf {
    let home = || env::home_dir().unwrap_or_default().join(".cargo");
    env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// Where cargo keeps the sources of dependencies: a folder for each registry, named by its host.
fn registries() -> Vec<PathBuf> {
    let folders = fs::read_dir(cargo_home().join("registry/src"));
    let entries = folders.into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    // In no order: flags in another are a build anew.
    folders.sort();
    folders
}

/// Where cargo runs rustc in, and what paths in the binary begin with.
fn workspace_root(folder: &Path) -> Result<PathBuf, BuildError> {
    let mut locate = cargo();
    locate
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"));
    let manifest = command::run(&mut locate, true)?;
    let manifest = PathBuf::from(String::from_utf8_lossy(&manifest).trim());
    Ok(manifest.parent().unwrap_or(folder).to_owned())
}

/// The cargo that runs us, or the one in PATH, without what it tells a program of its own package: build scripts
/// that look at such variables would run again each time.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// The `.wasm` that cargo made of the package in `folder`, out of its messages.
fn built_module(messages: &[u8], folder: &Path) -> Option<PathBuf> {
    let manifest = folder.join("Cargo.toml");
    let messages = messages.split(|byte| *byte == b'\n');
    let artifacts = messages
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["manifest_path"].as_str().map(Path::new) == Some(&*manifest));
    let mut files = artifacts.flat_map(|artifact| match &artifact["filenames"] {
        serde_json::Value::Array(files) => files.clone(),
        _ => Vec::new(),
    });
    let wasm = files.find(|file| file.as_str().is_some_and(|file| file.ends_with(".wasm")))?;
    wasm.as_str().map(PathBuf::from)
}

fn file_error(path: &Path, source: std::io::Error) -> BuildError {
    BuildError::File {
        path: path.to_owned(),
        source,
    }
}
