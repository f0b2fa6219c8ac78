//! The rules that one array can be held to without looking at another.

use serde::de::IgnoredAny;

use super::BadBatch;
use crate::{Blobs, Mixed};

/// What is wrong, without the column's name.
pub(super) enum Wrong {
    Length {
        expected: usize,
        found: usize,
    },
    Type {
        expected: String,
        found: &'static str,
    },
    Rule(&'static str),
}

impl Wrong {
    pub(super) fn at(self, column: &str) -> BadBatch {
        let column = crate::error::cut(column, 128);
        match self {
            Self::Length { expected, found } => BadBatch::Length {
                column,
                expected,
                found,
            },
            Self::Type { expected, found } => BadBatch::Type {
                column,
                expected,
                found,
            },
            Self::Rule(rule) => BadBatch::Rule { column, rule },
        }
    }
}

pub(super) fn check_validity(
    validity: Option<&[u8]>,
    length: usize,
    may_be_null: bool,
) -> Result<(), Wrong> {
    let Some(validity) = validity else {
        return Ok(());
    };
    if validity.len() != length {
        return Err(Wrong::Rule("its validity hasn't a byte for each value"));
    }
    if validity.iter().any(|byte| *byte > 1) {
        return Err(Wrong::Rule("a byte of its validity is neither 0 nor 1"));
    }
    if !may_be_null && validity.contains(&0) {
        return Err(Wrong::Rule("an element is null that can't be"));
    }
    Ok(())
}

pub(super) fn last(offsets: &[u32]) -> usize {
    offsets.last().map_or(0, |last| *last as usize)
}

pub(super) fn check_offsets(offsets: &[u32], length: usize) -> Result<(), Wrong> {
    if offsets.first() != Some(&0) {
        return Err(Wrong::Rule("its offsets don't begin with 0"));
    }
    if !offsets.is_sorted() {
        return Err(Wrong::Rule("its offsets run backwards"));
    }
    if last(offsets) != length {
        return Err(Wrong::Rule("its last offset isn't the length of its data"));
    }
    Ok(())
}

/// All of it is UTF-8, and no text begins inside a character.
pub(super) fn check_texts(blobs: &Blobs) -> Result<(), Wrong> {
    check_offsets(&blobs.offsets, blobs.data.len())?;
    let Ok(text) = std::str::from_utf8(&blobs.data) else {
        return Err(Wrong::Rule("a text is not UTF-8"));
    };
    let whole = text.is_ascii()
        || blobs
            .offsets
            .iter()
            .all(|offset| text.is_char_boundary(*offset as usize));
    if whole {
        Ok(())
    } else {
        Err(Wrong::Rule("a text is not UTF-8"))
    }
}

/// Texts of a kind that not every text is of; those in the places of nulls may be any.
pub(super) fn check_each(
    blobs: &Blobs,
    validity: &[u8],
    is_right: fn(&str) -> bool,
    rule: &'static str,
) -> Result<(), Wrong> {
    check_texts(blobs)?;
    for (row, bounds) in blobs.offsets.windows(2).enumerate() {
        if validity.get(row) == Some(&0) {
            continue;
        }
        let text = blobs.data.get(bounds[0] as usize..bounds[1] as usize);
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        if !text.is_some_and(is_right) {
            return Err(Wrong::Rule(rule));
        }
    }
    Ok(())
}

pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Positions of one alternative ascend, so that no value can be multiplied. Each alternative is the next position
/// that is allowed, and its length.
pub(super) fn check_positions(
    mixed: &Mixed,
    validity: &[u8],
    alternatives: &mut [(usize, usize)],
) -> Result<(), Wrong> {
    for (row, (choice, position)) in mixed.choices.iter().zip(&mixed.positions).enumerate() {
        if validity.get(row) == Some(&0) {
            continue;
        }
        let Some((next, length)) = alternatives.get_mut(usize::from(*choice)) else {
            return Err(Wrong::Rule("a choice is of no alternative"));
        };
        let position = *position as usize;
        if position < *next || position >= *length {
            return Err(Wrong::Rule(
                "positions in an alternative don't ascend, or end beyond it",
            ));
        }
        *next = position + 1;
    }
    Ok(())
}
