//! What the macro's loop over rows is made of.

use crate::{
    Input, TransformError,
    bindings::{exports::salver::transform::transforms::Field, salver::transform::columns::Batch},
    input::Source,
};

/// An argument's column.
pub struct Argument<'a, T: Input<'a>> {
    name: &'static str,
    values: T::Reader,
    validity: &'a [u8],
}

impl<'a, T: Input<'a>> Argument<'a, T> {
    /// Which rows the function can't be called for; empty where it can be for all.
    #[must_use]
    pub fn required(&self) -> &'a [u8] {
        if T::NULLABLE { &[] } else { self.validity }
    }

    /// The argument of a row.
    ///
    /// # Errors
    /// There is a null within the value where the type has no place for one.
    #[inline]
    pub fn get(&self, row: usize) -> Result<T, TransformError> {
        T::read(&self.values, row).map_err(|error| error.or_at(Some(row), Some(self.name)))
    }
}

/// Finds an argument's column.
///
/// # Errors
/// It isn't there, or has values of another type.
pub fn argument<'a, T: Input<'a>>(
    batch: &'a Batch,
    index: usize,
    name: &'static str,
) -> Result<Argument<'a, T>, TransformError> {
    let named = |error: TransformError| error.or_at(None, Some(name));
    let source = Source::column(batch, index).map_err(named)?;
    let values = T::reader(source).map_err(named)?;
    let validity = source.validity().bytes();
    Ok(Argument {
        name,
        values,
        validity,
    })
}

/// The rows where something is null that the function doesn't take as null.
#[derive(Debug, Default)]
pub struct NullRows(Vec<u8>);

impl NullRows {
    /// Of all arguments' [`Argument::required`].
    #[must_use]
    pub fn of(rows: usize, required: &[&[u8]]) -> Self {
        let mut callable = Vec::new();
        for validity in required.iter().filter(|validity| !validity.is_empty()) {
            callable.resize(rows, 1);
            for (callable, valid) in callable.iter_mut().zip(*validity) {
                *callable &= u8::from(*valid != 0);
            }
        }
        Self(callable)
    }

    /// Whether the row is one of them.
    #[inline]
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        !self.0.is_empty() && self.0[row] == 0
    }
}

/// A function's error, with the row that it was called for.
#[cold]
pub fn failed_at(error: impl Into<TransformError>, row: usize) -> TransformError {
    error.into().or_at(Some(row), None)
}

/// An argument's description.
#[must_use]
pub fn input<'a, T: Input<'a>>(name: &str, documentation: &str) -> Field {
    Field {
        name: name.to_owned(),
        data_type: T::data_type(),
        documentation: documentation.to_owned(),
    }
}
