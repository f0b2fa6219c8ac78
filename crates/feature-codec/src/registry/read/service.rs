use feature_model::{
    DataType, FeatureService, Field, OnDemandFeatureView, OnDemandSource, Projection,
};
use indexmap::IndexMap;

use super::{data_source, source::CsvNames, view::entities};
use crate::registry::{
    field::read_fields,
    proto::{
        feast::core::{
            FeatureServiceSpec, FeatureView, FeatureViewProjection, OnDemandFeatureViewSpec,
            OnDemandSource as StoredSource, feature_transformation_v2::Transformation,
            on_demand_source::Source,
        },
        salver::registry as extension,
    },
};

pub(in crate::registry) fn feature_service(spec: &FeatureServiceSpec) -> FeatureService {
    FeatureService {
        name: spec.name.clone(),
        projections: spec.features.iter().map(projection).collect(),
        description: spec.description.clone(),
        tags: spec.tags.clone(),
        owner: spec.owner.clone(),
    }
}

fn projection(stored: &FeatureViewProjection) -> Projection {
    let alias = &stored.feature_view_name_alias;
    Projection {
        view: stored.feature_view_name.clone(),
        alias: (!alias.is_empty()).then(|| alias.clone()),
        features: read_fields(&stored.feature_columns),
        join_key_map: stored.join_key_map.clone(),
        version_tag: stored.version_tag.and_then(|tag| u32::try_from(tag).ok()),
    }
}

/// An on-demand view as a source of another; a feature that it doesn't compute has no type.
pub(in crate::registry) fn on_demand_projection(
    stored: &extension::OnDemandSource,
    views: &IndexMap<String, OnDemandFeatureView>,
) -> Projection {
    let computed = views.get(&stored.view).map(|view| view.features.as_slice());
    let field = |name: &String| {
        let mut computed = computed.unwrap_or_default().iter();
        let known = computed.find(|field| field.name == *name).cloned();
        known.unwrap_or_else(|| Field::new(name, DataType::Unknown(0)))
    };
    Projection {
        view: stored.view.clone(),
        alias: None,
        features: stored.features.iter().map(field).collect(),
        join_key_map: Default::default(),
        version_tag: None,
    }
}

pub(in crate::registry) fn on_demand_feature_view(
    spec: &OnDemandFeatureViewSpec,
    csv: CsvNames<'_>,
) -> OnDemandFeatureView {
    let sources = spec.sources.iter();
    OnDemandFeatureView {
        name: spec.name.clone(),
        features: read_fields(&spec.features),
        sources: sources
            .filter_map(|(name, source)| Some((name.clone(), on_demand_source(source, csv)?)))
            .collect(),
        entities: entities(&spec.entities),
        entity_columns: read_fields(&spec.entity_columns),
        mode: spec.mode.clone(),
        body_text: body_text(spec),
        write_to_online_store: spec.write_to_online_store,
        singleton: spec.singleton,
        enabled: !spec.disabled,
        description: spec.description.clone(),
        tags: spec.tags.clone(),
        owner: spec.owner.clone(),
    }
}

fn on_demand_source(stored: &StoredSource, csv: CsvNames<'_>) -> Option<OnDemandSource> {
    Some(match stored.source.as_ref()? {
        Source::FeatureViewProjection(stored) => OnDemandSource::View(projection(stored)),
        Source::RequestDataSource(stored) => OnDemandSource::Request(data_source(stored, csv)),
        Source::FeatureView(view) => OnDemandSource::View(whole_view(view)?),
    })
}

/// Releases before projections were stored kept a copy of the whole view.
fn whole_view(view: &FeatureView) -> Option<Projection> {
    let spec = view.spec.as_ref()?;
    Some(Projection {
        view: spec.name.clone(),
        alias: None,
        features: read_fields(&spec.features),
        join_key_map: Default::default(),
        version_tag: None,
    })
}

/// The source text, where it is stored today or where old releases stored it.
fn body_text(spec: &OnDemandFeatureViewSpec) -> String {
    let transformation = spec.feature_transformation.as_ref();
    let today = transformation.and_then(|stored| match stored.transformation.as_ref()? {
        Transformation::UserDefinedFunction(function) => Some(function.body_text.as_str()),
        Transformation::SubstraitTransformation(_) => None,
    });
    let old = spec.user_defined_function.as_ref();
    today
        .filter(|text| !text.is_empty())
        .or_else(|| old.map(|function| function.body_text.as_str()))
        .unwrap_or_default()
        .to_owned()
}
