//! `cargo xtask plugins`: builds the plugins of this repository.
//!
//! A plugin's folder is one below `plugins/`, or one for each language below that. What is built is put into the target
//! folder, each as `NAME.LANGUAGE.wasm`. Those in Rust are committed, too, so that nobody needs a WebAssembly toolchain to
//! try them: compilers differ, so theirs is replaced only with `--write`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    arguments::Arguments,
    javascript, python, wasm,
    workspace::{cargo, root, run_command, seconds, target_dir},
};

use digests::digest;

mod digests;

pub(crate) struct Options {
    write: bool,
    filter: Option<String>,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let write = args.flag("--write");
        let filter = args.word();
        args.finish()?;
        Ok(Self { write, filter })
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    wasm::ensure_rust()?;
    let into = target_dir()?.join("plugins");
    let filter = options.filter.as_deref().unwrap_or_default();
    let plugins = find()?;
    for plugin in plugins.iter().filter(|it| it.name.contains(filter)) {
        let built = plugin.build(&into)?;
        if let Some(committed) = plugin.committed() {
            compare(&built, &committed, options.write)?;
        }
    }
    match options.write {
        true => digests::write(&plugins),
        false => digests::check(&plugins),
    }
}

/// Builds all of them into a folder.
pub(crate) fn build_all(into: &Path) -> Result<()> {
    find()?
        .iter()
        .try_for_each(|plugin| plugin.build(into).map(drop))
}

/// Builds one of them into a folder.
pub(crate) fn build_one(name: &str, language: &str, into: &Path) -> Result<PathBuf> {
    let plugins = find()?;
    let found = plugins
        .iter()
        .find(|it| it.name == name && it.language == language);
    let plugin = found.with_context(|| format!("there is no plugin `{name}` in {language}"))?;
    plugin.build(into)
}

/// One plugin in one language.
struct Plugin {
    name: String,
    language: &'static str,
    folder: PathBuf,
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
        })
    }

    fn build(&self, into: &Path) -> Result<PathBuf> {
        let Self { name, language, .. } = self;
        fs::create_dir_all(into)?;
        let built = into.join(format!("{name}.{language}.wasm"));
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
    fn committed(&self) -> Option<PathBuf> {
        let file = format!("{}.wasm", self.name);
        (self.language == "rust").then(|| root().join("plugins").join(&self.name).join(file))
    }
}

/// All plugins, by name and language.
fn find() -> Result<Vec<Plugin>> {
    let mut plugins = Vec::new();
    for folder in folders(&root().join("plugins"))? {
        let name = folder.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        plugins.extend(Plugin::at(&name, folder.clone()));
        let below = folders(&folder)?.into_iter();
        plugins.extend(below.filter_map(|language| Plugin::at(&name, language)));
    }
    Ok(plugins)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("`{}`", folder.display()))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.is_dir());
    paths.sort();
    Ok(paths)
}

fn compare(built: &Path, committed: &Path, write: bool) -> Result<()> {
    let same = committed.is_file() && digest(built)? == digest(committed)?;
    if same {
        return Ok(());
    }
    let shown = committed.strip_prefix(root()).unwrap_or(committed);
    if write {
        fs::copy(built, committed)?;
        println!("    wrote {}", shown.display());
    } else if committed.is_file() {
        println!(
            "    {} is of other bytes: another compiler, or `--write` it",
            shown.display()
        );
    } else {
        bail!("`{}` is missing: `--write` it", shown.display());
    }
    Ok(())
}
