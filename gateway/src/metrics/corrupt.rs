use std::sync::Arc;

use prometheus_client::metrics::{counter::Counter, family::Family};

use super::label::OfView;

/// Counts a project's stored values that couldn't be decoded.
#[derive(Debug)]
pub struct CorruptMeter {
    pub(super) project: Arc<str>,
    pub(super) values: Family<OfView, Counter>,
}

impl CorruptMeter {
    /// A reply lacks so many of a view.
    pub fn met(&self, view: &str, values: usize) {
        let of_view = OfView {
            project: Arc::clone(&self.project),
            feature_view: Arc::from(view),
        };
        let values = u64::try_from(values).unwrap_or(u64::MAX);
        self.values.get_or_create(&of_view).inc_by(values);
    }
}
