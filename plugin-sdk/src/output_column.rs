//! The columns that a function over columns returns.

use crate::{
    Output, TransformError,
    bindings::{
        exports::salver::transform::transforms::{Computed, Field},
        salver::transform::columns::Array,
    },
    output::{Children, Nulls},
    outputs::{ComputedWriter, field},
};

/// A column that a function over columns returns, where some of its values are null.
///
/// A `Vec<T>` is returned without being copied, and so are [`OutputColumn::with_validity`] of numbers. A
/// `Vec<Option<T>>` works, too.
#[derive(Debug)]
pub struct OutputColumn<T> {
    values: Vec<T>,
    nulls: Nulls,
}

impl<T: Output> OutputColumn<T> {
    /// An empty one with room for some rows.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self::from(Vec::with_capacity(rows))
    }

    /// Values, and which of them are null: as [`Column::validity`](crate::Column::validity).
    #[must_use]
    pub fn with_validity(values: Vec<T>, validity: Vec<u8>) -> Self {
        let nulls = Nulls::from(validity);
        Self { values, nulls }
    }

    /// Adds a value.
    #[inline]
    pub fn push(&mut self, value: T) {
        self.nulls.push_valid();
        self.values.push(value);
    }

    /// Adds a null.
    pub fn push_null(&mut self)
    where
        T: Default,
    {
        self.nulls.push_null(self.values.len());
        self.values.push(T::default());
    }
}

impl<T> From<Vec<T>> for OutputColumn<T> {
    fn from(values: Vec<T>) -> Self {
        let nulls = Nulls::default();
        Self { values, nulls }
    }
}

impl<T: Output + Default> FromIterator<Option<T>> for OutputColumn<T> {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(values: I) -> Self {
        let values = values.into_iter();
        let mut column = Self::with_capacity(values.size_hint().0);
        for value in values {
            match value {
                Some(value) => column.push(value),
                None => column.push_null(),
            }
        }
        column
    }
}

/// What a function over columns can return for one output column: a `Vec` or an [`OutputColumn`].
#[diagnostic::on_unimplemented(
    message = "a transform of columns can't return `{Self}`",
    label = "no output column",
    note = "return a `Vec<T>`, a `Vec<Option<T>>` or an `OutputColumn<T>` with a value for each row, or a tuple of them; a `Result` \
            of one"
)]
pub trait ColumnOutput: Sized {
    /// The column's description.
    fn field(name: &str) -> Field;

    /// The column, which must have a value for each row.
    ///
    /// # Errors
    /// It is too long, too short or too large.
    fn array(self, rows: usize, children: &mut Children) -> Result<Array, TransformError>;
}

impl<T: Output> ColumnOutput for Vec<T> {
    fn field(name: &str) -> Field {
        field::<T>(name, "")
    }

    fn array(self, rows: usize, children: &mut Children) -> Result<Array, TransformError> {
        check_rows(self.len(), rows)?;
        T::array(self, children)
    }
}

impl<T: Output> ColumnOutput for OutputColumn<T> {
    fn field(name: &str) -> Field {
        field::<T>(name, "")
    }

    fn array(self, rows: usize, children: &mut Children) -> Result<Array, TransformError> {
        check_rows(self.values.len(), rows)?;
        if !self.nulls.is_empty() {
            check_rows(self.nulls.len(), rows)?;
        }
        let array = T::array(self.values, children)?;
        Ok(self.nulls.add_to(array))
    }
}

fn check_rows(length: usize, rows: usize) -> Result<(), TransformError> {
    if length == rows {
        return Ok(());
    }
    Err(TransformError::failed(format!(
        "the function returned {length} values for {rows} rows"
    )))
}

/// What a function over columns can return, inside its `Result`.
#[diagnostic::on_unimplemented(
    message = "a transform of columns can't return `{Self}`",
    label = "no output column",
    note = "return a `Vec<T>`, a `Vec<Option<T>>` or an `OutputColumn<T>` with a value for each row, or a tuple of them; a `Result` \
            of one"
)]
pub trait OutputColumns: Sized {
    /// The columns' descriptions.
    fn fields(names: &[&str]) -> Vec<Field>;

    /// The columns.
    ///
    /// # Errors
    /// One hasn't a value for each row, or is too large.
    fn finish(self, rows: usize, names: &[&str]) -> Result<Computed, TransformError>;
}

impl<T: ColumnOutput> OutputColumns for T {
    fn fields(names: &[&str]) -> Vec<Field> {
        names.iter().map(|name| T::field(name)).collect()
    }

    fn finish(self, rows: usize, names: &[&str]) -> Result<Computed, TransformError> {
        let mut computed = ComputedWriter::of(names.len());
        let name = names.first().copied().unwrap_or_default();
        computed.add(name, |children| self.array(rows, children))?;
        Ok(computed.finish())
    }
}

macro_rules! tuples {
    ($($($name:ident $index:tt),+;)*) => {$(
        impl<$($name: ColumnOutput),+> OutputColumns for ($($name,)+) {
            fn fields(names: &[&str]) -> Vec<Field> {
                vec![$($name::field(names[$index])),+]
            }

            fn finish(self, rows: usize, names: &[&str]) -> Result<Computed, TransformError> {
                let mut computed = ComputedWriter::of(names.len());
                $(computed.add(names[$index], |children| self.$index.array(rows, children))?;)+
                Ok(computed.finish())
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
