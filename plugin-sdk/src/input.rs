//! Reading the values of columns.

use crate::{
    TransformError,
    bindings::salver::transform::columns::{Array, Batch, Values},
};

mod blob;
mod list;
mod map;
mod number;
mod structs;
mod value;

pub use structs::StructSource;

/// A type that a function's parameter can have: one value of a column.
///
/// Implemented for all the types in [the crate's table](crate#types), for `Option` of them, and by
/// `#[derive(Struct)]`.
#[diagnostic::on_unimplemented(
    message = "a transform can't take values of type `{Self}`",
    label = "no column has values of this type",
    note = "take bool, i32, i64, f32, f64, &str, String, &[u8], Vec<u8>, Timestamp, ZonedTimestamp, Json, Uuid, TimeUuid, Decimal, a Vec, \
            Set or map of them, or a struct with `#[derive(Struct)]`; `Option` of one where nulls are wanted"
)]
pub trait Input<'a>: Sized {
    /// Whether null can be one of its values.
    const NULLABLE: bool = false;
    /// Whether [`Input::read`] can fail.
    const CAN_FAIL: bool = false;
    /// A column of such values.
    type Reader;

    /// Feast's name of the type.
    fn data_type() -> String;

    /// Prepares reading.
    ///
    /// # Errors
    /// The array has values of another type.
    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError>;

    /// The value at a place. Only for places that aren't null, unless the type is [nullable](Self::NULLABLE).
    ///
    /// # Errors
    /// There is a null within the value where the type has no place for one.
    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError>;
}

/// An array, and those that it refers to.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    array: &'a Array,
    children: &'a [Array],
}

impl<'a> Source<'a> {
    /// The column at an index.
    pub(crate) fn column(batch: &'a Batch, index: usize) -> Result<Self, TransformError> {
        let column = batch.columns.get(index);
        let column = column.ok_or_else(|| {
            let given = batch.columns.len();
            TransformError::failed(format!("column {index} is missing: {given} are given"))
        })?;
        Ok(Self {
            array: column,
            children: &batch.children,
        })
    }

    fn child(self, index: u32) -> Result<Self, TransformError> {
        let array = self.children.get(index as usize);
        let array =
            array.ok_or_else(|| TransformError::failed(format!("there is no array {index}")))?;
        Ok(Self { array, ..self })
    }

    fn values(self) -> &'a Values {
        &self.array.values
    }

    pub(crate) fn validity(self) -> Validity<'a> {
        Validity(self.array.validity.as_deref().unwrap_or_default())
    }

    fn mismatch(self, wanted: &str) -> TransformError {
        let given = kind(self.values());
        TransformError::failed(format!("its values are {given}, and not of type {wanted}"))
    }
}

/// Which values of an array are null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity<'a>(&'a [u8]);

impl<'a> Validity<'a> {
    #[inline]
    pub(crate) fn is_valid(self, index: usize) -> bool {
        self.0.is_empty() || self.0[index] != 0
    }

    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Values within others: those of a list, of a member, of a map.
pub struct Nested<'a, T: Input<'a>> {
    reader: T::Reader,
    validity: Validity<'a>,
}

impl<'a, T: Input<'a>> Nested<'a, T> {
    #[doc(hidden)]
    pub fn new(source: Source<'a>) -> Result<Self, TransformError> {
        let (reader, validity) = (T::reader(source)?, source.validity());
        Ok(Self { reader, validity })
    }

    fn child(source: Source<'a>, index: u32) -> Result<Self, TransformError> {
        Self::new(source.child(index)?)
    }

    /// The value at a place; an error where it is null and the type has no place for that.
    #[doc(hidden)]
    #[inline]
    pub fn read(&self, index: usize) -> Result<T, TransformError> {
        if !T::NULLABLE && !self.validity.is_valid(index) {
            return Err(null_within());
        }
        T::read(&self.reader, index)
    }
}

#[cold]
fn null_within() -> TransformError {
    TransformError::invalid_input("there is a null within the value; `Option` takes it")
}

impl<'a, T: Input<'a>> Input<'a> for Option<T> {
    const NULLABLE: bool = true;
    const CAN_FAIL: bool = T::CAN_FAIL;
    type Reader = Nested<'a, T>;

    fn data_type() -> String {
        T::data_type()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        Nested::new(source)
    }

    #[inline]
    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
        if !reader.validity.is_valid(index) {
            return Ok(None);
        }
        T::read(&reader.reader, index).map(Some)
    }
}

fn kind(values: &Values) -> &'static str {
    match values {
        Values::Boolean(_) => "booleans",
        Values::Int32(_) => "32-bit integers",
        Values::Int64(_) => "64-bit integers",
        Values::Float32(_) => "32-bit floats",
        Values::Float64(_) => "64-bit floats",
        Values::UnixTimestamp(_) => "timestamps",
        Values::ZonedTimestamp(_) => "zoned timestamps",
        Values::Bytes(_) => "bytes",
        Values::Text(_) => "texts",
        Values::Json(_) => "JSON documents",
        Values::Uuid(_) => "UUIDs",
        Values::TimeUuid(_) => "time UUIDs",
        Values::Decimal(_) => "decimals",
        Values::List(_) => "lists",
        Values::Set(_) => "sets",
        Values::Map(_) => "maps",
        Values::ScalarMap(_) => "scalar maps",
        Values::Struct(_) => "structs",
        Values::Mixed(_) => "of several kinds",
    }
}
