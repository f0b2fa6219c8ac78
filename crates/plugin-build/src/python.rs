//! Plugins in Python: componentize-py puts its interpreter, the modules and what they import into one component.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    BuildError, Language, command,
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
pub(crate) fn build(folder: &Path) -> Result<Vec<u8>, BuildError> {
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
    // The backtrace would be one of the toolchain, longer than all that the author needs.
    componentize.env("RUST_BACKTRACE", "0");
    // Kept back, so that the error is told first.
    command::run(&mut componentize, true).map_err(with_its_cause)?;
    scratch.read("plugin.wasm")
}

/// Puts Python's own error before all else that the toolchain says of it.
fn with_its_cause(error: BuildError) -> BuildError {
    match error {
        BuildError::Failed {
            command, output, ..
        } if cause(&output).is_some() => BuildError::Source {
            said: cause(&output).unwrap_or_default(),
            command,
            output,
        },
        other => other,
    }
}

/// The last error that Python traced, and the line of the plugin that it comes from: what stands between the last
/// `Traceback` and the toolchain's `Caused by:`.
fn cause(output: &str) -> Option<String> {
    let (_, traced) = output.rsplit_once("Traceback (most recent call last):\n")?;
    let traced = traced.split("\nCaused by:").next()?.trim_end();
    let is_error = |line: &&str| !line.is_empty() && !line.starts_with([' ', '\t']);
    let at = traced.lines().position(|line| is_error(&line))?;
    let said: Vec<_> = traced.lines().skip(at).collect();
    let place = traced
        .lines()
        .take(at)
        .filter_map(place)
        .filter(|place| !place.starts_with("salver_"))
        .last();
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    Some(format!("{place}{}", said.join("\n").trim_end()))
}

/// Of `  File "/0/plugin.py", line 5, in <module>`: `plugin.py:5`.
fn place(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    // The folders of the build are `/0`, `/1`, ..
    let file = file.trim_start_matches('/');
    let file = file.split_once('/').map_or(file, |(_, below)| below);
    Some(format!("{file}:{number}"))
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

#[cfg(test)]
mod tests {
    use super::cause;

    const SAID: &str = r#"Traceback (most recent call last):
  File "/x/bin/componentize-py", line 8, in <module>
    sys.exit(script())
AssertionError: Traceback (most recent call last):
  File "/1/salver_entry.py", line 1, in <module>
    import plugin
  File "/0/plugin.py", line 7, in <module>
    @transform
     ^^^^^^^^^
  File "/0/salver_transform/_decorator.py", line 44, in transform
    return declared(function)
TypeError: the transform `a`: the argument `x` has no type hint


Caused by:
    TypeError: the transform `a`: the argument `x` has no type hint
"#;

    #[test]
    fn the_error_of_python_is_found_with_the_authors_line() {
        let wanted = "plugin.py:7: TypeError: the transform `a`: the argument `x` has no type hint";
        assert_eq!(cause(SAID).as_deref(), Some(wanted));
        let syntax = SAID.replace(
            "TypeError: the transform `a`: the argument `x` has no type hint\n\n",
            "  File \"/0/helper.py\", line 3\n    def (\n        ^\nSyntaxError: invalid syntax\n\n",
        );
        assert!(syntax.contains("SyntaxError"));
        let wanted = "helper.py:3: SyntaxError: invalid syntax";
        assert_eq!(cause(&syntax).as_deref(), Some(wanted));
        assert_eq!(cause("error: no such file"), None);
        assert_eq!(cause("Traceback (most recent call last):\n"), None);
    }
}
