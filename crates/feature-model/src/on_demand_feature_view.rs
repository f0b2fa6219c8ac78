use indexmap::IndexMap;

use crate::{DataSource, Field, Projection, Tags};

/// Features that are computed at request time from stored features and request data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDemandFeatureView {
    /// Unique among all kinds of views of a project.
    pub name: String,
    /// What it computes.
    pub features: Vec<Field>,
    /// What it computes from, by the name of the view or request source.
    pub sources: IndexMap<String, OnDemandSource>,
    /// Entities, where its results are stored.
    pub entities: Vec<String>,
    /// Join keys with their types, where its results are stored.
    pub entity_columns: Vec<Field>,
    /// `pandas`, `python`, `substrait`, ...; empty means pandas.
    pub mode: String,
    /// Python source text of the transformation, decorator included; empty where there is none.
    pub body_text: String,
    /// Whether Feast computes it on write and stores it, to be read like a stored view.
    pub write_to_online_store: bool,
    /// Whether its function takes one row at a time, in the mode `python`.
    pub singleton: bool,
    /// False where Feast has disabled it.
    pub enabled: bool,
    /// For people.
    pub description: String,
    /// Free-form labels.
    pub tags: Tags,
    /// Whom to ask.
    pub owner: String,
}

/// One input of an [`OnDemandFeatureView`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDemandSource {
    /// Features of another view.
    View(Projection),
    /// Fields that the request brings.
    Request(DataSource),
}
