use std::{fmt, str::FromStr};

use feature_model::{ObjectKind, Tags, access::ResourceType};

/// What a decision can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the cases are Feast's kinds of objects")]
pub enum ResourceKind {
    /// The project itself.
    Project,
    Entity,
    DataSource,
    FeatureView,
    StreamFeatureView,
    LabelView,
    /// With its plugin binding.
    OnDemandFeatureView,
    FeatureService,
    SavedDataset,
    ValidationReference,
    Permission,
    /// Salver's own.
    RoleBinding,
}

impl ResourceKind {
    /// Every kind there is.
    pub const ALL: [Self; 12] = [
        Self::Project,
        Self::Entity,
        Self::DataSource,
        Self::FeatureView,
        Self::StreamFeatureView,
        Self::LabelView,
        Self::OnDemandFeatureView,
        Self::FeatureService,
        Self::SavedDataset,
        Self::ValidationReference,
        Self::Permission,
        Self::RoleBinding,
    ];

    /// The name in scopes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Entity => "entity",
            Self::DataSource => "data_source",
            Self::FeatureView => "feature_view",
            Self::StreamFeatureView => "stream_feature_view",
            Self::LabelView => "label_view",
            Self::OnDemandFeatureView => "on_demand_feature_view",
            Self::FeatureService => "feature_service",
            Self::SavedDataset => "saved_dataset",
            Self::ValidationReference => "validation_reference",
            Self::Permission => "permission",
            Self::RoleBinding => "role_binding",
        }
    }

    /// Whether a permission for this type is one for this kind. Feast's stream feature views are feature views as
    /// well. A registry doesn't tell batch feature views from others, so nothing is one.
    pub(crate) fn is_a(self, resource_type: ResourceType) -> bool {
        match resource_type {
            ResourceType::FeatureView => {
                matches!(self, Self::FeatureView | Self::StreamFeatureView)
            }
            ResourceType::OnDemandFeatureView => self == Self::OnDemandFeatureView,
            ResourceType::StreamFeatureView => self == Self::StreamFeatureView,
            ResourceType::Entity => self == Self::Entity,
            ResourceType::FeatureService => self == Self::FeatureService,
            ResourceType::DataSource => self == Self::DataSource,
            ResourceType::ValidationReference => self == Self::ValidationReference,
            ResourceType::SavedDataset => self == Self::SavedDataset,
            ResourceType::Permission => self == Self::Permission,
            ResourceType::Project => self == Self::Project,
            ResourceType::LabelView => self == Self::LabelView,
            ResourceType::BatchFeatureView | ResourceType::Unknown => false,
        }
    }
}

/// A plugin binding is part of its view.
impl From<ObjectKind> for ResourceKind {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Entity => Self::Entity,
            ObjectKind::DataSource => Self::DataSource,
            ObjectKind::FeatureView => Self::FeatureView,
            ObjectKind::OnDemandFeatureView | ObjectKind::PluginBinding => {
                Self::OnDemandFeatureView
            }
            ObjectKind::FeatureService => Self::FeatureService,
            ObjectKind::StreamFeatureView => Self::StreamFeatureView,
            ObjectKind::LabelView => Self::LabelView,
            ObjectKind::SavedDataset => Self::SavedDataset,
            ObjectKind::ValidationReference => Self::ValidationReference,
            ObjectKind::Permission => Self::Permission,
            ObjectKind::RoleBinding => Self::RoleBinding,
        }
    }
}

/// In words, for people.
impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnDemandFeatureView => f.write_str("on-demand feature view"),
            other => f.write_str(&other.as_str().replace('_', " ")),
        }
    }
}

/// The text names no kind of object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no kind of object; `{}` would be", ResourceKind::ALL.map(ResourceKind::as_str).join("`, `"))]
pub struct ParseResourceKindError {
    text: String,
}

impl FromStr for ResourceKind {
    type Err = ParseResourceKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text)
            .ok_or_else(|| ParseResourceKindError {
                text: text.to_owned(),
            })
    }
}

/// One object of a project, or the project itself, as a decision looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// What it is.
    pub kind: ResourceKind,
    /// Its name, unique within its kind.
    pub name: &'a str,
    /// Its tags; none where it has none or they aren't known.
    pub tags: Option<&'a Tags>,
}

impl<'a> Resource<'a> {
    /// An object without tags.
    #[must_use]
    pub fn new(kind: ResourceKind, name: &'a str) -> Self {
        Self {
            kind,
            name,
            tags: None,
        }
    }

    /// An object with its tags.
    #[must_use]
    pub fn tagged(kind: ResourceKind, name: &'a str, tags: &'a Tags) -> Self {
        Self {
            kind,
            name,
            tags: Some(tags),
        }
    }

    /// Which one it is, without its tags.
    #[must_use]
    pub fn id(&self) -> ResourceId {
        ResourceId {
            kind: self.kind,
            name: self.name.to_owned(),
        }
    }
}

/// Which object it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId {
    /// What it is.
    pub kind: ResourceKind,
    /// Its name, unique within its kind.
    pub name: String,
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}
