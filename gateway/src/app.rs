//! What every handler shares.

use std::{net::SocketAddr, sync::Arc};

use settings::Limits;

use crate::{
    authorise::Access,
    lifecycle::Lifecycle,
    metrics::{Exposition, Metrics},
    project::ServedProject,
    projects::Projects,
    ready::{Report, Status},
    unsent::Unsent,
};

/// One process that serves. Built once, before the first connection.
#[derive(Debug)]
pub struct App {
    /// What is served.
    pub projects: Projects,
    /// What the process takes on as a whole: those of the first project. What a request may take is said by
    /// its own project.
    pub limits: Limits,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What `/metrics` tells.
    pub exposition: Exposition,
    /// Its replies that nobody has taken yet. A project's own are the project's.
    pub unsent: Unsent,
    /// Whether the process is on its way out.
    pub lifecycle: Arc<Lifecycle>,
}

impl App {
    /// Serves `projects`; what concerns the whole process is as the first of them says.
    #[must_use]
    pub fn new(projects: Projects, metrics: Arc<Metrics>, lifecycle: Arc<Lifecycle>) -> Self {
        let limits = projects.first().config.salver.limits.clone();
        let exposition = Exposition::new(&metrics, projects.all().to_vec());
        Self {
            unsent: Unsent::new(limits.max_unsent_bytes),
            projects,
            limits,
            metrics,
            exposition,
            lifecycle,
        }
    }

    /// Where metrics are served, if not on the main address.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.projects.first().config.salver.metrics.address
    }

    /// What `/ready` tells somebody who may see these projects.
    #[must_use]
    pub fn report<'a>(&self, visible: impl Iterator<Item = &'a Arc<ServedProject>>) -> Report {
        let projects = self.projects.all();
        let status = if self.lifecycle.is_draining() {
            Status::Draining
        } else if projects.iter().any(|project| project.was_ready()) {
            Status::Ready
        } else {
            Status::Waiting
        };
        // their folders and settings are nobody's business where tokens are asked for
        let is_open = projects
            .iter()
            .all(|one| matches!(one.access, Access::Open(_)));
        let unusable = self.projects.unusable();
        let unusable = unusable.iter().filter(|_| is_open).cloned().collect();
        Report {
            status,
            projects: visible.map(|project| project.status()).collect(),
            unusable,
        }
    }
}
