//! From the features that are wanted to a [`ServingPlan`].

use std::{collections::HashMap, rc::Rc};

use access::Permit;
use feature_model::{DataType, Project};

use super::{
    ComputedColumn, Output, PlannedRead, PlannedTransform, ResolveError, ServingPlan,
    TransformInput,
    columns::Columns,
    computed::{Computation, Input},
    plan,
    wanted::{Source, StoredSource, Values, WantedFeature},
};
use crate::{ask::Shape, encode::arrow::StreamHeads, read::PreparedReads};

/// Plans the reads and transforms of these features.
pub(super) fn plan(
    shape: &Shape<'_>,
    project: &Project,
    permit: &Permit,
    features: &[WantedFeature<'_>],
) -> Result<ServingPlan, ResolveError> {
    let mut planner = Planner {
        columns: Columns::read(shape, project, permit, features)?,
        reads: Vec::new(),
        planned: HashMap::new(),
        transforms: Vec::new(),
        computed: HashMap::new(),
    };
    let mut told = Vec::with_capacity(features.len());
    let mut names = planner.columns.echoed_names();
    let mut types = vec![DataType::Unknown(0); names.len()];
    let mut versions = Vec::new();
    for feature in features {
        told.push(planner.output(feature)?);
        names.push(feature.output_name(shape.full_feature_names));
        types.push(feature.data_type.clone());
        remember_version(&mut versions, &feature.source);
    }
    let versions = shape
        .include_feature_view_version_metadata
        .then_some(versions.as_slice());
    let metadata = plan::metadata_json(&names, versions);
    let columns = planner.columns.into_parts();
    let feature_count = told.len();
    let mut outputs = columns.outputs;
    outputs.append(&mut told);
    Ok(ServingPlan {
        names,
        outputs,
        types,
        feature_count,
        typed: columns.typed,
        key_sets: columns.key_sets,
        reads: planner.reads,
        prepared: PreparedReads::default(),
        stream_heads: StreamHeads::default(),
        request_data: columns.request_data,
        transforms: planner.transforms,
        metadata,
        tells_versions: versions.is_some_and(|versions| !versions.is_empty()),
    })
}

struct Planner<'a> {
    columns: Columns<'a>,
    reads: Vec<PlannedRead>,
    /// The read of each source.
    planned: HashMap<*const StoredSource, usize>,
    transforms: Vec<PlannedTransform>,
    /// The transform of each computation.
    computed: HashMap<*const Computation, usize>,
}

impl Planner<'_> {
    fn output(&mut self, feature: &WantedFeature<'_>) -> Result<Output, ResolveError> {
        match &feature.source.values {
            Values::Stored(source) => {
                let read = self.read(source)?;
                self.reads[read].is_told = true;
                Ok(Output::Feature {
                    read,
                    feature: self.reads[read].feature_index(feature.name),
                })
            }
            Values::Computed(computation) => {
                let column = computation.plugin.wiring.column_of(feature.name);
                let column = column.ok_or_else(|| ResolveError::FeatureNotReady {
                    view: feature.source.view.to_owned(),
                    feature: feature.name.to_owned(),
                })?;
                let transform = self.transform(computation)?;
                self.transforms[transform].is_told = true;
                Ok(Output::Computed(ComputedColumn { transform, column }))
            }
        }
    }

    /// Two sources that are read under one stored name by the same columns of the request are one read.
    fn read(&mut self, source: &Rc<StoredSource>) -> Result<usize, ResolveError> {
        let id = Rc::as_ptr(source);
        if let Some(read) = self.planned.get(&id) {
            return Ok(*read);
        }
        let key_set = self.columns.key_set(source)?;
        let same =
            |read: &PlannedRead| read.key_set == key_set && read.stored_view == source.stored_view;
        let read = self.reads.iter().position(same).unwrap_or_else(|| {
            self.reads.push(PlannedRead {
                view: source.view.clone(),
                stored_view: source.stored_view.clone(),
                features: Vec::new(),
                key_set,
                is_told: false,
                ttl: source.ttl,
            });
            self.reads.len() - 1
        });
        self.planned.insert(id, read);
        Ok(read)
    }

    fn transform(&mut self, computation: &Rc<Computation>) -> Result<usize, ResolveError> {
        let id = Rc::as_ptr(computation);
        if let Some(transform) = self.computed.get(&id) {
            return Ok(*transform);
        }
        let mut inputs = Vec::with_capacity(computation.inputs.len());
        let mut stage = 0;
        for input in &computation.inputs {
            let input = self.input(input, &computation.plugin.view.name)?;
            if let TransformInput::Computed(from) = input {
                stage = stage.max(self.transforms[from.transform].stage + 1);
            }
            inputs.push(input);
        }
        self.transforms.push(PlannedTransform {
            plugin: computation.plugin.clone(),
            inputs,
            is_told: false,
            stage,
        });
        let transform = self.transforms.len() - 1;
        self.computed.insert(id, transform);
        Ok(transform)
    }

    fn input(&mut self, input: &Input, view: &str) -> Result<TransformInput, ResolveError> {
        match input {
            Input::Stored { source, feature } => {
                let read = self.read(source)?;
                Ok(TransformInput::Stored {
                    read,
                    feature: self.reads[read].feature_index(feature),
                })
            }
            Input::Request { field, data_type } => {
                let column = self.columns.request_data(field, data_type, view)?;
                Ok(TransformInput::Request(column))
            }
            Input::Computed {
                computation,
                column,
            } => Ok(TransformInput::Computed(ComputedColumn {
                transform: self.transform(computation)?,
                column: *column,
            })),
        }
    }
}

/// On-demand views have no versions to tell.
fn remember_version<'p>(versions: &mut Vec<(&'p str, u32)>, source: &Source<'p>) {
    let is_stored = matches!(source.values, Values::Stored(_));
    if is_stored && versions.iter().all(|(name, _)| *name != source.told_as) {
        versions.push((source.told_as, source.version));
    }
}
