use feature_model::{
    DUMMY_ENTITY, DataSource, FeatureView, OnDemandFeatureView, OnDemandSource, Ttl,
};

use super::{
    service::projection,
    source::{embedded, unclassed},
};
use crate::registry::{
    field::write_fields,
    proto::feast::core::{
        FeatureTransformationV2, FeatureViewSpec, OnDemandFeatureViewSpec,
        OnDemandSource as StoredSource, UserDefinedFunctionV2,
        feature_transformation_v2::Transformation, on_demand_source::Source,
    },
    stub,
};

const LATEST: &str = "latest";
const PYTHON: &str = "python";

/// A view without its join key columns' types, which the document knows.
pub(in crate::registry) fn feature_view(view: &FeatureView, project: &str) -> FeatureViewSpec {
    let stream = view.stream_source.as_ref();
    let batch = view.batch_source.as_ref().or(stream.and_then(batch_source));
    FeatureViewSpec {
        name: view.name.clone(),
        project: project.to_owned(),
        entities: entities(&view.entities),
        features: write_fields(&view.features),
        tags: view.tags.clone(),
        ttl: Some(duration(view.ttl)),
        batch_source: batch.map(embedded),
        online: view.online,
        stream_source: stream.map(embedded),
        description: view.description.clone(),
        owner: view.owner.clone(),
        entity_columns: write_fields(&view.entity_columns),
        version: LATEST.to_owned(),
        disabled: !view.enabled,
        ..FeatureViewSpec::default()
    }
}

fn batch_source(stream: &DataSource) -> Option<&DataSource> {
    match &stream.kind {
        feature_model::DataSourceKind::Push { batch_source } => batch_source.as_deref(),
        _ => None,
    }
}

/// Zero, which Feast also writes for "no limit".
fn duration(ttl: Option<Ttl>) -> prost_types::Duration {
    prost_types::Duration {
        seconds: ttl.map_or(0, Ttl::seconds),
        nanos: ttl.map_or(0, |ttl| {
            i32::try_from(ttl.subsecond_nanos()).unwrap_or_default()
        }),
    }
}

fn entities(names: &[String]) -> Vec<String> {
    if names.is_empty() {
        vec![DUMMY_ENTITY.to_owned()]
    } else {
        names.to_vec()
    }
}

/// An on-demand view with the Python text that it was given, else with one that says who serves it.
/// Feast runs no `body`, so none is written: it is pickled Python.
pub(in crate::registry) fn on_demand_feature_view(
    view: &OnDemandFeatureView,
    project: &str,
) -> OnDemandFeatureViewSpec {
    let sources = view.sources.iter();
    let mode = if view.body_text.is_empty() || view.mode.is_empty() {
        PYTHON
    } else {
        &view.mode
    };
    OnDemandFeatureViewSpec {
        name: view.name.clone(),
        project: project.to_owned(),
        features: write_fields(&view.features),
        sources: sources
            .map(|(name, source)| (name.clone(), on_demand_source(source)))
            .collect(),
        description: view.description.clone(),
        tags: view.tags.clone(),
        owner: view.owner.clone(),
        feature_transformation: Some(transformation(view, mode)),
        mode: mode.to_owned(),
        write_to_online_store: view.write_to_online_store,
        entities: entities(&view.entities),
        entity_columns: write_fields(&view.entity_columns),
        version: LATEST.to_owned(),
        disabled: !view.enabled,
        ..OnDemandFeatureViewSpec::default()
    }
}

fn transformation(view: &OnDemandFeatureView, mode: &str) -> FeatureTransformationV2 {
    let function = stub::function_name(&view.name);
    let body_text = if view.body_text.is_empty() {
        stub::body_text(&function)
    } else {
        view.body_text.clone()
    };
    FeatureTransformationV2 {
        transformation: Some(Transformation::UserDefinedFunction(UserDefinedFunctionV2 {
            name: function,
            body: Vec::new(),
            body_text,
            mode: mode.to_owned(),
        })),
    }
}

fn on_demand_source(source: &OnDemandSource) -> StoredSource {
    let source = match source {
        OnDemandSource::View(view) => Source::FeatureViewProjection(projection(view)),
        OnDemandSource::Request(source) => Source::RequestDataSource(unclassed(source)),
    };
    StoredSource {
        source: Some(source),
    }
}
