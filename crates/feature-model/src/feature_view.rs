use crate::{DataSource, DataType, Tags, Timestamp, Ttl};

/// A named, typed column: a feature, a join key of a view, or a field of a request source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name within its view or source.
    pub name: String,
    /// Declared type.
    pub data_type: DataType,
    /// For people.
    pub description: String,
    /// Free-form labels, without the tags in which Feast keeps parts of the type.
    pub tags: Tags,
}

impl Field {
    /// A field without description and tags.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            description: String::new(),
            tags: Tags::new(),
        }
    }
}

/// A group of features of the same entities that are stored and read together.
///
/// Feast's feature views, stream feature views and label views are all served alike: see `kind`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureView {
    /// Unique among all kinds of views of a project.
    pub name: String,
    /// Which of Feast's kinds it is.
    pub kind: ViewKind,
    /// Names of its entities; empty for a view without entities (Feast stores `__dummy` then).
    pub entities: Vec<String>,
    /// Join keys with their types, as Feast stores them; may be empty in registries of old releases.
    pub entity_columns: Vec<Field>,
    /// Its features, in the order in which they were declared.
    pub features: Vec<Field>,
    /// Rows older than this are not served; no limit where absent.
    pub ttl: Option<Ttl>,
    /// Where `materialize` reads from.
    pub batch_source: Option<DataSource>,
    /// A push source (or another stream), whose batch source is also `batch_source`.
    pub stream_source: Option<DataSource>,
    /// Whether it is loaded into the online store.
    pub online: bool,
    /// False where Feast has disabled it.
    pub enabled: bool,
    /// For people.
    pub description: String,
    /// Free-form labels.
    pub tags: Tags,
    /// Whom to ask.
    pub owner: String,
    /// How far Feast has come with it.
    pub state: ViewState,
    /// What has been loaded, in the order in which it was loaded.
    pub materialization_intervals: Vec<MaterializationInterval>,
    /// Feast's version number of the view; 0 for the first.
    pub current_version_number: u32,
}

/// Which of Feast's stored views a [`FeatureView`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewKind {
    /// `FeatureView` (batch feature views too).
    #[default]
    Feature,
    /// `StreamFeatureView`
    Stream,
    /// `LabelView`
    Label,
}

/// `feast.core.FeatureViewState`. Salver serves a view in any state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the cases are Feast's own")]
pub enum ViewState {
    #[default]
    Unspecified,
    Created,
    Generated,
    Materializing,
    AvailableOnline,
}

/// A span of event times that has been loaded; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaterializationInterval {
    /// First instant.
    pub start_time: Timestamp,
    /// Last instant.
    pub end_time: Timestamp,
}

impl FeatureView {
    /// The feature of that name.
    #[must_use]
    pub fn feature(&self, name: &str) -> Option<&Field> {
        self.features.iter().find(|field| field.name == name)
    }

    /// The latest end of what has been loaded.
    #[must_use]
    pub fn most_recent_end_time(&self) -> Option<Timestamp> {
        self.materialization_intervals
            .iter()
            .map(|interval| interval.end_time)
            .max()
    }
}
