//! Where in a body the parser is, and how it tells what is wrong there.

use std::borrow::Cow;

use serde_json::error::Category;

use super::AskError;
use crate::nearest::shown;

/// Where in the body the parser is, and what it found there that isn't a question of syntax.
pub(super) struct Trail<'b> {
    pub(super) place: Place<'b>,
    pub(super) problem: Option<AskError>,
}

/// Becomes a text only where something is wrong there.
pub(super) enum Place<'b> {
    Body,
    Key(Cow<'b, str>),
    Reference(usize),
    Entities,
    Column(Cow<'b, str>),
    Metadata(Cow<'b, str>),
}

pub(super) fn entities_path(name: &str) -> String {
    format!("entities.{}", shown(name))
}

pub(super) fn told(error: &serde_json::Error, trail: &Trail<'_>) -> AskError {
    let text = error.to_string();
    match error.classify() {
        Category::Data => AskError::WrongType {
            field: trail.field(),
            message: what_and_instead(&text),
        },
        Category::Syntax | Category::Eof | Category::Io => AskError::Malformed {
            message: shown(&text).into_owned(),
        },
    }
}

/// The text of a serde error, in which only what comes from the body is cut, and not what would be right.
fn what_and_instead(text: &str) -> String {
    match text.rsplit_once(", expected ") {
        Some((what, instead)) => format!("{}, expected {instead}", shown(&in_json_words(what))),
        None => shown(text).into_owned(),
    }
}

/// What was found instead, by the names that JSON has for it and not by serde's.
fn in_json_words(found: &str) -> Cow<'_, str> {
    match found.strip_prefix("invalid type: ") {
        Some("map") => "this is an object".into(),
        Some("sequence") => "this is a list".into(),
        Some("null") => "this is null".into(),
        Some(scalar) => {
            let number = scalar.strip_prefix("floating point ");
            let number = number.or_else(|| scalar.strip_prefix("integer "));
            number.map_or_else(
                || format!("this is the {scalar}").into(),
                |number| format!("this is the number {number}").into(),
            )
        }
        None => found.into(),
    }
}

impl Trail<'_> {
    pub(super) fn field(&self) -> String {
        match &self.place {
            Place::Body => "body".to_owned(),
            Place::Key(key) => shown(key).into_owned(),
            Place::Reference(index) => format!("features[{index}]"),
            Place::Entities => "entities".to_owned(),
            Place::Column(name) => entities_path(name),
            Place::Metadata(key) => format!("metadata.{}", shown(key)),
        }
    }

    pub(super) fn refuse_twice<E: serde::de::Error>(&mut self) -> E {
        let field = self.field();
        self.refuse(AskError::DuplicateKey { field })
    }

    pub(super) fn refuse<E: serde::de::Error>(&mut self, problem: AskError) -> E {
        self.problem = Some(problem);
        E::custom("refused")
    }
}
