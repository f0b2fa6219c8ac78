use std::{fmt, sync::Arc, time::Duration};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};

use super::{InFlight, label::Answer};
use crate::router::Route;

/// Counts the requests of one project. Looking a counter up costs a hash of its labels, so that of a request that
/// is answered as it should be is looked up once.
pub struct RequestMeter {
    pub(super) usual: Answer,
    pub(super) answered: Counter,
    pub(super) durations: Histogram,
    pub(super) in_flight: Gauge,
}

impl RequestMeter {
    /// What nearly all requests of a project become.
    pub(super) fn usual(project: Arc<str>) -> Answer {
        Answer {
            project: Some(project),
            route: Route::GetOnlineFeatures,
            status: 200,
        }
    }

    /// One of the project's requests is being answered until the guard is dropped.
    #[must_use]
    pub fn request_began(&self) -> InFlight {
        InFlight::new(&self.in_flight)
    }

    /// As a label.
    pub(super) fn project(&self) -> Option<Arc<str>> {
        self.usual.project.clone()
    }

    /// Whether that is the usual answer, and is counted.
    pub(super) fn counted(&self, route: Route, status: u16, took: Duration) -> bool {
        let is_usual = self.usual.route == route && self.usual.status == status;
        if is_usual {
            self.answered.inc();
            self.durations.observe(took.as_secs_f64());
        }
        is_usual
    }
}

impl fmt::Debug for RequestMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestMeter").field(&self.usual).finish()
    }
}
