//! Writing the values of columns.

use crate::{
    TransformError,
    bindings::salver::transform::columns::{Array, Values},
};

mod blob;
mod list;
mod map;
mod number;
mod structs;
mod value;

pub use structs::StructWriter;

/// A type that a function can return: one value of a column.
///
/// Implemented for all the types in [the crate's table](crate#types), for `Option` of them, and by
/// `#[derive(Struct)]`.
#[diagnostic::on_unimplemented(
    message = "a transform can't return values of type `{Self}`",
    label = "no column has values of this type",
    note = "return bool, i32, i64, f32, f64, &str, String, &[u8], Vec<u8>, Timestamp, ZonedTimestamp, Json, Uuid, TimeUuid, Decimal, a \
            Vec, Set or map of them, or a struct with `#[derive(Struct)]`; an `Option` or `Result` of one; for several \
            columns a tuple, or a struct with `#[derive(Outputs)]`"
)]
pub trait Output: Sized {
    /// A column of such values that is being made.
    type Writer;

    /// Feast's name of the type.
    fn data_type() -> String;

    /// An empty column with room for some values.
    fn writer(capacity: usize) -> Self::Writer;

    /// Adds a value.
    fn write(self, writer: &mut Self::Writer);

    /// Adds a null.
    fn write_null(writer: &mut Self::Writer);

    /// Ends the column.
    ///
    /// # Errors
    /// It is larger than a column can be.
    fn finish(writer: Self::Writer, children: &mut Children) -> Result<Array, TransformError>;

    /// A whole column at once.
    ///
    /// # Errors
    /// As [`Output::finish`].
    fn array(values: Vec<Self>, children: &mut Children) -> Result<Array, TransformError> {
        let mut writer = Self::writer(values.len());
        for value in values {
            value.write(&mut writer);
        }
        Self::finish(writer, children)
    }
}

/// The arrays that hold nested values. One that refers to others comes before them.
#[derive(Debug, Default)]
pub struct Children(Vec<Option<Array>>);

impl Children {
    /// Takes the next place for the child that `finish` makes.
    /// # Errors
    /// Those of `finish`, and too many children.
    pub fn add(
        &mut self,
        finish: impl FnOnce(&mut Self) -> Result<Array, TransformError>,
    ) -> Result<u32, TransformError> {
        let place = self.0.len();
        self.0.push(None);
        self.0[place] = Some(finish(self)?);
        offset(place)
    }

    pub(crate) fn into_arrays(self) -> Vec<Array> {
        if self.0.is_empty() {
            return Vec::new();
        }
        self.0.into_iter().flatten().collect()
    }
}

/// Which values are null; nothing is written before the first null.
#[derive(Debug, Default)]
pub(crate) struct Nulls(Vec<u8>);

impl Nulls {
    #[inline]
    pub(crate) fn push_valid(&mut self) {
        if !self.0.is_empty() {
            push(&mut self.0, 1);
        }
    }

    /// The value that will be at `place` is null.
    pub(crate) fn push_null(&mut self, place: usize) {
        if self.0.is_empty() {
            self.0.resize(place, 1);
        }
        self.0.push(0);
    }

    /// Whether none has been written.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The array with these nulls besides its own.
    pub(crate) fn add_to(self, mut array: Array) -> Array {
        match &mut array.validity {
            None => array.validity = self.into_validity(),
            Some(validity) => {
                for (valid, also) in validity.iter_mut().zip(self.0) {
                    *valid &= also;
                }
            }
        }
        array
    }

    pub(crate) fn array(self, values: Values) -> Array {
        Array {
            validity: self.into_validity(),
            values,
        }
    }

    fn into_validity(self) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

impl From<Vec<u8>> for Nulls {
    fn from(validity: Vec<u8>) -> Self {
        Self(validity)
    }
}

impl<T: Output> Output for Option<T> {
    type Writer = T::Writer;

    fn data_type() -> String {
        T::data_type()
    }

    fn writer(capacity: usize) -> Self::Writer {
        T::writer(capacity)
    }

    #[inline]
    fn write(self, writer: &mut Self::Writer) {
        match self {
            Some(value) => value.write(writer),
            None => T::write_null(writer),
        }
    }

    fn write_null(writer: &mut Self::Writer) {
        T::write_null(writer);
    }

    fn finish(writer: Self::Writer, children: &mut Children) -> Result<Array, TransformError> {
        T::finish(writer, children)
    }
}

/// `Vec::push`, but for the room that is missing: the vector goes there by value and comes back. A reference would
/// keep it in memory in a loop over rows, which takes twice the time.
#[inline]
fn push<T>(values: &mut Vec<T>, value: T) {
    if values.len() < values.capacity() {
        values.push(value);
    } else {
        *values = grown(std::mem::take(values), value);
    }
}

#[cold]
#[inline(never)]
fn grown<T>(mut values: Vec<T>, value: T) -> Vec<T> {
    values.push(value);
    values
}

/// An offset as it is written. What doesn't fit is noticed when the column ends: see [`check_length`].
#[inline]
fn clamped(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn offset(length: usize) -> Result<u32, TransformError> {
    check_length(length)?;
    Ok(clamped(length))
}

fn check_length(length: usize) -> Result<(), TransformError> {
    if length < u32::MAX as usize {
        return Ok(());
    }
    Err(TransformError::failed(format!(
        "{length} elements are more than a column can have"
    )))
}
