//! What every handler shares.

use std::{net::SocketAddr, sync::Arc};

use http::{HeaderMap, HeaderName};
use settings::Limits;
use tokio::sync::Semaphore;

use crate::{
    error::ApiError,
    lifecycle::Lifecycle,
    metrics::{Exposition, Metrics},
    project::ServedProject,
    ready::{Report, Status},
};

/// Request header that names a project, where a gateway serves several.
pub const PROJECT_HEADER: HeaderName = HeaderName::from_static("salver-project");

/// One process that serves. Built once, before the first connection.
#[derive(Debug)]
pub struct App {
    /// In the order of the command line, never empty.
    projects: Vec<Arc<ServedProject>>,
    /// What this process takes on: those of the first project.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What `/metrics` tells.
    pub exposition: Exposition,
    /// Whether the process is on its way out.
    pub lifecycle: Arc<Lifecycle>,
    /// One for each request that may be worked on.
    pub(crate) places: Semaphore,
}

impl App {
    /// Serves `first` and `others`; limits are those of `first`.
    #[must_use]
    pub fn new(
        first: Arc<ServedProject>,
        others: Vec<Arc<ServedProject>>,
        metrics: Arc<Metrics>,
        lifecycle: Arc<Lifecycle>,
    ) -> Self {
        let limits = first.config.salver.limits.clone();
        let projects: Vec<_> = std::iter::once(first).chain(others).collect();
        let places = limits.max_concurrent_requests.min(Semaphore::MAX_PERMITS);
        let exposition = Exposition::new(&metrics, projects.clone());
        Self {
            projects,
            limits,
            metrics,
            exposition,
            lifecycle,
            places: Semaphore::new(places),
        }
    }

    /// Where metrics are served, if not on the main address.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.first().config.salver.metrics.address
    }

    /// What `/ready` tells.
    #[must_use]
    pub fn report(&self) -> Report {
        let status = if self.lifecycle.is_draining() {
            Status::Draining
        } else if self.projects.iter().any(|project| project.was_ready()) {
            Status::Ready
        } else {
            Status::Waiting
        };
        let projects = self.projects.iter().map(|p| p.status()).collect();
        Report { status, projects }
    }

    /// All projects, in the order of the command line.
    #[must_use]
    pub fn projects(&self) -> &[Arc<ServedProject>] {
        &self.projects
    }

    /// The project that a request is about: that of the header `Salver-Project`, without one the first,
    /// as Feast's clients name none.
    ///
    /// # Errors
    /// 404 `unknown_project` where the header names another.
    pub fn project(&self, headers: &HeaderMap) -> Result<&Arc<ServedProject>, ApiError> {
        let Some(wanted) = headers.get(PROJECT_HEADER) else {
            return Ok(self.first());
        };
        self.projects
            .iter()
            .find(|project| project.name.as_str().as_bytes() == wanted.as_bytes())
            .ok_or_else(|| self.unknown(&String::from_utf8_lossy(wanted.as_bytes())))
    }

    fn first(&self) -> &Arc<ServedProject> {
        self.projects.first().expect("an app serves a project")
    }

    fn unknown(&self, wanted: &str) -> ApiError {
        let names: Vec<_> = self.projects.iter().map(|p| p.name.as_str()).collect();
        ApiError::unknown_project(wanted, &names.join("`, `"))
    }
}
