//! From an on-demand view to everything that it is computed from, however many views lie between.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use feature_model::{
    DataType, OnDemandFeatureView, OnDemandSource, PluginInput, Projection, VersionSelector,
};

use super::{
    ResolveError,
    view::AnyView,
    wanted::{Lookup, StoredSource},
};
use crate::plugins::{ServedPlugin, Trouble, WiredInput};

/// An on-demand view and where its plugin's input columns come from.
pub(super) struct Computation {
    pub(super) plugin: Arc<ServedPlugin>,
    /// In the order of the plugin's columns.
    pub(super) inputs: Vec<Input>,
    /// What is read from the store for it, by itself or by the views that it is computed from.
    pub(super) stored: Vec<Rc<StoredSource>>,
}

/// What fills an input column.
pub(super) enum Input {
    Stored {
        source: Rc<StoredSource>,
        feature: String,
    },
    Request {
        field: String,
        data_type: DataType,
    },
    Computed {
        computation: Rc<Computation>,
        column: usize,
    },
}

/// More views than this, one computed from the other, are refused.
const DEEPEST_CHAIN: usize = 32;

impl Lookup<'_> {
    /// How an on-demand view is computed; each view is looked up once.
    pub(super) fn computation(&mut self, view: &str) -> Result<Rc<Computation>, ResolveError> {
        if let Some(known) = self.computations.get(view) {
            return known.clone().ok_or_else(|| ResolveError::TransformCycle {
                view: view.to_owned(),
            });
        }
        let under_way = self.computations.values().filter(|known| known.is_none());
        if under_way.count() >= DEEPEST_CHAIN {
            return Err(ResolveError::TransformCycle {
                view: view.to_owned(),
            });
        }
        self.computations.insert(view.to_owned(), None);
        let plugin = self.plugin(view)?;
        let mut sources = HashMap::new();
        let mut inputs = Vec::with_capacity(plugin.wiring.inputs.len());
        for wired in &plugin.wiring.inputs {
            inputs.push(self.input(&plugin.view, wired, &mut sources)?);
        }
        let stored = stored_sources(&inputs);
        let computation = Rc::new(Computation {
            plugin,
            inputs,
            stored,
        });
        let known = Some(Rc::clone(&computation));
        self.computations.insert(view.to_owned(), known);
        Ok(computation)
    }

    fn plugin(&self, view: &str) -> Result<Arc<ServedPlugin>, ResolveError> {
        let Some(slot) = self.plugins.slots.get(view) else {
            return Err(ResolveError::TransformUnavailable {
                view: view.to_owned(),
            });
        };
        slot.serving
            .clone()
            .ok_or_else(|| ResolveError::PluginNotReady {
                view: view.to_owned(),
                reason: slot
                    .trouble
                    .as_ref()
                    .map_or("it is being loaded", Trouble::told),
            })
    }

    fn input(
        &mut self,
        view: &OnDemandFeatureView,
        wired: &WiredInput,
        known: &mut HashMap<String, Rc<StoredSource>>,
    ) -> Result<Input, ResolveError> {
        let PluginInput { source, field } = &wired.from;
        if let Some(stored) = known.get(source) {
            return Ok(Input::Stored {
                source: Rc::clone(stored),
                feature: field.clone(),
            });
        }
        match view.sources.get(source) {
            Some(OnDemandSource::View(projection)) => {
                let input = self.feature(projection, field)?;
                if let Input::Stored { source: stored, .. } = &input {
                    known.insert(source.clone(), Rc::clone(stored));
                }
                Ok(input)
            }
            // the wiring was made from these sources
            Some(OnDemandSource::Request(_)) | None => Ok(Input::Request {
                field: field.clone(),
                data_type: wired.data_type.clone(),
            }),
        }
    }

    fn feature(&mut self, projection: &Projection, feature: &str) -> Result<Input, ResolveError> {
        let name = &projection.view;
        let view = AnyView::find(self.project, name)
            .ok_or_else(|| ResolveError::MissingSource { view: name.clone() })?;
        view.check_enabled()?;
        if view.is_stored() {
            let version = projection
                .version_tag
                .map_or(VersionSelector::Latest, VersionSelector::Number);
            let version = self.version_number(&view, version)?;
            return Ok(Input::Stored {
                source: Rc::new(self.stored(&view, version, Some(projection))),
                feature: feature.to_owned(),
            });
        }
        let computation = self.computation(name)?;
        let column = computation.plugin.wiring.column_of(feature);
        let column = column.ok_or_else(|| ResolveError::FeatureNotReady {
            view: name.clone(),
            feature: feature.to_owned(),
        })?;
        Ok(Input::Computed {
            computation,
            column,
        })
    }
}

/// Each source once: a view that several inputs come from is looked at once.
fn stored_sources(inputs: &[Input]) -> Vec<Rc<StoredSource>> {
    let mut seen = HashSet::new();
    let mut sources = Vec::new();
    for input in inputs {
        let found = match input {
            Input::Stored { source, .. } => std::slice::from_ref(source),
            Input::Computed { computation, .. } => computation.stored.as_slice(),
            Input::Request { .. } => &[],
        };
        let new = found
            .iter()
            .filter(|source| seen.insert(Rc::as_ptr(source)));
        sources.extend(new.cloned());
    }
    sources
}
