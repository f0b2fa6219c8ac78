//! What the log is told of replies that lack something, which may be each one: a line for each view now and then.

use tokio::time::Instant;

use crate::{encode::Encoded, names::field, project::ServedProject, transform::Computed};

/// Stored values couldn't be decoded.
pub(super) fn corrupt(project: &ServedProject, encoded: &Encoded) {
    for corrupt in &encoded.corrupt {
        project.corrupt_values.met(&corrupt.view, corrupt.values);
        let (told, now) = (&project.corrupt_told, Instant::now());
        let Some(since) = told.met(&corrupt.view, corrupt.values, now) else {
            continue;
        };
        tracing::warn!(
            { field::PROJECT } = project.name.as_str(),
            { field::FEATURE_VIEW } = corrupt.view,
            { field::FEATURE } = corrupt.feature,
            { field::VALUES } = since.values,
            { field::REPLIES } = since.replies,
            { field::ERROR } = corrupt.reason,
            "stored values can't be decoded and are told as INVALID"
        );
    }
}

/// On-demand views couldn't be computed. Their plugins' calls are counted where they are made.
pub(super) fn failures(project: &ServedProject, computed: &Computed) {
    for failure in &computed.failures {
        let (told, now) = (&project.failures_told, Instant::now());
        let Some(since) = told.met(&failure.view, 1, now) else {
            continue;
        };
        tracing::warn!(
            { field::PROJECT } = project.name.as_str(),
            { field::FEATURE_VIEW } = failure.view,
            { field::CODE } = failure.code,
            { field::REPLIES } = since.replies,
            { field::ERROR } = failure.reason,
            "a plugin failed and its features are told as TRANSFORM_ERROR"
        );
    }
}
