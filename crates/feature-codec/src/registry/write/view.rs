use feature_model::{
    DUMMY_ENTITY, DataSource, DataSourceKind, FeatureView, Field, OnDemandFeatureView,
    OnDemandSource, Tags, Ttl,
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

/// Feast's prefix of the request source that stands for inputs which no source brings.
pub(in crate::registry) const INPUT_SCHEMA: &str = "__input_schema__";
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
/// Feast runs no `body`, so none is written: it is pickled Python. The features of on-demand views among its sources
/// stand in one request source, because Feast can't open such a source.
pub(in crate::registry) fn on_demand_feature_view(
    view: &OnDemandFeatureView,
    project: &str,
    is_on_demand: impl Fn(&str) -> bool,
) -> OnDemandFeatureViewSpec {
    let is_own = |source: &OnDemandSource| matches!(source, OnDemandSource::View(view) if is_on_demand(&view.view));
    let sources = view.sources.iter().filter(|(_, source)| !is_own(source));
    let own = view.sources.values().filter(|source| is_own(source));
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
            .chain(input_schema(&view.name, own))
            .collect(),
        description: view.description.clone(),
        tags: view.tags.clone(),
        owner: view.owner.clone(),
        feature_transformation: Some(transformation(view, mode)),
        mode: mode.to_owned(),
        write_to_online_store: view.write_to_online_store,
        singleton: view.singleton,
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

fn input_schema<'s>(
    view: &str,
    sources: impl Iterator<Item = &'s OnDemandSource>,
) -> Option<(String, StoredSource)> {
    let mut schema: Vec<Field> = Vec::new();
    for source in sources {
        let OnDemandSource::View(projection) = source else {
            continue;
        };
        for field in &projection.features {
            if schema.iter().all(|known| known.name != field.name) {
                schema.push(Field::new(&field.name, field.data_type.clone()));
            }
        }
    }
    if schema.is_empty() {
        return None;
    }
    let name = format!("{INPUT_SCHEMA}{view}");
    let source = DataSource {
        name: name.clone(),
        kind: DataSourceKind::Request { schema },
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    Some((name, on_demand_source(&OnDemandSource::Request(source))))
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
