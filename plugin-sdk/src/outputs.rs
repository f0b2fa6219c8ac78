//! The columns that a function returns.

use crate::{
    Output, TransformError,
    bindings::{
        exports::salver::transform::transforms::{Computed, Field},
        salver::transform::columns::{Array, Batch},
    },
    output::Children,
};

/// What a row function can return, inside its `Option` or `Result`: a value, a tuple of values, or a struct with
/// `#[derive(Outputs)]`.
#[diagnostic::on_unimplemented(
    message = "a transform can't return `{Self}`",
    label = "no column has values of this type",
    note = "return bool, i32, i64, f32, f64, &str, String, &[u8], Vec<u8>, Timestamp, ZonedTimestamp, Json, Uuid, TimeUuid, Decimal, a \
            Vec, Set or map of them, or a struct with `#[derive(Struct)]`; an `Option` or `Result` of one; for several \
            columns a tuple, or a struct with `#[derive(Outputs)]`"
)]
pub trait Outputs: Sized {
    /// Whether the type itself names its columns.
    const NAMED: bool = false;
    /// The columns that are being made.
    type Writers;

    /// The columns. `names` are those that the transform's attribute tells.
    fn fields(names: &[&str]) -> Vec<Field>;

    /// Empty columns with room for some rows.
    fn writers(capacity: usize) -> Self::Writers;

    /// Adds a row.
    fn write(self, writers: &mut Self::Writers);

    /// Adds a row of nulls.
    fn write_null(writers: &mut Self::Writers);

    /// Ends the columns.
    ///
    /// # Errors
    /// One is larger than a column can be.
    fn finish(writers: Self::Writers, names: &[&str]) -> Result<Computed, TransformError>;
}

impl<T: Output> Outputs for T {
    type Writers = T::Writer;

    fn fields(names: &[&str]) -> Vec<Field> {
        names.iter().map(|name| field::<T>(name, "")).collect()
    }

    fn writers(capacity: usize) -> Self::Writers {
        T::writer(capacity)
    }

    #[inline]
    fn write(self, writers: &mut Self::Writers) {
        T::write(self, writers);
    }

    #[inline]
    fn write_null(writers: &mut Self::Writers) {
        T::write_null(writers);
    }

    fn finish(writers: Self::Writers, names: &[&str]) -> Result<Computed, TransformError> {
        let mut computed = ComputedWriter::of(names.len());
        let name = names.first().copied().unwrap_or_default();
        computed.add(name, |children| T::finish(writers, children))?;
        Ok(computed.finish())
    }
}

/// A column's description.
#[doc(hidden)]
#[must_use]
pub fn field<T: Output>(name: &str, documentation: &str) -> Field {
    Field {
        name: name.to_owned(),
        data_type: T::data_type(),
        documentation: documentation.to_owned(),
    }
}

/// Collects finished columns.
#[doc(hidden)]
#[derive(Debug)]
pub struct ComputedWriter {
    names: Vec<String>,
    columns: Vec<Array>,
    children: Children,
}

impl ComputedWriter {
    /// One with room for some columns.
    #[must_use]
    pub fn of(columns: usize) -> Self {
        Self {
            names: Vec::with_capacity(columns),
            columns: Vec::with_capacity(columns),
            children: Children::default(),
        }
    }

    /// Adds the column that `finish` makes.
    ///
    /// # Errors
    /// Those of `finish`, with the column's name.
    pub fn add(
        &mut self,
        name: &str,
        finish: impl FnOnce(&mut Children) -> Result<Array, TransformError>,
    ) -> Result<(), TransformError> {
        let values = finish(&mut self.children).map_err(|error| error.or_at(None, Some(name)))?;
        self.names.push(name.to_owned());
        self.columns.push(values);
        Ok(())
    }

    /// All of them.
    #[must_use]
    pub fn finish(self) -> Computed {
        let columns = Batch {
            columns: self.columns,
            children: self.children.into_arrays(),
        };
        Computed {
            names: self.names,
            columns,
        }
    }
}

macro_rules! tuples {
    ($($($name:ident $index:tt),+;)*) => {$(
        impl<$($name: Output),+> Outputs for ($($name,)+) {
            type Writers = ($($name::Writer,)+);

            fn fields(names: &[&str]) -> Vec<Field> {
                vec![$(field::<$name>(names[$index], "")),+]
            }

            fn writers(capacity: usize) -> Self::Writers {
                ($($name::writer(capacity),)+)
            }

            #[inline]
            fn write(self, writers: &mut Self::Writers) {
                $(self.$index.write(&mut writers.$index);)+
            }

            #[inline]
            fn write_null(writers: &mut Self::Writers) {
                $($name::write_null(&mut writers.$index);)+
            }

            fn finish(writers: Self::Writers, names: &[&str]) -> Result<Computed, TransformError> {
                let mut computed = ComputedWriter::of(names.len());
                $(computed.add(names[$index], |children| $name::finish(writers.$index, children))?;)+
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
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}
