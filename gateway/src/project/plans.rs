use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use feature_model::RegistrySnapshot;

use crate::{
    ask::Shape,
    plugins::PluginTable,
    resolve::{ResolveError, ServingPlan},
};

/// Plans and their outputs that are kept; with more, all are forgotten. A client can send as many shapes as it likes.
const MOST_PLANS: usize = 1024;
const MOST_OUTPUTS: usize = 128 * 1024;

/// The plans of shapes that were asked for, under one registry and one set of plugins.
#[derive(Debug, Default)]
pub(super) struct Plans {
    edition: RwLock<Edition>,
}

#[derive(Debug, Default)]
struct Edition {
    /// What the plans were made from; they mean nothing beside anything else.
    sources: Option<(Arc<RegistrySnapshot>, Arc<PluginTable>)>,
    plans: HashMap<Shape<'static>, Arc<ServingPlan>>,
    outputs: usize,
}

impl Plans {
    /// The plan of the shape, made by `resolve` where it isn't known yet.
    pub(super) fn plan(
        &self,
        shape: &Shape<'_>,
        registry: &Arc<RegistrySnapshot>,
        plugins: &Arc<PluginTable>,
        resolve: impl FnOnce() -> Result<ServingPlan, ResolveError>,
    ) -> Result<Arc<ServingPlan>, ResolveError> {
        let edition = self.edition.read().unwrap_or_else(PoisonError::into_inner);
        if edition.is_of(registry, plugins)
            && let Some(plan) = edition.get(shape)
        {
            return Ok(Arc::clone(plan));
        }
        drop(edition);
        let plan = Arc::new(resolve()?);
        let shape = shape.clone().into_owned();
        let mut edition = self.edition.write().unwrap_or_else(PoisonError::into_inner);
        if !edition.is_of(registry, plugins) {
            *edition = Edition::new(registry, plugins);
        }
        edition.add(shape, Arc::clone(&plan));
        Ok(plan)
    }
}

impl Edition {
    fn new(registry: &Arc<RegistrySnapshot>, plugins: &Arc<PluginTable>) -> Self {
        Self {
            sources: Some((Arc::clone(registry), Arc::clone(plugins))),
            ..Self::default()
        }
    }

    fn is_of(&self, registry: &Arc<RegistrySnapshot>, plugins: &Arc<PluginTable>) -> bool {
        self.sources.as_ref().is_some_and(|sources| {
            Arc::ptr_eq(&sources.0, registry) && Arc::ptr_eq(&sources.1, plugins)
        })
    }

    fn get<'s>(&'s self, shape: &'s Shape<'s>) -> Option<&'s Arc<ServingPlan>> {
        // a map of shapes that live for ever is one of shapes that live shorter
        let plans: &HashMap<Shape<'s>, Arc<ServingPlan>> = &self.plans;
        plans.get(shape)
    }

    fn add(&mut self, shape: Shape<'static>, plan: Arc<ServingPlan>) {
        self.outputs += plan.outputs.len();
        if self.plans.len() >= MOST_PLANS || self.outputs > MOST_OUTPUTS {
            self.plans.clear();
            self.outputs = plan.outputs.len();
        }
        self.plans.insert(shape, plan);
    }
}
