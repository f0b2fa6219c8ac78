//! The list of feature references in a body. It is the longest text of most requests and the same in all requests of one
//! client: whoever has seen it before needs neither to check nor to read it again.

use std::borrow::{Borrow, Cow};

use serde_json::value::RawValue;

use super::{Given, body::given};

/// Feature references as a body lists them. Two lists are equal where their texts are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FeatureList<'b>(Cow<'b, str>);

impl<'b> FeatureList<'b> {
    /// The list of this text, which was found to be a JSON list of strings.
    pub(super) fn checked(text: &'b str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Its text, as it is in the body.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it has no reference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let inside = self.0.strip_prefix('[');
        inside.is_none_or(|inside| inside.trim_start().starts_with(']'))
    }

    /// The references, as strings without their escapes.
    #[must_use]
    pub fn references(&self) -> Vec<Cow<'_, str>> {
        // whoever has made it has checked that it is such a list
        let items: Vec<&RawValue> = serde_json::from_str(&self.0).unwrap_or_default();
        let strings = items.into_iter().map(|item| given(item.get()));
        strings
            .filter_map(|string| match string {
                Ok(Given::Text(text)) => Some(text),
                _ => None,
            })
            .collect()
    }

    /// The same, without the body it was read from.
    #[must_use]
    pub fn into_owned(self) -> FeatureList<'static> {
        FeatureList(Cow::Owned(self.0.into_owned()))
    }
}

/// A list hashes and compares as its text.
impl Borrow<str> for FeatureList<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}
