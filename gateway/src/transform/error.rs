use feature_model::PluginDigest;
use plugin_host::{BadBatch, CallError, ConvertError};

use crate::error::code;

/// An on-demand view can't be computed.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// Its plugin has failed; plugins go by the names of their views.
    #[error("{error} (component {plugin})")]
    Call {
        /// The component.
        plugin: PluginDigest,
        /// What happened.
        error: CallError,
    },
    /// Its columns can't be read.
    #[error("on-demand feature view `{view}` can't be told: {error}")]
    Output {
        /// The view.
        view: String,
        /// What is wrong with them.
        error: BadBatch,
    },
    /// A stored value isn't of the type that the registry declares.
    #[error("on-demand feature view `{view}` can't be computed: {error}")]
    Input {
        /// The view.
        view: String,
        /// Which value.
        error: ConvertError,
    },
    /// A view that it is computed from has failed.
    #[error(
        "on-demand feature view `{view}` can't be computed: `{source_view}`, from which it is computed, has failed"
    )]
    Source {
        /// The view.
        view: String,
        /// The view that has failed.
        source_view: String,
    },
    /// More rows than a batch can have.
    #[error("on-demand feature view `{view}` can't be computed for so many rows at once")]
    TooManyRows {
        /// The view.
        view: String,
    },
}

impl TransformError {
    /// A stable code, one of [`code::ALL`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Call { error, .. } => error.code(),
            Self::Output { .. } => code::PLUGIN_OUTPUT,
            Self::Input { .. } => code::PLUGIN_INPUT,
            Self::Source { .. } => code::PLUGIN_SOURCE_FAILED,
            Self::TooManyRows { .. } => code::TOO_MANY_VALUES,
        }
    }
}
