//! The second stage: the shape of an ask and a registry snapshot become a [`ServingPlan`].
//!
//! A pure function: two asks of one shape have one plan, as long as the registry stays the same. All text
//! is dealt with here (names, aliases, types, metadata of the reply), so that nothing is left to do with
//! names for each row.

mod columns;
mod error;
mod plan;
mod wanted;

use std::collections::HashMap;

use feature_model::{Project, ProjectName, RegistrySnapshot};

use crate::ask::Shape;
use columns::Columns;
pub use error::ResolveError;
pub use plan::{KeyPart, KeySet, Output, PlannedRead, ServingPlan, TypedColumn};
use wanted::{Source, WantedFeature};

/// What the configuration of a project says about resolving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolveOptions {
    /// Feast's `registry.enable_online_feature_view_versioning`: each version of a view is stored apart.
    pub online_feature_view_versioning: bool,
}

/// Plans how to answer asks of this shape.
///
/// # Errors
/// Where the ask names what the registry doesn't have or what can't be served, see [`ResolveError`].
pub fn resolve(
    shape: &Shape<'_>,
    snapshot: &RegistrySnapshot,
    project: &ProjectName,
    options: ResolveOptions,
) -> Result<ServingPlan, ResolveError> {
    let Some(objects) = snapshot.projects.get(project) else {
        return Err(ResolveError::NoProject {
            project: project.to_string(),
        });
    };
    let features = wanted::features(shape, objects, options)?;
    check_collisions(&features, shape.full_feature_names)?;
    plan_reads(shape, objects, &features)
}

fn check_collisions(features: &[WantedFeature<'_>], full: bool) -> Result<(), ResolveError> {
    let mut seen: HashMap<String, &WantedFeature<'_>> = HashMap::with_capacity(features.len());
    for feature in features {
        let name = feature.output_name(full);
        if let Some(first) = seen.insert(name.clone(), feature) {
            return Err(ResolveError::Collision {
                name,
                first: first.reference(),
                second: feature.reference(),
                full,
            });
        }
    }
    Ok(())
}

fn plan_reads(
    shape: &Shape<'_>,
    project: &Project,
    features: &[WantedFeature<'_>],
) -> Result<ServingPlan, ResolveError> {
    let mut columns = Columns::read(shape, project, features)?;
    let mut reads: Vec<PlannedRead> = Vec::new();
    let mut told = Vec::with_capacity(features.len());
    let mut names = columns.echoed_names();
    let mut versions = Vec::new();
    let mut planned_of: HashMap<*const Source<'_>, usize> = HashMap::new();
    for feature in features {
        let source = std::rc::Rc::as_ptr(&feature.source);
        let read = match planned_of.get(&source) {
            Some(read) => *read,
            None => {
                let read = plan_read(&mut reads, &mut columns, &feature.source)?;
                planned_of.insert(source, read);
                remember_version(&mut versions, &feature.source);
                read
            }
        };
        told.push(Output::Feature {
            read,
            feature: reads[read].feature_index(feature.name),
        });
        names.push(feature.output_name(shape.full_feature_names));
    }
    let versions = shape
        .include_feature_view_version_metadata
        .then_some(versions.as_slice());
    let metadata = plan::metadata_json(&names, versions);
    let feature_count = told.len();
    let (mut outputs, typed, key_sets) = columns.into_parts();
    outputs.append(&mut told);
    Ok(ServingPlan {
        names,
        outputs,
        feature_count,
        typed,
        key_sets,
        reads,
        metadata,
    })
}

/// Two sources that are read under one stored name by the same columns of the request are one read.
fn plan_read(
    reads: &mut Vec<PlannedRead>,
    columns: &mut Columns<'_>,
    source: &Source<'_>,
) -> Result<usize, ResolveError> {
    let key_set = columns.key_set(source)?;
    let same =
        |read: &PlannedRead| read.key_set == key_set && read.stored_view == source.stored_view;
    if let Some(known) = reads.iter().position(same) {
        return Ok(known);
    }
    reads.push(PlannedRead {
        view: source.view.to_owned(),
        stored_view: source.stored_view.clone(),
        features: Vec::new(),
        key_set,
        ttl: source.ttl,
    });
    Ok(reads.len() - 1)
}

fn remember_version<'p>(versions: &mut Vec<(&'p str, u32)>, source: &Source<'p>) {
    if versions.iter().all(|(name, _)| *name != source.told_as) {
        versions.push((source.told_as, source.version));
    }
}

#[cfg(test)]
mod tests;
