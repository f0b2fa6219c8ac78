use std::{fmt, path::Path, str::FromStr};

use crate::BuildError;

/// A language that plugins are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the cases are the languages' names")]
pub enum Language {
    Rust,
    Python,
    JavaScript,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::JavaScript];

    /// The language of the plugin in `folder`: the one whose [marker](Self::marker) is there.
    ///
    /// # Errors
    /// [`BuildError::NoPlugin`] where there is none.
    pub fn of(folder: &Path) -> Result<Self, BuildError> {
        Self::ALL
            .into_iter()
            .find(|language| folder.join(language.marker()).is_file())
            .ok_or_else(|| BuildError::NoPlugin {
                folder: folder.to_owned(),
            })
    }

    /// The file by which a plugin's folder is known to be of this language.
    #[must_use]
    pub fn marker(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "plugin.py",
            Self::JavaScript => "package.json",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Language {
    type Err = BuildError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|language| language.name() == text)
            .ok_or_else(|| BuildError::UnknownLanguage {
                text: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::Language;
    use crate::BuildError;

    #[test]
    fn a_folder_is_of_the_language_whose_marker_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let none = Language::of(folder.path()).unwrap_err();
        assert!(matches!(none, BuildError::NoPlugin { .. }), "{none}");
        for language in Language::ALL {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(language.marker()), "").unwrap();
            assert_eq!(Language::of(folder.path()).unwrap(), language);
            assert_eq!(language.to_string().parse::<Language>().unwrap(), language);
        }
    }
}
