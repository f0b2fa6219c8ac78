use std::{borrow::Borrow, collections::BTreeMap, fmt, str::FromStr};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    DUMMY_ENTITY, DUMMY_JOIN_KEY, DataSource, DataType, Entity, FeatureService, FeatureView, Field,
    OnDemandFeatureView, PluginBinding, Timestamp,
    access::{Permission, RoleBinding},
};

/// A name that Feast would not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is no valid name: use letters, digits, `_` and `-`, and begin with none of `_` and `-`"
)]
pub struct InvalidName {
    name: String,
}

/// Checks a name by Feast's rule (`feast.repo_operations.is_valid_name`), in ASCII.
///
/// # Errors
/// Where the name is empty, begins with `_` or `-`, or has other characters than letters, digits, `_`, `-`.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    let good = !name.is_empty()
        && !name.starts_with(['_', '-'])
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if good {
        Ok(())
    } else {
        Err(InvalidName {
            name: name.to_owned(),
        })
    }
}

/// The name of a project: a valid name by [`check_name`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectName(String);

impl ProjectName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        check_name(name)?;
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ProjectName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The kinds of objects that a definition file can declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the cases are Feast's own kinds of objects")]
pub enum ObjectKind {
    Entity,
    DataSource,
    FeatureView,
    OnDemandFeatureView,
    /// The plugin that computes an on-demand feature view, by that view's name. Feast knows nothing of it.
    PluginBinding,
    FeatureService,
    /// Only Feast can declare it; Salver serves it and leaves it alone.
    StreamFeatureView,
    /// Only Feast can declare it; Salver serves it and leaves it alone.
    LabelView,
    /// Only Feast can declare it; Salver leaves it alone.
    SavedDataset,
    /// Only Feast can declare it; Salver leaves it alone.
    ValidationReference,
    /// Feast's access rule.
    Permission,
    /// Gives a role in the project: Salver's access rule. Feast knows nothing of it.
    RoleBinding,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entity => "entity",
            Self::DataSource => "data source",
            Self::FeatureView => "feature view",
            Self::OnDemandFeatureView => "on-demand feature view",
            Self::PluginBinding => "plugin binding",
            Self::FeatureService => "feature service",
            Self::StreamFeatureView => "stream feature view",
            Self::LabelView => "label view",
            Self::SavedDataset => "saved dataset",
            Self::ValidationReference => "validation reference",
            Self::Permission => "permission",
            Self::RoleBinding => "role binding",
        })
    }
}

/// One object of a project.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectId {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, unique within its kind.
    pub name: String,
}

impl ObjectId {
    /// The object of that kind and name.
    #[must_use]
    pub fn new(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind, self.name)
    }
}

/// The objects of one project, by name: what a registry holds, or what definition files declare.
///
/// Feature services and views name each other only within one project. Views of all kinds (stored and
/// on demand) share one space of names.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "one map for each kind of object")]
pub struct Project {
    pub entities: IndexMap<String, Entity>,
    pub data_sources: IndexMap<String, DataSource>,
    /// Feature views, stream feature views and label views.
    pub feature_views: IndexMap<String, FeatureView>,
    pub on_demand_feature_views: IndexMap<String, OnDemandFeatureView>,
    pub feature_services: IndexMap<String, FeatureService>,
    /// For on-demand feature views, Salver's or Feast's, by their names: the plugin that computes them.
    pub plugin_bindings: IndexMap<String, PluginBinding>,
    /// Feast's access rules, whoever made them.
    pub permissions: IndexMap<String, Permission>,
    /// Salver's access rules.
    pub role_bindings: IndexMap<String, RoleBinding>,
    /// Objects of kinds that Salver neither serves nor declares, and role bindings that this release doesn't
    /// understand: they give nothing to anybody.
    pub others: Vec<ObjectId>,
    /// For each feature view that Salver has loaded, how many rows all loads together have written to the
    /// online store. Nothing that definitions say.
    pub rows_materialized: BTreeMap<String, u64>,
}

/// Everything that one registry document says, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegistrySnapshot {
    /// The document's own id of this state (a random UUID in Feast); empty in an empty registry.
    pub version_id: String,
    /// When it was written.
    pub last_updated: Timestamp,
    /// Its projects. A project whose name is invalid by [`check_name`] is left out.
    pub projects: IndexMap<ProjectName, Project>,
}

impl Project {
    /// The join keys of a view with their types, in the order of its entities. A view without entities
    /// has Feast's [`DUMMY_JOIN_KEY`](crate::DUMMY_JOIN_KEY), whose value is the empty string.
    ///
    /// The type is the one that the view stores, else its entity's; `Unknown(0)` where neither tells.
    #[must_use]
    pub fn join_keys(&self, view: &FeatureView) -> Vec<Field> {
        self.join_keys_of(&view.entities, &view.entity_columns)
    }

    /// [`Self::join_keys`] of whatever has these entities and stores these types, such as an on-demand
    /// view whose results are stored.
    #[must_use]
    pub fn join_keys_of(&self, entities: &[String], entity_columns: &[Field]) -> Vec<Field> {
        let stored = |name: &str| {
            let column = entity_columns.iter().find(|column| column.name == name);
            column.map(|column| column.data_type.clone())
        };
        let known = |data_type: &DataType| !matches!(data_type, DataType::Unknown(0));
        let keys: Vec<Field> = entities
            .iter()
            .filter(|name| *name != DUMMY_ENTITY)
            .map(|name| {
                let entity = self.entities.get(name);
                let join_key = entity.map_or(name.as_str(), |entity| &entity.join_key);
                let data_type = stored(join_key)
                    .filter(known)
                    .or_else(|| entity.map(|entity| entity.value_type.clone()));
                Field::new(join_key, data_type.unwrap_or(DataType::Unknown(0)))
            })
            .collect();
        if keys.is_empty() {
            vec![Field::new(DUMMY_JOIN_KEY, DataType::String)]
        } else {
            keys
        }
    }
}
