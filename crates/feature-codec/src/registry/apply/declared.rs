//! What the files declare, in Feast's messages.

use feature_model::{DUMMY_ENTITY, DUMMY_JOIN_KEY, ObjectId, ObjectKind, Project};
use prost_reflect::{DynamicMessage, Value};

use super::ApplyError;
use crate::registry::{
    dynamic::{empty, from_typed},
    proto::{feast::core::EntitySpecV2, salver::registry::OnDemandSource},
    write,
};

/// The object as the files declare it, in Feast's message.
pub(super) fn message(
    desired: &Project,
    project: &str,
    object: &ObjectId,
) -> Result<DynamicMessage, ApplyError> {
    let name = object.name.as_str();
    let declared = match object.kind {
        ObjectKind::Entity => desired.entities.get(name).map(|entity| {
            in_spec(
                "feast.core.Entity",
                "feast.core.EntitySpecV2",
                &write::entity(entity, project),
            )
        }),
        ObjectKind::DataSource => desired.data_sources.get(name).map(|source| {
            from_typed(
                "feast.core.DataSource",
                &write::data_source(source, project),
            )
        }),
        ObjectKind::FeatureView => desired.feature_views.get(name).map(|view| {
            let spec = write::feature_view(view, project);
            in_spec(
                "feast.core.FeatureView",
                "feast.core.FeatureViewSpec",
                &spec,
            )
        }),
        ObjectKind::OnDemandFeatureView => desired.on_demand_feature_views.get(name).map(|view| {
            let is_on_demand = |name: &str| desired.on_demand_feature_views.contains_key(name);
            let spec = write::on_demand_feature_view(view, project, is_on_demand);
            in_spec(
                "feast.core.OnDemandFeatureView",
                "feast.core.OnDemandFeatureViewSpec",
                &spec,
            )
        }),
        ObjectKind::FeatureService => desired.feature_services.get(name).map(|service| {
            let spec = write::feature_service(service, project);
            in_spec(
                "feast.core.FeatureService",
                "feast.core.FeatureServiceSpec",
                &spec,
            )
        }),
        ObjectKind::Permission => desired
            .permissions
            .get(name)
            .and_then(|permission| write::permission(permission, project))
            .map(|spec| in_spec("feast.core.Permission", "feast.core.PermissionSpec", &spec)),
        ObjectKind::PluginBinding
        | ObjectKind::RoleBinding
        | ObjectKind::StreamFeatureView
        | ObjectKind::LabelView
        | ObjectKind::SavedDataset
        | ObjectKind::ValidationReference => None,
    };
    declared.ok_or_else(|| ApplyError::Undeclared {
        object: object.clone(),
    })
}

/// The on-demand views among the sources of an on-demand view, as the extension keeps them.
pub(super) fn on_demand_sources(desired: &Project, view: &str) -> Vec<OnDemandSource> {
    let views = &desired.on_demand_feature_views;
    let sources = views
        .get(view)
        .into_iter()
        .flat_map(|view| view.sources.values());
    let projections = sources.filter_map(|source| match source {
        feature_model::OnDemandSource::View(projection) => Some(projection),
        feature_model::OnDemandSource::Request(_) => None,
    });
    projections
        .filter(|projection| views.contains_key(&projection.view))
        .map(|projection| OnDemandSource {
            view: projection.view.clone(),
            features: projection
                .features
                .iter()
                .map(|field| field.name.clone())
                .collect(),
        })
        .collect()
}

/// Feast's stand-in for "no entity".
pub(super) fn dummy_entity(project: &str) -> DynamicMessage {
    let spec = EntitySpecV2 {
        name: DUMMY_ENTITY.to_owned(),
        join_key: DUMMY_JOIN_KEY.to_owned(),
        project: project.to_owned(),
        ..EntitySpecV2::default()
    };
    in_spec("feast.core.Entity", "feast.core.EntitySpecV2", &spec)
}

/// Everything that is declared.
pub(super) fn objects(desired: &Project) -> impl Iterator<Item = ObjectId> {
    let ids = |kind: ObjectKind, names: Vec<&String>| {
        names
            .into_iter()
            .map(move |name| ObjectId::new(kind, name))
            .collect::<Vec<_>>()
    };
    [
        ids(ObjectKind::Entity, desired.entities.keys().collect()),
        ids(
            ObjectKind::DataSource,
            desired.data_sources.keys().collect(),
        ),
        ids(
            ObjectKind::FeatureView,
            desired.feature_views.keys().collect(),
        ),
        ids(
            ObjectKind::OnDemandFeatureView,
            desired.on_demand_feature_views.keys().collect(),
        ),
        ids(
            ObjectKind::FeatureService,
            desired.feature_services.keys().collect(),
        ),
        ids(ObjectKind::Permission, desired.permissions.keys().collect()),
    ]
    .into_iter()
    .flatten()
}

fn in_spec(message: &str, spec_message: &str, spec: &impl prost::Message) -> DynamicMessage {
    let mut whole = empty(message);
    whole.set_field_by_name("spec", Value::Message(from_typed(spec_message, spec)));
    whole
}
