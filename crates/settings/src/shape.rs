//! Tables that describe mappings: which keys they have, of which kind, and what each means.
//!
//! One table serves three readers: [`check`] reports everything that doesn't fit it, with lines and with the
//! nearest known name; [`json_schema`] tells it to editors; the documentation is tested against it. What
//! has passed [`check`] is then read key by key, without a second set of complaints.

mod check;
mod schema;

use std::time::Duration;

use feature_model::{ByteSize, DataType, Ttl};

pub use check::check;
pub use schema::json_schema;

use crate::yaml::Node;

/// A mapping.
#[derive(Debug)]
pub struct Shape {
    /// What it is, with its article, as a message says it: `a feature view`.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// The keys it may have.
    pub keys: &'static [Key],
}

/// A key of a [`Shape`].
#[derive(Debug)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it must be there. An optional key with the value null is as good as absent.
    pub required: bool,
    /// What it means, in one sentence.
    pub doc: &'static str,
    /// What absence means, as one would write it.
    pub default: Option<&'static str>,
    /// Who uses it.
    pub usage: Usage,
}

/// Who uses a [`Key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Salver does.
    Salver,
    /// Feast alone does: told in a warning, but for these values, which say what Salver does anyway.
    Feast(&'static [&'static str]),
}

/// What the value of a [`Key`] is.
#[derive(Debug)]
pub enum Kind {
    /// Any scalar, taken as its text.
    Text,
    /// A text that Feast reads too: a number or a truth needs quotes.
    FeastText,
    /// A text that Feast doesn't read: a number or a truth needs quotes all the same, since it is probably a mistake.
    QuotedText,
    /// A text that is not told in messages, because it may hold a password.
    SecretText,
    /// A name by Feast's rule ([`feature_model::check_name`]).
    Name,
    /// An integer of at least `min`.
    Integer {
        /// The least that is accepted.
        min: i64,
    },
    /// `true` or `false`, in YAML 1.1's spellings too.
    Bool,
    /// A duration above zero: `5s`, `90m`, `1d`.
    Duration,
    /// A duration, or `0` for no limit.
    Ttl,
    /// A number of bytes above zero: `64MiB`, `512KiB`, `1000`.
    Size,
    /// A feature type by Feast's names.
    DataType,
    /// One of some words.
    OneOf(&'static [&'static str]),
    /// A mapping of words to texts.
    TextMap,
    /// A list.
    List(&'static Kind),
    /// A mapping.
    Mapping(&'static Shape),
    /// The first where the value is a scalar, else the second.
    Either(&'static Kind, &'static Kind),
    /// A mapping whose key `type` says which keys it has.
    Variants(&'static Variants),
    /// A mapping of anything.
    Object,
    /// Anything.
    Any,
    /// A mapping of Feast's with these keys.
    FeastKeys(&'static [&'static str]),
    /// A mapping of Feast's whose key `type` says which keys it has.
    FeastTyped(&'static FeastTyped),
}

/// Mappings that their key `type` tells apart.
#[derive(Debug)]
pub struct Variants {
    /// What they are, with an article.
    pub name: &'static str,
    /// The type of a mapping that doesn't tell.
    pub default: Option<&'static str>,
    /// Type and shape. Each shape has the key `type` itself.
    pub shapes: &'static [(&'static str, &'static Shape)],
}

/// A section of Feast with many types, which Salver only looks over for misspelt keys.
#[derive(Debug)]
pub struct FeastTyped {
    /// Type and keys; no keys where they aren't known.
    pub types: &'static [(&'static str, &'static [&'static str])],
    /// A type with this ending is a class that only Feast can look into.
    pub class_ending: &'static str,
}

impl Key {
    /// An optional key that Salver uses.
    #[must_use]
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            required: false,
            doc,
            default: None,
            usage: Usage::Salver,
        }
    }

    /// The key must be there.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Tells what absence means.
    #[must_use]
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Only Feast uses the key; `same` are the values that make no difference.
    #[must_use]
    pub const fn feast(mut self, same: &'static [&'static str]) -> Self {
        self.usage = Usage::Feast(same);
        self
    }
}

impl Shape {
    /// The key of that name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// Calls `visit` with each key of this shape and of the shapes below it that Salver itself looks into.
    pub fn walk(&'static self, visit: &mut dyn FnMut(&'static Shape, &'static Key)) {
        for key in self.keys {
            visit(self, key);
            key.kind.walk(visit);
        }
    }
}

impl Kind {
    fn walk(&'static self, visit: &mut dyn FnMut(&'static Shape, &'static Key)) {
        match self {
            Self::Mapping(shape) => shape.walk(visit),
            Self::List(kind) => kind.walk(visit),
            Self::Either(scalar, other) => {
                scalar.walk(visit);
                other.walk(visit);
            }
            Self::Variants(variants) => variants
                .shapes
                .iter()
                .for_each(|(_, shape)| shape.walk(visit)),
            _ => {}
        }
    }
}

/// Typed reading of values that have passed [`check`]; `None` where the value is absent, null or unfit.
impl Node {
    /// The text of a key's scalar.
    #[must_use]
    pub fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The text of a key, empty where there is none.
    #[must_use]
    pub fn string_at(&self, key: &str) -> String {
        self.text_at(key).unwrap_or_default().to_owned()
    }

    /// The truth of a key.
    #[must_use]
    pub fn bool_at(&self, key: &str) -> Option<bool> {
        self.get(key)?.scalar()?.bool()
    }

    /// The integer of a key.
    #[must_use]
    pub fn integer_at(&self, key: &str) -> Option<i64> {
        self.get(key)?.scalar()?.integer()
    }

    /// The duration of a key, where it is above zero.
    #[must_use]
    pub fn ttl_at(&self, key: &str) -> Option<Ttl> {
        Ttl::parse(self.text_at(key)?).ok()?
    }

    /// The duration of a key, where it is above zero.
    #[must_use]
    pub fn duration_at(&self, key: &str) -> Option<Duration> {
        let ttl = self.ttl_at(key)?;
        let seconds = u64::try_from(ttl.seconds()).ok()?;
        Some(Duration::new(seconds, ttl.subsecond_nanos()))
    }

    /// The number of bytes of a key, where it is above zero.
    #[must_use]
    pub fn size_at(&self, key: &str) -> Option<u64> {
        let size: ByteSize = self.text_at(key)?.parse().ok()?;
        Some(size.bytes()).filter(|bytes| *bytes > 0)
    }

    /// The feature type of a key.
    #[must_use]
    pub fn data_type_at(&self, key: &str) -> Option<DataType> {
        self.text_at(key)?.parse().ok()
    }

    /// The items of a key's list; none where there is no list.
    #[must_use]
    pub fn list_at(&self, key: &str) -> &[Node] {
        self.get(key).and_then(Node::list).unwrap_or_default()
    }

    /// The words and texts of a key's mapping.
    #[must_use]
    pub fn text_map_at(&self, key: &str) -> std::collections::BTreeMap<String, String> {
        let entries = self.get(key).and_then(Node::mapping);
        let text = |value: &Node| value.text().unwrap_or_default().to_owned();
        entries
            .into_iter()
            .flatten()
            .map(|(name, entry)| (name.clone(), text(&entry.value)))
            .collect()
    }
}

#[cfg(test)]
mod tests;
