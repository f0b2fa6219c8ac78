//! A YAML document as a tree in which each node knows its line.
//!
//! Scalars keep their text: whether `1.10` is a number or a version is for the reader of a key to say.
//! Aliases and merge keys (`<<`) are put in; depth, size and expansion are bounded: a document
//! has at most 4 MiB, its aliases add at most 32 MiB, and it nests at most 64 deep.

mod build;
mod expand;

use std::{path::Path, sync::Arc};

use indexmap::IndexMap;

pub use expand::{Expanded, expand};

use crate::{Problem, Problems};

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The file, or ``environment variable `NAME` ``.
    pub source: Arc<Path>,
    /// Line, from 1; 0 in the environment.
    pub line: usize,
    /// Column in characters, from 1; 0 in the environment.
    pub column: usize,
}

impl Mark {
    /// A problem at this place that stops the program.
    #[must_use]
    pub fn error(&self, message: impl Into<String>) -> Problem {
        Problem::error(&*self.source, self.line, message)
    }

    /// A problem at this place that the program can live with.
    #[must_use]
    pub fn warning(&self, message: impl Into<String>) -> Problem {
        Problem::warning(&*self.source, self.line, message)
    }
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub mark: Mark,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// `- a` or `[a]`
    List(Vec<Node>),
    /// `a: b` or `{a: b}`, in the order of the document.
    Mapping(Mapping),
}

/// The keys of a mapping with their values.
pub type Mapping = IndexMap<String, Entry>;

/// One key of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the key stands.
    pub mark: Mark,
    /// Its value.
    pub value: Node,
}

/// A single value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Its text, without quotes.
    pub text: String,
    /// How it was written.
    pub style: Style,
}

/// How a [`Scalar`] was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: `yes`, `3` and `null` mean more than their text.
    Plain,
    /// In quotes, as a block, or with the tag `!!str`: always text.
    Quoted,
    /// From an environment variable: text where text is wanted, else as `Plain`.
    Environment,
}

impl Scalar {
    /// Whether it is YAML's null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.style != Style::Quoted && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }

    /// The truth it tells in YAML 1.1, which Feast reads: `true`, `yes`, `on` and their opposites.
    #[must_use]
    pub fn bool(&self) -> Option<bool> {
        let text = &*self.text;
        let cased = |word: &str| {
            let title = word[..1].to_ascii_uppercase() + &word[1..];
            text == word || text == title || text == word.to_ascii_uppercase()
        };
        if ["true", "yes", "on"].into_iter().any(cased) {
            Some(true)
        } else if ["false", "no", "off"].into_iter().any(cased) {
            Some(false)
        } else {
            None
        }
    }

    /// The integer it is, in decimal digits with `_` between them as one likes.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let digits = self.text.replace('_', "");
        let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
        let leading_zero = unsigned.len() > 1 && unsigned.starts_with('0');
        if leading_zero || self.text.starts_with('_') {
            return None;
        }
        digits.parse().ok()
    }

    /// Whether Feast would read it as something else than text.
    #[must_use]
    pub fn is_text_for_feast(&self) -> bool {
        let number = self.text.replace('_', "").parse::<f64>().is_ok();
        let begins_like_one = self
            .text
            .starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        self.style != Style::Plain
            || !(self.is_null() || self.bool().is_some() || (number && begins_like_one))
    }
}

impl Node {
    /// The value of a key, where this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// A key with its place, where this is a mapping that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.mapping()?.get(key)
    }

    /// The keys, where this is a mapping.
    #[must_use]
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The items, where this is a list.
    #[must_use]
    pub fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, where this is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that is not null.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let scalar = self.scalar()?;
        (!scalar.is_null()).then_some(&*scalar.text)
    }

    /// Whether this is null: written so, or nothing written at all.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }
}

/// Reads one document; an empty one is a null.
///
/// # Errors
/// What is no YAML (the first place only), and every duplicate key, unknown alias and foreign tag.
pub fn parse(text: &str, source: &Path) -> Result<Node, Problems> {
    match parse_literal(text, source) {
        (Some(root), problems) if problems.is_empty() => Ok(root),
        (_, problems) => Err(problems),
    }
}

/// As [`parse_expanded`], without any environment.
pub fn parse_literal(text: &str, source: &Path) -> (Option<Node>, Problems) {
    let untouched = Expanded {
        text: text.to_owned(),
        ..Expanded::default()
    };
    parse_expanded(&untouched, source)
}

/// Reads one document in which environment variables have been put; lines are those of the file.
///
/// Gives everything that [`parse`] would fail with; and beside it the tree, so that what else is wrong can be
/// told in one go, unless the text is no YAML at all.
pub fn parse_expanded(expanded: &Expanded, source: &Path) -> (Option<Node>, Problems) {
    build::Builder::new(expanded, Arc::from(source)).run()
}

#[cfg(test)]
mod tests;
