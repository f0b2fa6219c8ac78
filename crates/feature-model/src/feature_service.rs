use std::collections::BTreeMap;

use crate::{Field, Tags};

/// The features that one model reads, under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureService {
    /// Unique among the feature services of a project.
    pub name: String,
    /// What is read, in the order of the answer.
    pub projections: Vec<Projection>,
    /// For people.
    pub description: String,
    /// Free-form labels.
    pub tags: Tags,
    /// Whom to ask.
    pub owner: String,
}

/// Some features of a view, perhaps under another name and other join keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    /// Real name of the view.
    pub view: String,
    /// The view's name in full feature names, where it isn't the real one.
    pub alias: Option<String>,
    /// The chosen features.
    pub features: Vec<Field>,
    /// Join key of the view -> name of the request field that brings it.
    pub join_key_map: BTreeMap<String, String>,
    /// A pinned version of the view.
    pub version_tag: Option<u32>,
}

impl Projection {
    /// The name under which the view's features are told: its alias, else its own.
    #[must_use]
    pub fn name_to_use(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.view)
    }
}
