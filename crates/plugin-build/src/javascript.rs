//! Plugins in JavaScript and TypeScript: esbuild makes one file of the modules, componentize-js puts it into its engine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    BuildError, Language, Options, command,
    scratch::{Scratch, file_error, in_path, named},
    sdk,
};

/// Where the toolchain is, if it is neither in the folder nor in one above it.
const VARIABLE: &str = "SALVER_NODE_MODULES";
const PACKAGES: [&str; 2] = ["@bytecodealliance/componentize-js", "esbuild"];
const PLUGINS: [&str; 3] = ["plugin.ts", "plugin.js", "plugin.mjs"];

pub(crate) fn check_folder(folder: &Path) -> Result<(), BuildError> {
    let folder = &fs::canonicalize(folder).map_err(|source| file_error(folder, source))?;
    node(folder)?;
    modules(folder).map(drop)
}

/// The component of `plugin.js` or `plugin.ts` in `folder`.
pub(crate) fn build(folder: &Path, options: &Options) -> Result<Vec<u8>, BuildError> {
    let folder = &fs::canonicalize(folder).map_err(|source| file_error(folder, source))?;
    let plugin = PLUGINS.map(|name| folder.join(name));
    let Some(plugin) = plugin.iter().find(|path| path.is_file()) else {
        return Err(BuildError::NotAPlugin {
            folder: folder.clone(),
            reason: format!("there is no `{}`", PLUGINS.join("` and no `")),
        });
    };
    let (node, modules) = (node(folder)?, modules(folder)?);
    let scratch = Scratch::new()?;
    scratch.write("transform.wit", sdk::WIT)?;
    for (name, text) in sdk::JAVASCRIPT_BUILD {
        scratch.write(name, text)?;
    }
    let sdk = scratch.sdk(folder, "salver-transform", sdk::JAVASCRIPT)?;
    let mut build = Command::new(node);
    build.arg(scratch.at("build.mjs"));
    build.args([plugin, &sdk, &modules]);
    build.args([scratch.at(""), scratch.at("plugin.wasm")]);
    command::run(&mut build, options.quiet)?;
    scratch.read("plugin.wasm")
}

fn node(folder: &Path) -> Result<PathBuf, BuildError> {
    let missing = || {
        missing(
            folder,
            "there is no `node` in PATH",
            "apt-get install nodejs npm",
        )
    };
    in_path("node").ok_or_else(missing)
}

/// The `node_modules` that has the toolchain.
fn modules(folder: &Path) -> Result<PathBuf, BuildError> {
    let has_all = |modules: &PathBuf| PACKAGES.iter().all(|name| modules.join(name).is_dir());
    let above = folder.ancestors().map(|folder| folder.join("node_modules"));
    above.chain(named(VARIABLE)).find(has_all).ok_or_else(|| {
        let names = PACKAGES.join("` and `");
        let install = format!("npm install --prefix {}", folder.display());
        missing(folder, &format!("`{names}` aren't installed"), &install)
    })
}

fn missing(folder: &Path, what: &str, install: &str) -> BuildError {
    BuildError::MissingToolchain {
        language: Language::JavaScript,
        missing: format!("{what} (for `{}`)", folder.display()),
        install: vec![install.to_owned()],
    }
}
