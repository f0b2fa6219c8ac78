//! Feature values into columns and back. What comes out is what went in, or an error says where it can't be.
//!
//! How types cross, where the WIT leaves it open: `PdfBytes` and `ImageBytes` are `bytes`; the values of a map are
//! one `mixed` array of all its entries; the keys of scalar maps are one array where all are of one kind, else
//! `mixed`; a struct of a declared type has that type's members, and one inside a map has those that it has itself.

mod array_writer;
mod flat;
mod mixed_writer;
mod read;
mod widen;

use std::{borrow::Borrow, sync::Arc};

use feature_model::{DataType, Value};

use crate::{Array, BadBatch, Batch, Values, batch_check::check_shape};
use array_writer::ArrayWriter;
use flat::{Refused, flat, push_flat, push_flat_default};
use widen::widened;

/// The name and type of a column.
type Column = (String, DataType);

/// A value that can't cross as the type of its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum ConvertError {
    /// A value of another type, or one that its type can't hold.
    #[error("row {row} of `{column}` can't be a value of type `{data_type}`: {detail}")]
    Value {
        column: String,
        row: usize,
        data_type: DataType,
        detail: &'static str,
    },
    /// A type that no value has.
    #[error("`{column}` is of type `{data_type}`, which can't cross to a plugin")]
    Type { column: String, data_type: DataType },
    /// A column more than were named.
    #[error("there is no column {index}")]
    NoColumn { index: usize },
}

/// Builds the columns of a batch from values, one column after the other.
pub struct BatchBuilder<'c> {
    columns: &'c [Column],
    rows: usize,
    batch: Batch,
}

impl<'c> BatchBuilder<'c> {
    /// A batch that is to have these columns, each with so many rows.
    #[must_use]
    pub fn new(columns: &'c [(String, DataType)], rows: usize) -> Self {
        Self {
            columns,
            rows,
            batch: Batch {
                columns: Vec::with_capacity(columns.len()),
                children: Vec::new(),
            },
        }
    }

    /// Adds the next column: its values, row by row. A number of a narrower type is taken as one of the column's.
    ///
    /// # Errors
    ///
    /// A value is of another type, or the column's type can't cross: one that Feast's ids don't tell. The builder is of
    /// no use any more.
    pub fn column<V: Borrow<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), ConvertError> {
        let index = self.batch.columns.len();
        let column = self.columns.get(index);
        let column = column.ok_or(ConvertError::NoColumn { index })?;
        let array = match flat(&column.1, self.rows) {
            Some(empty) => scalars(column, empty, values)?,
            None => self.nested(column, values)?,
        };
        self.batch.columns.push(array);
        Ok(())
    }

    fn nested<V: Borrow<Value>>(
        &mut self,
        column: &Column,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Array, ConvertError> {
        let (name, data_type) = column;
        let writer = ArrayWriter::new(data_type, self.rows, 0);
        let mut writer = writer.ok_or_else(|| ConvertError::Type {
            column: name.clone(),
            data_type: data_type.clone(),
        })?;
        for (row, value) in values.into_iter().enumerate() {
            let pushed = writer.push(&widened(data_type, value.borrow()));
            pushed.map_err(|detail| refused(column, row, detail))?;
        }
        Ok(writer.finish(&mut self.batch.children))
    }

    /// The batch.
    #[must_use]
    pub fn finish(self) -> Batch {
        self.batch
    }
}

/// A column that holds no other arrays, as most do: without the moves that a writer of any array takes.
fn scalars<V: Borrow<Value>>(
    column: &Column,
    empty: Values,
    values: impl IntoIterator<Item = V>,
) -> Result<Array, ConvertError> {
    let mut array = Array::of(empty);
    for (row, value) in values.into_iter().enumerate() {
        let value = widened(&column.1, value.borrow());
        match value.is_null() {
            true => push_flat_default(&mut array.values),
            false => push_flat(&mut array.values, &value)
                .map_err(|detail| refused(column, row, detail))?,
        }
        mark(&mut array.validity, row, !value.is_null());
    }
    Ok(array)
}

fn refused((name, data_type): &Column, row: usize, detail: Refused) -> ConvertError {
    ConvertError::Value {
        column: name.clone(),
        row,
        data_type: data_type.clone(),
        detail,
    }
}

/// Notes whether the next value, the one of that row, is null.
fn mark(validity: &mut Option<Vec<u8>>, row: usize, is_valid: bool) {
    if !is_valid || validity.is_some() {
        let validity = validity.get_or_insert_with(|| vec![1; row]);
        validity.push(u8::from(is_valid));
    }
}

/// Adds an array to the children in front of its own, as the interface has it.
fn add_child(children: &mut Vec<Array>, finish: impl FnOnce(&mut Vec<Array>) -> Array) -> u32 {
    let index = children.len();
    children.push(Array::of(Values::Boolean(Vec::new())));
    children[index] = finish(children);
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Reads values out of the columns of a batch.
pub struct BatchReader {
    batch: Batch,
    columns: Arc<[(String, DataType)]>,
    rows: usize,
    values_in_children: usize,
}

impl BatchReader {
    /// A reader of a batch that a [`Plugin`](crate::Plugin) has returned or a [`BatchBuilder`] has built, whose
    /// columns are these.
    ///
    /// # Errors
    ///
    /// The batch has columns of other types or another number of rows. What is nested in them isn't looked at; a value that
    /// isn't there reads as null.
    pub fn new(
        batch: Batch,
        columns: Arc<[(String, DataType)]>,
        rows: usize,
    ) -> Result<Self, BadBatch> {
        let fields = columns
            .iter()
            .map(|(name, data_type)| (name.as_str(), data_type));
        check_shape(&batch, rows, fields)?;
        Ok(Self {
            values_in_children: read::values_in(&batch.children),
            batch,
            columns,
            rows,
        })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns themselves, for whoever reads numbers or texts in bulk.
    #[must_use]
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// One value; null where there is none.
    #[must_use]
    pub fn value(&self, column: usize, row: usize) -> Value {
        match (self.batch.columns.get(column), self.columns.get(column)) {
            (Some(column), Some((_, data_type))) => {
                let most = self.values_in_children;
                read::value(&self.batch.children, column, data_type, row, most)
            }
            _ => Value::Null,
        }
    }
}

#[cfg(test)]
mod tests;
