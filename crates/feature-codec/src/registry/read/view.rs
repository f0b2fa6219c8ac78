use feature_model::{DUMMY_ENTITY, FeatureView, MaterializationInterval, Ttl, ViewKind, ViewState};

use super::{source::CsvNames, timestamp};
use crate::registry::{
    field::read_fields,
    proto::feast::core::{FeatureViewMeta, FeatureViewSpec, LabelViewSpec, StreamFeatureViewSpec},
    read::data_source,
};

/// The view in a spec of a feature view or a stream feature view: two messages with these fields in common.
macro_rules! view_of {
    ($spec:expr, $kind:expr, $csv:expr) => {
        FeatureView {
            name: $spec.name.clone(),
            kind: $kind,
            entities: entities(&$spec.entities),
            entity_columns: read_fields(&$spec.entity_columns),
            features: read_fields(&$spec.features),
            ttl: ttl($spec.ttl.as_ref()),
            batch_source: $spec
                .batch_source
                .as_ref()
                .map(|source| data_source(source, $csv)),
            stream_source: $spec
                .stream_source
                .as_ref()
                .map(|source| data_source(source, $csv)),
            online: $spec.online,
            enabled: !$spec.disabled,
            description: $spec.description.clone(),
            tags: $spec.tags.clone(),
            owner: $spec.owner.clone(),
            state: ViewState::Unspecified,
            materialization_intervals: Vec::new(),
            current_version_number: 0,
        }
    };
}

pub(in crate::registry) fn feature_view(
    spec: &FeatureViewSpec,
    meta: Option<&FeatureViewMeta>,
    csv: CsvNames<'_>,
) -> FeatureView {
    with_meta(view_of!(spec, ViewKind::Feature, csv), meta)
}

pub(in crate::registry) fn stream_feature_view(
    spec: &StreamFeatureViewSpec,
    meta: Option<&FeatureViewMeta>,
    csv: CsvNames<'_>,
) -> FeatureView {
    with_meta(view_of!(spec, ViewKind::Stream, csv), meta)
}

/// A label view has one source, which is pushed to; its history is that source's batch source.
pub(in crate::registry) fn label_view(spec: &LabelViewSpec, csv: CsvNames<'_>) -> FeatureView {
    let source = spec.source.as_ref();
    let batch_source = source.map(|source| source.batch_source.as_deref().unwrap_or(source));
    FeatureView {
        name: spec.name.clone(),
        kind: ViewKind::Label,
        entities: entities(&spec.entities),
        entity_columns: read_fields(&spec.entity_columns),
        features: read_fields(&spec.features),
        ttl: ttl(spec.ttl.as_ref()),
        batch_source: batch_source.map(|source| data_source(source, csv)),
        stream_source: source.map(|source| data_source(source, csv)),
        online: spec.online,
        enabled: true,
        description: spec.description.clone(),
        tags: spec.tags.clone(),
        owner: spec.owner.clone(),
        state: ViewState::Unspecified,
        materialization_intervals: Vec::new(),
        current_version_number: 0,
    }
}

fn with_meta(mut view: FeatureView, meta: Option<&FeatureViewMeta>) -> FeatureView {
    let Some(meta) = meta else { return view };
    view.state = match meta.state {
        1 => ViewState::Created,
        2 => ViewState::Generated,
        3 => ViewState::Materializing,
        4 => ViewState::AvailableOnline,
        _ => ViewState::Unspecified,
    };
    view.current_version_number = u32::try_from(meta.current_version_number).unwrap_or_default();
    let intervals = meta.materialization_intervals.iter();
    view.materialization_intervals = intervals
        .filter_map(|interval| {
            Some(MaterializationInterval {
                start_time: timestamp(interval.start_time.as_ref())?,
                end_time: timestamp(interval.end_time.as_ref())?,
            })
        })
        .collect();
    view
}

/// Without Feast's stand-in for "no entity".
pub(super) fn entities(names: &[String]) -> Vec<String> {
    let real = names.iter().filter(|name| *name != DUMMY_ENTITY);
    real.cloned().collect()
}

fn ttl(stored: Option<&prost_types::Duration>) -> Option<Ttl> {
    let stored = stored?;
    Ttl::new(
        stored.seconds,
        u32::try_from(stored.nanos).ok()?.min(999_999_999),
    )
}
