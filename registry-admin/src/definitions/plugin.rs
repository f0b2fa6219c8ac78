use std::collections::{BTreeMap, BTreeSet};

use feature_model::{
    ObjectId, OnPluginError, PluginBinding, PluginDigest, PluginInput, PluginLimits, Wasi,
};

/// A `plugin` as the files say it: what its component takes and returns isn't known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginDefinition {
    /// The binding; its name is that of the view.
    pub object: ObjectId,
    /// Where the component is.
    pub component: ComponentSource,
    /// Which of its transforms; absent where the definition doesn't say.
    pub transform: Option<String>,
    /// A JSON object.
    pub parameters: String,
    /// Input columns, and what each is filled from.
    pub inputs: BTreeMap<String, PluginInput>,
    /// Input columns of which the files say what can't be understood.
    pub unread_inputs: BTreeSet<String>,
    /// Output columns, and the feature that each becomes.
    pub outputs: BTreeMap<String, String>,
    /// What one call may use.
    pub limits: PluginLimits,
    /// What a client sees of a call that fails.
    pub on_error: OnPluginError,
    /// Whether each call gets an instance of its own.
    pub fresh_instance: bool,
    /// What the component may import.
    pub wasi: Wasi,
    /// For a view of Feast's: the `body_text` that the plugin stands for.
    pub body_text: Option<PluginDigest>,
}

/// Where a component is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentSource {
    /// A file, relative to the feature repository.
    File(String),
    /// Stored beside the registry already.
    Stored(PluginDigest),
}

impl PluginDefinition {
    /// The view that the plugin computes.
    #[must_use]
    pub fn view(&self) -> &str {
        &self.object.name
    }

    /// The binding to a component that has been found, and to one of its transforms.
    #[must_use]
    pub fn bind(&self, digest: PluginDigest, transform: &str) -> PluginBinding {
        PluginBinding {
            digest,
            transform: transform.to_owned(),
            parameters: self.parameters.clone(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            limits: self.limits.clone(),
            on_error: self.on_error,
            fresh_instance: self.fresh_instance,
            wasi: self.wasi,
            body_text: self.body_text,
        }
    }
}
