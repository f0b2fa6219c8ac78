/// Why a source could not be read or written, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is where the source's path points: create the file or correct the path.
    #[error("no file at `{path}`: {reason}")]
    NotFound {
        /// The path as it was given, made absolute.
        path: String,
        /// What was looked for.
        reason: String,
    },
    /// A file is not what its source says it is: correct `format`, or write the file again.
    #[error("`{path}` cannot be read as {format}: {reason}")]
    Corrupt {
        /// The file.
        path: String,
        /// How it was read.
        format: &'static str,
        /// What its reader said.
        reason: String,
    },
    /// A column that a view needs is not in the file: correct the name or add a `field_mapping`.
    #[error("`{path}` has no column `{column}`; its columns are {known}")]
    MissingColumn {
        /// The column's name in the file.
        column: String,
        /// The file.
        path: String,
        /// Names of the columns that are there.
        known: String,
    },
    /// No value of a column can ever be read as the declared type: correct the type or the column.
    #[error("column `{column}` of `{path}` cannot be read: {reason}")]
    WrongType {
        /// The column's name in the file.
        column: String,
        /// The file.
        path: String,
        /// Both types, and which would do.
        reason: String,
    },
    /// Salver has no such ability: use another kind of source.
    #[error("{what}")]
    Unsupported {
        /// What was asked for, and what would do.
        what: String,
    },
    /// A file was written while it was being read: run again when its writer is done.
    #[error("`{path}` was changed while it was being read; run again when nothing writes to it")]
    Changed {
        /// The file.
        path: String,
    },
    /// A file, a store or the disk for spilling failed: look into it and run again.
    #[error("reading `{path}` failed: {reason}")]
    Unavailable {
        /// The file, or the source's path.
        path: String,
        /// What the operating system, the store or the reader said.
        reason: String,
    },
}

impl Error {
    pub(crate) fn unavailable(path: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Unavailable {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    /// Nobody takes rows any more.
    pub(crate) fn abandoned() -> Self {
        Self::unavailable("the source", "its reader is gone")
    }

    pub(crate) fn corrupt(
        path: impl Into<String>,
        format: &'static str,
        reason: impl std::fmt::Display,
    ) -> Self {
        Self::Corrupt {
            path: path.into(),
            format,
            reason: reason.to_string(),
        }
    }
}
