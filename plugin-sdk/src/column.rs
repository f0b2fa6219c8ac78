//! Whole columns, for functions that are called once for all rows.

use crate::{
    Input, TransformError,
    bindings::{exports::salver::transform::transforms::Field, salver::transform::columns::Batch},
    input::Source,
    row::input,
};

/// A column that a function over columns is given. Nothing of it is copied.
///
/// ```
/// use plugin_sdk::{Column, transform};
///
/// /// Numbers that aren't there count as zeros.
/// #[transform]
/// fn total(first: &Column<'_, f64>, second: &Column<'_, f64>) -> Vec<f64> {
///     let rows = first.iter().zip(second.iter());
///     rows.map(|(first, second)| first.unwrap_or(0.0) + second.unwrap_or(0.0)).collect()
/// }
/// ```
///
/// Texts are a `Column<'_, str>`, bytes a `Column<'_, [u8]>`, lists of numbers such as embeddings a `Column<'_, [f32]>`; every
/// type that a row function takes can be a column's, too.
pub struct Column<'a, T: ColumnValue + ?Sized> {
    name: &'static str,
    rows: usize,
    values: Reader<'a, T>,
    validity: &'a [u8],
}

type Reader<'a, T> = <<T as ColumnValue>::Item<'a> as Input<'a>>::Reader;

/// What there can be a [`Column`] of.
#[diagnostic::on_unimplemented(
    message = "there are no columns of `{Self}`",
    label = "no column has values of this type",
    note = "texts are a `Column<'_, str>`, bytes a `Column<'_, [u8]>`, lists of numbers such as embeddings a `Column<'_, [f32]>`; else \
            every type that a row function takes can be a column's"
)]
pub trait ColumnValue {
    /// One of its values.
    type Item<'a>: Input<'a>;
}

impl<T: for<'a> Input<'a>> ColumnValue for T {
    type Item<'a> = T;
}

macro_rules! views {
    ($($type:ty)*) => {$(
        impl ColumnValue for $type {
            type Item<'a> = &'a $type;
        }
    )*};
}

views! { str [u8] [i32] [i64] [f32] [f64] }

impl<'a, T: ColumnValue + ?Sized> Column<'a, T> {
    /// A column of a batch.
    #[doc(hidden)]
    pub fn __new(
        batch: &'a Batch,
        index: usize,
        name: &'static str,
        rows: usize,
    ) -> Result<Self, TransformError> {
        let named = |error: TransformError| error.or_at(None, Some(name));
        let source = Source::column(batch, index).map_err(named)?;
        let column = Self {
            name,
            rows,
            values: T::Item::reader(source).map_err(named)?,
            validity: source.validity().bytes(),
        };
        column.check()?;
        Ok(column)
    }

    #[doc(hidden)]
    #[must_use]
    pub fn __field(name: &str, documentation: &str) -> Field {
        input::<T::Item<'_>>(name, documentation)
    }

    /// Whether each value can be had, so that `get` needn't tell.
    fn check(&self) -> Result<(), TransformError> {
        if !T::Item::<'a>::CAN_FAIL {
            return Ok(());
        }
        for row in (0..self.rows).filter(|row| T::Item::<'a>::NULLABLE || !self.is_null(*row)) {
            let read = T::Item::read(&self.values, row);
            read.map_err(|error| error.or_at(Some(row), Some(self.name)))?;
        }
        Ok(())
    }

    /// How many values there are: the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Its name, for errors: `TransformError::invalid_input(..).row(row).column(column.name())`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Empty where nothing is null. Else a byte for each row: 0 where it is null.
    #[must_use]
    pub fn validity(&self) -> &'a [u8] {
        self.validity
    }

    /// Whether there is no value in a row.
    #[must_use]
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        !self.validity.is_empty() && self.validity[row] == 0
    }

    /// The value of a row; none where it is null.
    ///
    /// # Panics
    /// There is no such row.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<T::Item<'a>> {
        if self.is_null(row) {
            return None;
        }
        T::Item::read(&self.values, row).ok()
    }

    /// The values of all rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<T::Item<'a>>> {
        (0..self.rows).map(|row| self.get(row))
    }
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl<'a> Column<'a, $type> {
            /// The values as they stand. Where a row is null, the value has no meaning.
            #[must_use]
            pub fn values(&self) -> &'a [$type] {
                self.values
            }
        }
    )*};
}

numbers! { i32 i64 f32 f64 }
