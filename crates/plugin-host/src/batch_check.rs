//! Holds a guest's columns to its description and to the rules of `interface columns`.
//!
//! The arrays are visited once, in the order of their indices: an array refers only to later ones, so whatever is
//! expected of an array is known when its turn comes, and nothing recurses.

mod kind;
mod rules;
mod visit;

use feature_model::DataType;

use crate::Batch;
use kind::Kind;
use rules::Wrong;
use visit::{Expected, Visit};

/// Arrays within arrays, so that nothing that follows the nesting runs out of stack.
pub(crate) const DEEPEST_NESTING: usize = 32;

/// Structs without members take no room in a batch, so that there could be four thousand million of them.
pub(crate) const MOST_EMPTY_STRUCTS: usize = 1 << 16;

/// What is wrong with a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum BadBatch {
    /// Not even the records could be read.
    #[error("it breaks the interface: {detail}")]
    Interface { detail: String },
    /// Columns are missing, or there are too many.
    #[error("it has {found} columns, where {expected} are described")]
    Count { expected: usize, found: usize },
    /// A column has another name.
    #[error("column {index} is called `{found}`, where `{expected}` is described")]
    Name {
        index: usize,
        expected: String,
        found: String,
    },
    /// A column, or something nested in it, is of another type.
    #[error("column `{column}` has {found}, where {expected} is due")]
    Type {
        column: String,
        expected: String,
        found: &'static str,
    },
    /// A column, or something nested in it, is too long or too short.
    #[error("column `{column}` has {found} values, where {expected} are due")]
    Length {
        column: String,
        expected: usize,
        found: usize,
    },
    /// A column, or something nested in it, breaks another rule.
    #[error("column `{column}`: {rule}")]
    Rule { column: String, rule: &'static str },
    /// Nothing refers to an array.
    #[error("child {index} is referred to by nothing")]
    Unused { index: usize },
    /// A description that can't be used.
    #[error("its description: {detail}")]
    Description { detail: String },
}

/// Checks all of a batch whose columns should be these, in this order.
pub(crate) fn check<'t>(
    batch: &Batch,
    rows: usize,
    fields: impl ExactSizeIterator<Item = (&'t str, &'t DataType)> + Clone,
) -> Result<(), BadBatch> {
    check_count(batch.columns.len(), fields.len())?;
    let mut visit = Visit::new(&batch.children);
    let columns = batch.columns.iter().zip(fields.clone());
    for (index, (column, (name, data_type))) in columns.enumerate() {
        let expected = Expected {
            length: Some(rows),
            kind: Kind::Typed(data_type),
            may_be_null: true,
            depth: 0,
            column: index,
        };
        visit
            .array(None, column, expected)
            .map_err(|wrong| wrong.at(name))?;
    }
    for index in 0..batch.children.len() {
        let column = visit.column_of(index).ok_or(BadBatch::Unused { index })?;
        let name = fields.clone().nth(column).map_or("", |(name, _)| name);
        visit.child(index).map_err(|wrong| wrong.at(name))?;
    }
    Ok(())
}

/// Checks what costs next to nothing: kinds and lengths of the columns themselves. For what the host's own
/// code has built.
pub(crate) fn check_shape<'t>(
    batch: &Batch,
    rows: usize,
    fields: impl ExactSizeIterator<Item = (&'t str, &'t DataType)>,
) -> Result<(), BadBatch> {
    check_count(batch.columns.len(), fields.len())?;
    for (column, (name, data_type)) in batch.columns.iter().zip(fields) {
        let found = column.values.len();
        if found != rows {
            return Err(Wrong::Length {
                expected: rows,
                found,
            }
            .at(name));
        }
        if !kind::is_of(data_type, &column.values) {
            return Err(kind::wrong_type(data_type, &column.values).at(name));
        }
    }
    Ok(())
}

/// Checks that columns are called what they should be, in this order.
pub(crate) fn check_names<'t>(
    names: &[String],
    fields: impl ExactSizeIterator<Item = (&'t str, &'t DataType)>,
) -> Result<(), BadBatch> {
    check_count(names.len(), fields.len())?;
    for (index, (found, (expected, _))) in names.iter().zip(fields).enumerate() {
        if found != expected {
            return Err(BadBatch::Name {
                index,
                expected: expected.to_owned(),
                found: crate::error::cut(found, 128),
            });
        }
    }
    Ok(())
}

fn check_count(found: usize, expected: usize) -> Result<(), BadBatch> {
    match found == expected {
        true => Ok(()),
        false => Err(BadBatch::Count { expected, found }),
    }
}

#[cfg(test)]
mod tests;
