//! Plugins in Python: componentize-py puts its interpreter, the modules and what they import into one component.

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

const PROGRAM: &str = "componentize-py";
/// Where the toolchain is, if it is neither in the folder nor in PATH.
const VARIABLE: &str = "SALVER_COMPONENTIZE_PY";
/// Imports the plugin, so that its transforms are known when the component's memory is frozen.
const ENTRY: &str = "import plugin
from salver_transform._guest import Transforms, seal

seal()
";

pub(crate) fn check_folder(folder: &Path) -> Result<(), BuildError> {
    find(folder).map(drop)
}

/// The component of `plugin.py` in `folder`.
pub(crate) fn build(folder: &Path, options: &Options) -> Result<Vec<u8>, BuildError> {
    let folder = &fs::canonicalize(folder).map_err(|source| file_error(folder, source))?;
    let program = find(folder)?;
    let scratch = Scratch::new()?;
    scratch.write("wit/transform.wit", sdk::WIT)?;
    scratch.write("salver_entry.py", ENTRY)?;
    scratch.sdk(folder, "salver_transform", sdk::PYTHON)?;
    let mut componentize = Command::new(program);
    componentize
        .arg("--quiet")
        .arg("--wit-path")
        .arg(scratch.at("wit"));
    componentize.args(["--world", "plugin", "componentize", "--stub-wasi"]);
    componentize.arg("--python-path").arg(folder);
    componentize.arg("--python-path").arg(scratch.at(""));
    componentize
        .arg("salver_entry")
        .arg("--output")
        .arg(scratch.at("plugin.wasm"));
    componentize.current_dir(scratch.at(""));
    let environment = folder.join(".venv");
    if environment.is_dir() {
        // Its packages, too.
        componentize.env("VIRTUAL_ENV", environment);
    }
    command::run(&mut componentize, options.quiet)?;
    scratch.read("plugin.wasm")
}

fn find(folder: &Path) -> Result<PathBuf, BuildError> {
    let own = ["bin", "Scripts"].map(|bin| folder.join(".venv").join(bin).join(PROGRAM));
    own.into_iter()
        .find(|program| program.is_file())
        .or_else(|| named(VARIABLE))
        .or_else(|| in_path(PROGRAM))
        .ok_or_else(|| missing(folder))
}

fn missing(folder: &Path) -> BuildError {
    let requirement = sdk::PYTHON_REQUIREMENTS.trim();
    let venv = folder.join(".venv");
    let venv = venv
        .strip_prefix("./")
        .unwrap_or(&venv)
        .display()
        .to_string();
    BuildError::MissingToolchain {
        language: Language::Python,
        missing: format!("there is no `{PROGRAM}` in `{venv}` and none in PATH"),
        install: vec![format!(
            "python3 -m venv {venv} && {venv}/bin/pip install {requirement}"
        )],
    }
}
