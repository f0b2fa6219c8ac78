//! `plugin new`: a folder that builds at once.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use plugin_build::{Language, sdk};

use super::folder;
use crate::printer::Printer;

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The folder to make; its name becomes the plugin's.
    dir: PathBuf,
    /// What it is written in: rust, python or javascript.
    #[arg(long)]
    language: Language,
}

/// Stands for the plugin's name in the files below `new/`.
const NAME: &str = "PLUGIN_NAME";

macro_rules! template {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("new/", $path)))),*]
    };
}

const RUST: &[sdk::File] = template!(
    "rust/Cargo.toml.txt",
    "rust/src/lib.rs.txt",
    "rust/README.md"
);
const PYTHON: &[sdk::File] = template!(
    "python/plugin.py",
    "python/test_plugin.py",
    "python/README.md"
);
const JAVASCRIPT: &[sdk::File] = template!(
    "javascript/plugin.js",
    "javascript/plugin.test.js",
    "javascript/package.json",
    "javascript/README.md",
);
const ALL: &[sdk::File] = template!("cases.yaml", "gitignore.txt");

pub(super) fn run(args: &NewArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let name = name(args)?;
    let templates = match args.language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::JavaScript => JAVASCRIPT,
    };
    let named = templates
        .iter()
        .chain(ALL)
        .map(|(path, text)| (file_name(path), text.replace(NAME, &name)));
    let named: Vec<_> = named.collect();
    let files = named
        .iter()
        .map(|(path, text)| (path.clone(), text.as_str()));
    folder::write(&args.dir, files.chain(copies(args.language)))?;
    let dir = args.dir.display();
    printer.line(format!("made the plugin `{dir}` in {}", args.language))?;
    if let Err(error @ plugin_build::BuildError::MissingToolchain { .. }) =
        plugin_build::check_folder(&args.dir)
    {
        printer.line(error.to_string())?;
    }
    printer.line(format!("next: registry-admin plugin build {dir}"))
}

/// What each folder has a copy of, so that nothing needs to be published.
fn copies(language: Language) -> Vec<(String, &'static str)> {
    match language {
        Language::Rust => folder::sdk("plugin-sdk", sdk::RUST).collect(),
        Language::Python => folder::sdk("salver_transform", sdk::PYTHON)
            .chain([("requirements.txt".to_owned(), sdk::PYTHON_REQUIREMENTS)])
            .collect(),
        Language::JavaScript => folder::sdk("salver-transform", sdk::JAVASCRIPT).collect(),
    }
}

/// The file that a template becomes: `.txt` keeps tools of this repository from taking it for one of theirs.
fn file_name(template: &str) -> String {
    let name = template.strip_suffix(".txt").unwrap_or(template);
    let name = ["rust/", "python/", "javascript/"]
        .iter()
        .find_map(|folder| name.strip_prefix(folder))
        .unwrap_or(name);
    if name == "gitignore" {
        ".gitignore"
    } else {
        name
    }
    .to_owned()
}

/// The folder's name, which a function has to bear in all three languages.
fn name(args: &NewArgs) -> anyhow::Result<String> {
    let folder = args.dir.file_name().and_then(|name| name.to_str());
    let Some(folder) = folder else {
        bail!(
            "`{}` has no name that a plugin could take; name a new folder",
            args.dir.display()
        );
    };
    let name = folder.replace('-', "_");
    let mut letters = name.chars();
    let starts_well = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase());
    if !starts_well || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        bail!(
            "the plugin is named after the folder, and `{folder}` makes no name of a function; write small letters, digits and `_`"
        );
    }
    Ok(name)
}
