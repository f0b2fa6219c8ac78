//! The second stage: the shape of an ask and a registry snapshot become a [`ServingPlan`].
//!
//! A pure function: two asks of one shape have one plan, as long as the registry stays the same. All text
//! is dealt with here (names, aliases, types, metadata of the reply), so that nothing is left to do with
//! names for each row.

mod columns;
mod computed;
mod error;
mod plan;
mod planner;
mod view;
mod wanted;

use std::collections::HashMap;

use access::Permit;
use feature_model::RegistrySnapshot;

use crate::{ask::Shape, plugins::PluginTable};
pub use error::ResolveError;
pub use plan::{
    ComputedColumn, KeyPart, KeySet, Output, PlannedRead, PlannedTransform, RequestColumn,
    ServingPlan, TransformInput, TypedColumn,
};
use wanted::WantedFeature;

/// What the configuration of a project says about resolving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolveOptions {
    /// Feast's `registry.enable_online_feature_view_versioning`: each version of a view is stored apart.
    pub online_feature_view_versioning: bool,
}

/// Plans how to answer asks of this shape, for somebody who may read what it names.
///
/// # Errors
/// Where the ask names what the registry doesn't have or what can't be served, see [`ResolveError`].
pub fn resolve(
    shape: &Shape<'_>,
    snapshot: &RegistrySnapshot,
    permit: &Permit,
    plugins: &PluginTable,
    options: ResolveOptions,
) -> Result<ServingPlan, ResolveError> {
    let project = permit.project();
    let Some(objects) = snapshot.projects.get(project) else {
        return Err(ResolveError::NoProject {
            project: project.to_string(),
        });
    };
    let references = shape.wanted.references();
    let features = wanted::features(
        &shape.wanted,
        &references,
        objects,
        permit,
        plugins,
        options,
    )?;
    check_collisions(&features, shape.full_feature_names)?;
    planner::plan(shape, objects, permit, &features)
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

#[cfg(test)]
mod tests;
