use std::{fmt, sync::Arc};

use feature_model::{DataType, OnDemandFeatureView, OnPluginError, PluginBinding};
use plugin_host::{CallError, Component, Field, Plugin, PluginOptions};

use super::{
    Terms, Wanted,
    wiring::{Wiring, WiringError},
};
use crate::metrics::{Computation, Metrics, PluginMeter};

/// A plugin that computes one on-demand view: compiled, checked against the view, and tried.
pub struct ServedPlugin {
    /// The view as it was when the plugin was loaded: what the wiring refers to.
    pub view: OnDemandFeatureView,
    /// The binding that it was loaded for.
    pub binding: PluginBinding,
    /// How the view's fields and the plugin's columns belong together.
    pub wiring: Wiring,
    /// Its instances.
    pub plugin: Plugin,
    /// The plugin's input columns.
    pub inputs: Vec<(String, DataType)>,
    /// The plugin's output columns.
    pub outputs: Arc<[(String, DataType)]>,
    /// Counts its calls.
    pub meter: PluginMeter,
    /// Held so that other views can share it.
    _component: Arc<Component>,
}

/// A plugin can't serve its view.
#[derive(Debug, thiserror::Error)]
pub enum UnfitPlugin {
    /// It fails where it is described or tried.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Its columns don't fit.
    #[error(transparent)]
    Wiring(#[from] WiringError),
}

impl ServedPlugin {
    /// Describes the transform, checks it against the view, and tries it: see [`Plugin::new`].
    ///
    /// # Errors
    /// Where any of that fails.
    pub fn new(
        component: Arc<Component>,
        terms: &Terms,
        wanted: Wanted,
        metrics: &Metrics,
    ) -> Result<Self, UnfitPlugin> {
        let Wanted { view, binding } = wanted;
        let options = PluginOptions {
            name: view.name.clone(),
            project: terms.project.clone(),
            transform: binding.transform.clone(),
            parameters: binding.parameters.clone(),
            limits: terms.limits(&binding.limits),
            fresh_instance: binding.fresh_instance,
        };
        let plugin = Plugin::new(&component, options)?;
        let wiring = Wiring::new(&view, &binding, plugin.description())?;
        let description = plugin.description();
        let (inputs, outputs) = (columns(&description.inputs), columns(&description.outputs));
        let meter = metrics.of_plugin(Computation {
            project: Arc::from(terms.project.as_str()),
            feature_view: Arc::from(view.name.as_str()),
        });
        Ok(Self {
            view,
            binding,
            wiring,
            plugin,
            inputs,
            outputs: outputs.into(),
            meter,
            _component: component,
        })
    }

    /// Whether it is what is asked for.
    #[must_use]
    pub fn serves(&self, wanted: &Wanted) -> bool {
        self.binding == wanted.binding
            && self.view.sources == wanted.view.sources
            && self.view.features == wanted.view.features
    }

    /// What a client sees where it fails.
    #[must_use]
    pub fn on_error(&self) -> OnPluginError {
        self.binding.on_error
    }
}

fn columns(fields: &[Field]) -> Vec<(String, DataType)> {
    let columns = fields
        .iter()
        .map(|field| (field.name.clone(), field.data_type.clone()));
    columns.collect()
}

/// Two are equal where they are the same one.
impl PartialEq for ServedPlugin {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for ServedPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServedPlugin")
            .field("view", &self.view.name)
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}
