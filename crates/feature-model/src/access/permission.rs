//! Feast's permissions.

use std::{fmt, str::FromStr};

use super::{Action, list};
use crate::Tags;

/// Feast's `Permission`: allows `actions` on the objects that `types`, `name_patterns` and `required_tags` all match, to
/// those whom `policy` accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Unique among the permissions of a project.
    pub name: String,
    /// Which kinds of objects; all where empty.
    pub types: Vec<ResourceType>,
    /// Regular expressions in Python's syntax, one of which must match the whole name; any name where empty.
    pub name_patterns: Vec<String>,
    /// Tags that an object must have, with these values.
    pub required_tags: Tags,
    /// What may be done.
    pub actions: Vec<Action>,
    /// By whom.
    pub policy: Policy,
    /// Free-form labels of the permission itself.
    pub tags: Tags,
}

/// Whom a [`Permission`] is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Everybody who is authenticated: what Feast stores as no policy.
    AllowAll,
    /// Whose token names one of these roles.
    RoleBased(Vec<String>),
    /// Whose token names one of these groups.
    GroupBased(Vec<String>),
    /// Service accounts of these Kubernetes namespaces.
    NamespaceBased(Vec<String>),
    /// Either of both.
    CombinedGroupNamespace {
        /// As in [`Policy::GroupBased`].
        groups: Vec<String>,
        /// As in [`Policy::NamespaceBased`].
        namespaces: Vec<String>,
    },
    /// One that this release doesn't understand. It must not be taken for [`Policy::AllowAll`].
    Unknown,
}

/// Kinds of objects as permissions name them (`PermissionSpec.Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the cases are Feast's own")]
pub enum ResourceType {
    FeatureView,
    OnDemandFeatureView,
    BatchFeatureView,
    StreamFeatureView,
    Entity,
    FeatureService,
    DataSource,
    ValidationReference,
    SavedDataset,
    Permission,
    Project,
    LabelView,
    /// One that this release doesn't know. A list that holds only such isn't an empty one.
    Unknown,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowAll => f.write_str("everybody who is authenticated"),
            Self::RoleBased(roles) => write!(f, "roles {}", exact_list(roles)),
            Self::GroupBased(groups) => write!(f, "groups {}", exact_list(groups)),
            Self::NamespaceBased(names) => write!(f, "namespaces {}", exact_list(names)),
            Self::CombinedGroupNamespace { groups, namespaces } => write!(
                f,
                "groups {} or namespaces {}",
                exact_list(groups),
                exact_list(namespaces)
            ),
            Self::Unknown => f.write_str("a policy that this release does not know"),
        }
    }
}

/// Names as one text, in no order and each once, from which no other names give the same text.
pub(crate) fn exact_list(names: &[String]) -> String {
    let quoted = |name: &String| {
        let plain = |c: char| c.is_alphanumeric() || "_-.@:/*".contains(c);
        if !name.is_empty() && name.chars().all(plain) {
            name.clone()
        } else {
            format!("{name:?}")
        }
    };
    let mut names: Vec<String> = names.iter().map(quoted).collect();
    names.sort_unstable();
    names.dedup();
    format!("[{}]", names.join(", "))
}

/// The text names no type of object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no type of object; `{}` would be", list(&ResourceType::KNOWN.map(ResourceType::as_str)))]
pub struct ParseResourceTypeError {
    text: String,
}

impl ResourceType {
    /// Every type that this release knows, in Feast's order.
    pub const KNOWN: [Self; 12] = [
        Self::FeatureView,
        Self::OnDemandFeatureView,
        Self::BatchFeatureView,
        Self::StreamFeatureView,
        Self::Entity,
        Self::FeatureService,
        Self::DataSource,
        Self::ValidationReference,
        Self::SavedDataset,
        Self::Permission,
        Self::Project,
        Self::LabelView,
    ];

    /// The name in definitions and messages: Feast's, in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FeatureView => "feature_view",
            Self::OnDemandFeatureView => "on_demand_feature_view",
            Self::BatchFeatureView => "batch_feature_view",
            Self::StreamFeatureView => "stream_feature_view",
            Self::Entity => "entity",
            Self::FeatureService => "feature_service",
            Self::DataSource => "data_source",
            Self::ValidationReference => "validation_reference",
            Self::SavedDataset => "saved_dataset",
            Self::Permission => "permission",
            Self::Project => "project",
            Self::LabelView => "label_view",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ResourceType {
    type Err = ParseResourceTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut known = Self::KNOWN.into_iter();
        known
            .find(|known| known.as_str() == text)
            .ok_or_else(|| ParseResourceTypeError {
                text: text.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::{ResourceType, exact_list};

    #[test]
    fn types_are_read_as_they_are_printed_and_the_unknown_is_none() {
        for known in ResourceType::KNOWN {
            assert_eq!(known.to_string().parse(), Ok(known));
        }
        let refused = "unknown".parse::<ResourceType>().unwrap_err().to_string();
        assert!(refused.contains("`feature_view`"), "{refused}");
    }

    #[test]
    fn different_names_make_different_texts() {
        let list = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            exact_list(&names)
        };
        assert_eq!(list(&["b", "a", "b"]), "[a, b]");
        assert_eq!(list(&["a, b"]), "[\"a, b\"]");
        assert_ne!(list(&[]), list(&[""]));
        assert_ne!(list(&["a\", \"b"]), list(&["a", "b"]));
    }
}
