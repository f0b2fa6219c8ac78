//! The views of a registry, of whatever kind.

use feature_model::{
    DataType, FeatureView, Field, OnDemandFeatureView, Project, Projection, Ttl, VersionSelector,
};

use super::ResolveError;
use crate::nearest::{nearest, shown};

/// A join key of a stored view.
pub(super) struct JoinKey {
    /// Its real name.
    pub(super) name: String,
    /// The request field that brings it.
    pub(super) field: String,
    pub(super) data_type: DataType,
}

/// A view of either kind.
pub(super) enum AnyView<'p> {
    Stored(&'p FeatureView),
    OnDemand(&'p OnDemandFeatureView),
}

impl<'p> AnyView<'p> {
    /// In the order in which Feast looks a name up.
    pub(super) fn find(project: &'p Project, name: &str) -> Option<Self> {
        let stored = project.feature_views.get(name).map(Self::Stored);
        let on_demand = || project.on_demand_feature_views.get(name);
        stored.or_else(|| on_demand().map(Self::OnDemand))
    }

    pub(super) fn name(&self) -> &'p str {
        match self {
            Self::Stored(view) => &view.name,
            Self::OnDemand(view) => &view.name,
        }
    }

    pub(super) fn features(&self) -> &'p [Field] {
        match self {
            Self::Stored(view) => &view.features,
            Self::OnDemand(view) => &view.features,
        }
    }

    pub(super) fn ttl(&self) -> Option<Ttl> {
        match self {
            Self::Stored(view) => view.ttl,
            Self::OnDemand(_) => None,
        }
    }

    pub(super) fn current_version(&self) -> u32 {
        match self {
            Self::Stored(view) => view.current_version_number,
            Self::OnDemand(_) => 0,
        }
    }

    /// Whether its values are in the online store: those of an on-demand view are where Feast computes it on write.
    pub(super) fn is_stored(&self) -> bool {
        match self {
            Self::Stored(_) => true,
            Self::OnDemand(view) => view.write_to_online_store,
        }
    }

    /// Views are served whatever Feast says of their state, but not where somebody has disabled them.
    pub(super) fn check_enabled(&self) -> Result<(), ResolveError> {
        let enabled = match self {
            Self::Stored(view) => view.enabled,
            Self::OnDemand(view) => view.enabled,
        };
        if enabled {
            return Ok(());
        }
        Err(ResolveError::Disabled {
            view: self.name().to_owned(),
        })
    }

    /// The registry tells the features of the newest version only: an older one may have had others.
    pub(super) fn check_feature(
        &self,
        name: &str,
        version: VersionSelector,
    ) -> Result<(), ResolveError> {
        let known = || self.features().iter().map(|field| field.name.as_str());
        if self.is_older(version) || known().any(|feature| feature == name) {
            return Ok(());
        }
        Err(ResolveError::UnknownFeature {
            view: self.name().to_owned(),
            feature: shown(name).into_owned(),
            nearest: nearest(name, known()),
        })
    }

    /// The declared type of a feature, as far as the registry tells it.
    pub(super) fn type_of(&self, name: &str, version: VersionSelector) -> DataType {
        if self.is_older(version) {
            return DataType::Unknown(0);
        }
        let field = self.features().iter().find(|field| field.name == name);
        field.map_or(DataType::Unknown(0), |field| field.data_type.clone())
    }

    fn is_older(&self, version: VersionSelector) -> bool {
        matches!(version, VersionSelector::Number(number) if number < self.current_version())
    }

    /// Its join keys, and the request fields that a projection maps them to.
    pub(super) fn join_keys(
        &self,
        project: &Project,
        projection: Option<&Projection>,
    ) -> Vec<JoinKey> {
        let fields = match self {
            Self::Stored(view) => project.join_keys(view),
            Self::OnDemand(view) => project.join_keys_of(&view.entities, &view.entity_columns),
        };
        let field_of = |name: &str| {
            let mapped = projection.and_then(|projection| projection.join_key_map.get(name));
            mapped.map_or_else(|| name.to_owned(), Clone::clone)
        };
        let join_key = |Field {
                            name, data_type, ..
                        }| JoinKey {
            field: field_of(&name),
            name,
            data_type,
        };
        fields.into_iter().map(join_key).collect()
    }
}
