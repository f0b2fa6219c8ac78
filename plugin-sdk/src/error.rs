use std::fmt;

use crate::bindings::exports::salver::transform::transforms;

pub use transforms::Failure;

/// Why a transform can't compute: what the gateway tells its client and its log.
///
/// A row function returns it for the row it is called with, and needn't say which that is. `?` and `into` make one
/// of a text:
///
/// ```
/// # use plugin_sdk::TransformError;
/// fn half(x: i64) -> Result<i64, TransformError> {
///     if x % 2 == 1 {
///         return Err(TransformError::invalid_input(format!("`{x}` is odd")).column("x"));
///     }
///     Ok(x / 2)
/// }
/// assert_eq!(half(3).unwrap_err().to_string(), "`3` is odd (column `x`)");
/// ```
#[derive(Clone, PartialEq)]
pub struct TransformError(Box<Inner>);

#[derive(Clone, PartialEq)]
struct Inner {
    failure: Failure,
    message: String,
    row: Option<u32>,
    column: Option<String>,
}

impl TransformError {
    /// An error of any kind.
    #[must_use]
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            failure,
            message: message.into(),
            row: None,
            column: None,
        }))
    }

    /// A value can't be computed from.
    #[must_use]
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(Failure::InvalidInput, message)
    }

    /// The parameters can't be used.
    #[must_use]
    pub fn invalid_parameters(message: impl Into<String>) -> Self {
        Self::new(Failure::InvalidParameters, message)
    }

    /// Neither values nor parameters are at fault.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Failure::Failed, message)
    }

    /// Names the row that it is about, counted from 0. For functions over columns: a row function's row is named
    /// already.
    #[must_use]
    pub fn row(mut self, row: usize) -> Self {
        self.0.row = u32::try_from(row).ok();
        self
    }

    /// Names the input or output column that it is about.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.0.column = Some(column.into());
        self
    }

    /// Names row and column where they aren't named yet.
    #[must_use]
    pub(crate) fn or_at(mut self, row: Option<usize>, column: Option<&str>) -> Self {
        let row = row.and_then(|row| u32::try_from(row).ok());
        self.0.row = self.0.row.or(row);
        if self.0.column.is_none() {
            self.0.column = column.map(str::to_owned);
        }
        self
    }

    /// What kind of error it is.
    #[must_use]
    pub fn failure(&self) -> Failure {
        self.0.failure
    }

    /// What is wrong, without row and column.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match (self.0.row, &self.0.column) {
            (None, None) => Ok(()),
            (Some(row), None) => write!(f, " (row {row})"),
            (None, Some(column)) => write!(f, " (column `{column}`)"),
            (Some(row), Some(column)) => write!(f, " (row {row}, column `{column}`)"),
        }
    }
}

impl fmt::Debug for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.failure)
    }
}

impl std::error::Error for TransformError {}

/// [`TransformError::invalid_input`]
impl From<&str> for TransformError {
    fn from(message: &str) -> Self {
        Self::invalid_input(message)
    }
}

/// [`TransformError::invalid_input`]
impl From<String> for TransformError {
    fn from(message: String) -> Self {
        Self::invalid_input(message)
    }
}

impl From<TransformError> for transforms::Error {
    fn from(error: TransformError) -> Self {
        let Inner {
            failure,
            message,
            row,
            column,
        } = *error.0;
        Self {
            failure,
            message,
            row,
            column,
        }
    }
}
