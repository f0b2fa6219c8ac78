use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use access::{Permit, Principal};
use feature_model::RegistrySnapshot;
use foldhash::fast::RandomState;

use crate::{
    ask::{FeatureList, Shape, Wanted},
    authorise::{Principals, Unpermitted},
    plugins::PluginTable,
    resolve::{ResolveError, ServingPlan},
};

/// Plans and their outputs that are kept; with more, all are forgotten. A client can send as many shapes as it likes.
const MOST_PLANS: usize = 1024;
const MOST_OUTPUTS: usize = 128 * 1024;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Plans of longer lists of features aren't kept.
const LONGEST_LIST: usize = 1024 * 1024;

/// Callers of whom a shape remembers that they may have it.
const MOST_READERS: usize = 256;

/// The plans of shapes that were asked for, under one registry and one set of plugins, and who may have them.
#[derive(Debug, Default)]
pub(super) struct Plans {
    edition: RwLock<Edition>,
}

/// What is to be planned.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) shape: &'a Shape<'a>,
    pub(super) registry: &'a Arc<RegistrySnapshot>,
    pub(super) plugins: &'a Arc<PluginTable>,
}

/// For whom.
pub(super) enum Reader<'a> {
    /// For everybody, as this permit says.
    Anybody(&'a Permit),
    /// For this principal, if `decide` gives it leave.
    Principal {
        principal: &'a Arc<Principal>,
        decide: &'a dyn Fn() -> Result<Permit, Unpermitted>,
    },
}

#[derive(Debug, Default)]
struct Edition {
    /// What the plans were made from; they mean nothing beside anything else.
    sources: Option<(Arc<RegistrySnapshot>, Arc<PluginTable>)>,
    /// Shapes come from outside, so the hash is seeded; no shape is kept that nobody may have.
    plans: HashMap<Shape<'static>, ForShape, RandomState>,
    lists: HashSet<FeatureList<'static>, RandomState>,
    outputs: usize,
    /// Of the lists of features.
    bytes: usize,
}

/// The plans of one shape: for those who see the whole project, and for those who don't.
#[derive(Debug)]
struct ForShape {
    seeing: OnceLock<Arc<ServingPlan>>,
    blind: OnceLock<Arc<ServingPlan>>,
    /// Whom a permit was given for it, and whether they see the project.
    readers: Principals<bool>,
}

impl Plans {
    /// The plan of the shape, made by `resolve` where it isn't known yet. A plan that is known is given only to those who
    /// had a permit for it under the same registry.
    pub(super) fn plan(
        &self,
        asked: Asked<'_>,
        reader: &Reader<'_>,
        resolve: impl FnOnce(&Permit) -> Result<ServingPlan, ResolveError>,
    ) -> Result<Arc<ServingPlan>, Unpermitted> {
        if let Some(plan) = self.known(asked, |known| known.plan_for(reader)) {
            return Ok(plan);
        }
        let decided;
        let permit = match reader {
            Reader::Anybody(permit) => permit,
            Reader::Principal { decide, .. } => {
                decided = decide()?;
                &decided
            }
        };
        let sees = permit.shows_project();
        let plan = match self.known(asked, |known| known.plan(sees).cloned()) {
            Some(plan) => plan,
            None => Arc::new(resolve(permit)?),
        };
        self.remember(asked, reader, sees, &plan);
        Ok(plan)
    }

    /// Whether a list of features of this text was planned, so that nothing is wrong with the text.
    pub(super) fn knows(&self, features: &str) -> bool {
        let edition = self.edition.read().unwrap_or_else(PoisonError::into_inner);
        edition.lists.contains(features)
    }

    fn known<T>(&self, asked: Asked<'_>, look: impl FnOnce(&ForShape) -> Option<T>) -> Option<T> {
        let edition = self.edition.read().unwrap_or_else(PoisonError::into_inner);
        if !edition.is_of(asked) {
            return None;
        }
        look(edition.get(asked.shape)?)
    }

    fn remember(&self, asked: Asked<'_>, reader: &Reader<'_>, sees: bool, plan: &Arc<ServingPlan>) {
        if features(asked.shape).is_some_and(|list| list.text().len() > LONGEST_LIST) {
            return;
        }
        let shape = asked.shape.clone().into_owned();
        let mut edition = self.edition.write().unwrap_or_else(PoisonError::into_inner);
        if !edition.is_of(asked) {
            *edition = Edition::new(asked);
        }
        let known = edition.add(shape, plan, sees);
        if let Reader::Principal { principal, .. } = reader {
            known.readers.add(principal, sees);
        }
    }
}

impl Edition {
    fn new(asked: Asked<'_>) -> Self {
        Self {
            sources: Some((Arc::clone(asked.registry), Arc::clone(asked.plugins))),
            ..Self::default()
        }
    }

    fn is_of(&self, asked: Asked<'_>) -> bool {
        self.sources.as_ref().is_some_and(|sources| {
            Arc::ptr_eq(&sources.0, asked.registry) && Arc::ptr_eq(&sources.1, asked.plugins)
        })
    }

    fn get<'s>(&'s self, shape: &'s Shape<'s>) -> Option<&'s ForShape> {
        // a map of shapes that live for ever is one of shapes that live shorter
        let plans: &HashMap<Shape<'s>, ForShape, RandomState> = &self.plans;
        plans.get(shape)
    }

    fn add(&mut self, shape: Shape<'static>, plan: &Arc<ServingPlan>, sees: bool) -> &ForShape {
        let is_full = self.plans.len() >= MOST_PLANS
            || self.outputs > MOST_OUTPUTS
            || self.bytes > MOST_BYTES;
        if is_full && !self.plans.contains_key(&shape) {
            *self = Self {
                sources: self.sources.take(),
                ..Self::default()
            };
        }
        if let Some(list) = features(&shape)
            && !self.plans.contains_key(&shape)
        {
            self.bytes += list.text().len();
            self.lists.insert(list.clone());
        }
        let known = self.plans.entry(shape).or_insert_with(ForShape::new);
        if known.place(sees).set(Arc::clone(plan)).is_ok() {
            self.outputs += plan.outputs.len();
        }
        known
    }
}

fn features<'s, 'b>(shape: &'s Shape<'b>) -> Option<&'s FeatureList<'b>> {
    match &shape.wanted {
        Wanted::Features(list) => Some(list),
        Wanted::Service(_) => None,
    }
}

impl ForShape {
    fn new() -> Self {
        Self {
            seeing: OnceLock::new(),
            blind: OnceLock::new(),
            readers: Principals::new(MOST_READERS),
        }
    }

    fn place(&self, sees: bool) -> &OnceLock<Arc<ServingPlan>> {
        if sees { &self.seeing } else { &self.blind }
    }

    fn plan(&self, sees: bool) -> Option<&Arc<ServingPlan>> {
        self.place(sees).get()
    }

    fn plan_for(&self, reader: &Reader<'_>) -> Option<Arc<ServingPlan>> {
        let sees = match reader {
            Reader::Anybody(permit) => permit.shows_project(),
            Reader::Principal { principal, .. } => self.readers.get(principal)?,
        };
        self.plan(sees).cloned()
    }
}

#[cfg(test)]
mod tests;
