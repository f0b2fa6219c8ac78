use feature_model::{FeatureService, Projection};

use crate::registry::{
    field::write_fields,
    proto::feast::core::{FeatureServiceSpec, FeatureViewProjection},
};

pub(in crate::registry) fn feature_service(
    service: &FeatureService,
    project: &str,
) -> FeatureServiceSpec {
    FeatureServiceSpec {
        name: service.name.clone(),
        project: project.to_owned(),
        features: service.projections.iter().map(projection).collect(),
        tags: service.tags.clone(),
        description: service.description.clone(),
        owner: service.owner.clone(),
        ..FeatureServiceSpec::default()
    }
}

pub(super) fn projection(projection: &Projection) -> FeatureViewProjection {
    FeatureViewProjection {
        feature_view_name: projection.view.clone(),
        feature_columns: write_fields(&projection.features),
        feature_view_name_alias: projection.alias.clone().unwrap_or_default(),
        join_key_map: projection.join_key_map.clone(),
        version_tag: projection
            .version_tag
            .and_then(|tag| i32::try_from(tag).ok()),
        // Feast writes this for views of every kind.
        view_type: "featureView".to_owned(),
        ..FeatureViewProjection::default()
    }
}
