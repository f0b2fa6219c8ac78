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

use std::sync::Arc;

use feature_model::{DataType, Value};

use crate::{Array, BadBatch, Batch, batch_check::check_shape};
use array_writer::ArrayWriter;

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
    /// A column that was never named.
    #[error("there is no column {index}")]
    NoColumn { index: usize },
}

/// Builds the columns of a batch from values, row by row and column by column.
pub struct BatchBuilder<'c> {
    columns: Vec<(&'c str, &'c DataType, ArrayWriter)>,
}

impl<'c> BatchBuilder<'c> {
    /// Empty columns, with room for so many rows.
    ///
    /// # Errors
    ///
    /// A type can't cross: one that Feast's ids don't tell.
    pub fn new(columns: &'c [(String, DataType)], rows: usize) -> Result<Self, ConvertError> {
        let writer = |(name, data_type): &'c (String, DataType)| {
            let writer =
                ArrayWriter::new(data_type, rows, 0).ok_or_else(|| ConvertError::Type {
                    column: name.clone(),
                    data_type: data_type.clone(),
                })?;
            Ok((name.as_str(), data_type, writer))
        };
        Ok(Self {
            columns: columns.iter().map(writer).collect::<Result<_, _>>()?,
        })
    }

    /// Adds the next row's value of a column. A number of a narrower type is taken as one of the column's.
    ///
    /// # Errors
    ///
    /// The value is of another type. The builder is of no use any more.
    pub fn push(&mut self, column: usize, value: &Value) -> Result<(), ConvertError> {
        let Some((name, data_type, writer)) = self.columns.get_mut(column) else {
            return Err(ConvertError::NoColumn { index: column });
        };
        let row = writer.len();
        let value = widen::widened(data_type, value);
        writer.push(&value).map_err(|detail| ConvertError::Value {
            column: (*name).to_owned(),
            row,
            data_type: (*data_type).clone(),
            detail,
        })
    }

    /// The batch.
    #[must_use]
    pub fn finish(self) -> Batch {
        let mut children = Vec::new();
        let columns = self
            .columns
            .into_iter()
            .map(|(_, _, writer)| writer.finish(&mut children))
            .collect();
        Batch { columns, children }
    }
}

/// Adds an array to the children in front of its own, as the interface has it.
fn add_child(children: &mut Vec<Array>, finish: impl FnOnce(&mut Vec<Array>) -> Array) -> u32 {
    let index = children.len();
    children.push(Array::of(crate::Values::Boolean(Vec::new())));
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
