//! `plugin new`: a folder that builds at once.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use plugin_build::{Language, sdk};

use super::{feastignore, folder};
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
    if args.language == Language::Python {
        feastignore::keep_out(&args.dir, printer)?;
    }
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
    if RESERVED.split(' ').any(|word| word == name) {
        bail!(
            "the plugin is named after the folder, and `{name}` is a word of a language that no function can bear; write for example `{name}_of_rows`"
        );
    }
    Ok(name)
}

/// Words of Rust, Python and JavaScript, and the names that the templates import.
const RESERVED: &str = "\
abstract and arguments as assert async await become box break call case catch class const \
continue core crate debugger def default del delete do dyn elif else enum eval except \
export extends extern false final finally fn for from function gen global if impl \
implements import in instanceof interface is lambda let loop macro match mod move mut new \
nonlocal not null or override package pass plugin plugin_sdk priv private protected pub \
public raise ref return salver_transform self static std struct super switch test this \
throw trait transform true try type typeof undefined union unsafe unsized unittest use var \
virtual void where while with yield";

#[cfg(test)]
mod tests {
    use super::{NewArgs, RUST, name, sdk};
    use plugin_build::Language;

    #[test]
    fn a_folder_that_makes_no_name_of_a_function_is_refused() {
        let named = |dir: &str| {
            name(&NewArgs {
                dir: dir.into(),
                language: Language::Rust,
            })
        };
        for folder in ["fn", "class", "a/def", "yield", "test", "transform"] {
            let said = named(folder).unwrap_err().to_string();
            assert!(said.contains("write for example `"), "{said}");
        }
        for folder in ["Rate", "1st", "ä"] {
            assert!(named(folder).is_err(), "{folder}");
        }
        assert_eq!(named("plugins/rate-plus").unwrap(), "rate_plus");
        assert_eq!(named("fn_of_rows").unwrap(), "fn_of_rows");
    }

    #[test]
    fn a_folder_in_rust_has_the_crates_that_the_documentation_uses() {
        let text = |files: &[sdk::File], name: &str| {
            let found = files.iter().find(|(path, _)| *path == name);
            found.map(|(_, text)| *text).unwrap_or_default().to_owned()
        };
        assert!(text(sdk::RUST, "src/lib.rs").contains("//! use serde::Deserialize;"));
        assert!(text(RUST, "rust/Cargo.toml.txt").contains("\nserde = "));
    }
}
