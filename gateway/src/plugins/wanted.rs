use feature_model::{OnDemandFeatureView, PluginBinding, PluginDigest};
use sha2::{Digest as _, Sha256};

/// A view and the plugin that a registry binds to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The view.
    pub view: OnDemandFeatureView,
    /// Its plugin.
    pub binding: PluginBinding,
}

/// Whether a view that Feast manages still has the function that the plugin stands for.
pub(super) fn is_current(wanted: &Wanted) -> bool {
    let body_text = wanted.view.body_text.as_bytes();
    wanted
        .binding
        .body_text
        .is_none_or(|pinned| PluginDigest::new(Sha256::digest(body_text).into()) == pinned)
}
