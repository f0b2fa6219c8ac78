//! The plugins of this repository, and the guests of tests that are built as they are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    javascript, python,
    workspace::{cargo, root, run_command, seconds, target_dir},
};

const PLUGINS: &str = "plugins";
const FIXTURES: &str = "crates/plugin-host/tests/fixtures";
/// Where fixtures go, below the folder of what is built.
pub(super) const BUILT_FIXTURES: &str = "fixtures";

/// One plugin in one language.
pub(super) struct Plugin {
    pub(super) name: String,
    pub(super) language: &'static str,
    folder: PathBuf,
    pub(super) is_fixture: bool,
}

/// The file that tells a folder's language, as `plugin-build` has it.
const MARKERS: [(&str, &str); 3] = [
    ("Cargo.toml", "rust"),
    ("plugin.py", "python"),
    ("package.json", "javascript"),
];

impl Plugin {
    fn at(name: &str, folder: PathBuf) -> Option<Self> {
        let marker = MARKERS.iter().find(|(file, _)| folder.join(file).is_file());
        marker.map(|(_, language)| Self {
            name: name.to_owned(),
            language,
            folder,
            is_fixture: false,
        })
    }

    /// Builds it into a folder.
    pub(super) fn build(&self, into: &Path) -> Result<PathBuf> {
        let Self { name, language, .. } = self;
        let built = match self.is_fixture {
            true => into.join(BUILT_FIXTURES).join(format!("{name}.wasm")),
            false => into.join(format!("{name}.{language}.wasm")),
        };
        fs::create_dir_all(built.parent().unwrap_or(into))?;
        let start = std::time::Instant::now();
        let mut command = cargo();
        command
            .args(["run", "--quiet", "--package", "plugin-build", "--", "build"])
            .arg(&self.folder)
            .arg(&built)
            .arg(target_dir()?.join("plugin-work"));
        match *language {
            "python" => {
                command.env("SALVER_COMPONENTIZE_PY", python::ensure_componentize()?);
            }
            "javascript" => {
                command.env("SALVER_NODE_MODULES", javascript::ensure()?);
            }
            _ => {}
        }
        run_command(&mut command)?;
        let size = fs::metadata(&built)?.len() / 1_000;
        let took = seconds(start.elapsed());
        println!("    {name} ({language}): {size} kB, built in {took}");
        Ok(built)
    }

    /// Where the committed component is; only those in Rust are small enough.
    pub(super) fn committed(&self) -> Option<PathBuf> {
        let file = format!("{}.wasm", self.name);
        let folder = match self.is_fixture {
            true => root().join(FIXTURES),
            false => root().join(PLUGINS).join(&self.name),
        };
        (self.language == "rust").then(|| folder.join(file))
    }
}

/// All plugins, by name and language, and all fixtures.
pub(super) fn find() -> Result<Vec<Plugin>> {
    let mut plugins = Vec::new();
    for (name, folder) in folders(&root().join(PLUGINS))? {
        plugins.extend(Plugin::at(&name, folder.clone()));
        let below = folders(&folder)?.into_iter();
        plugins.extend(below.filter_map(|(_, language)| Plugin::at(&name, language)));
    }
    for (name, folder) in folders(&root().join(FIXTURES))? {
        plugins.extend(Plugin::at(&name, folder).map(|plugin| Plugin {
            is_fixture: true,
            ..plugin
        }));
    }
    Ok(plugins)
}

/// The folders below one, with their names.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))?;
    let entries = entries.map(|entry| {
        entry.map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, entry.path())
        })
    });
    let mut folders = entries.collect::<Result<Vec<_>, _>>()?;
    folders.retain(|(_, path)| path.is_dir());
    folders.sort();
    Ok(folders)
}
