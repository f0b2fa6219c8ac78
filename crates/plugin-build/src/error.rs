use std::path::PathBuf;

use crate::Language;

/// Why a folder didn't become a component.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder holds none of the files that mark a plugin.
    #[error("no plugin in `{}`: there is no {}", folder.display(), markers())]
    NoPlugin {
        /// The folder.
        folder: PathBuf,
    },
    /// Nobody writes plugins in this.
    #[error("`{text}` is no language of plugins; write one of {}", languages())]
    UnknownLanguage {
        /// What was written.
        text: String,
    },
    /// What builds this language isn't installed.
    #[error("can't build plugins in {language}: {missing}; install with `{}`", install.join("` or `"))]
    MissingToolchain {
        /// The plugin's language.
        language: Language,
        /// What isn't there.
        missing: String,
        /// The commands that install it, the best for this machine first.
        install: Vec<String>,
    },
    /// A program of the toolchain can't be started.
    #[error("can't run `{command}`: {source}")]
    Run {
        /// As one would type it.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program of the toolchain failed.
    #[error("`{command}` failed ({status}){}{output}", if output.is_empty() { "" } else { ":\n" })]
    Failed {
        /// As one would type it.
        command: String,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// What it said, where that wasn't shown at once.
        output: String,
    },
    /// The plugin's own source fails when it is built.
    #[error("{said}\n\n`{command}` failed; all that it said:\n{output}")]
    Source {
        /// What the language says is wrong.
        said: String,
        /// As one would type it.
        command: String,
        /// What the toolchain said.
        output: String,
    },
    /// The toolchain did its work, and what came out is no plugin.
    #[error("what was built from `{}` is no plugin: {reason}", folder.display())]
    NotAPlugin {
        /// The plugin's folder.
        folder: PathBuf,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// A file can't be read or written.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn markers() -> String {
    let markers = Language::ALL.map(|language| format!("`{}`", language.marker()));
    markers.join(" and no ")
}

fn languages() -> String {
    let names = Language::ALL.map(|language| format!("`{language}`"));
    names.join(", ")
}
