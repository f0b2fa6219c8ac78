//! `materialize`: from data sources to rows in the online store.
//!
//! For each view: its interval, the latest row of each entity in it ([`offline_store::latest_rows`]), keys
//! as Feast serializes them, batches into the store, and only then the interval into the registry. Nothing
//! else is remembered: killed at any point and run again, all is read again, and the store keeps whatever
//! row is the newest.
//!
//! What it deliberately does not do: run transformations, load label views (Feast pushes those), or mark a
//! view as being loaded, which would stay behind when the program is killed.

mod choose;
mod interval;
mod load;
mod progress;
mod report;

use std::sync::Arc;

use anyhow::Context as _;
use feature_codec::registry::RegistryDocument;
use feature_model::{FeatureView, MaterializationInterval, Project, Timestamp};
use registry_store::RegistryStore;

pub(crate) use interval::Span;
pub(crate) use progress::{Bar, Progress};
pub(crate) use report::ViewReport;

use crate::repository::Repository;

/// What to load.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Names of views; all that are online where there is none.
    pub(crate) views: Vec<String>,
    /// Which event times.
    pub(crate) span: Span,
    /// Whether a row that can't be read ends the command.
    pub(crate) strict: bool,
    /// The present.
    pub(crate) now: Timestamp,
}

/// Loads one view after the other, and tells what became of each.
///
/// # Errors
/// Before anything is written: where a view can't be chosen, an interval ends before it begins, or a view has
/// no files to read. Later: where reading or writing fails; views before that one are loaded and recorded.
pub(crate) async fn run(
    repository: &Repository,
    request: &Request,
    progress: &dyn Progress,
) -> anyhow::Result<Vec<ViewReport>> {
    let registry = repository.registry()?;
    let project = repository.current().await?.project;
    let chosen = choose::views(&project, &request.views)?;
    let mut tasks = Vec::with_capacity(chosen.len());
    for view in chosen {
        let interval = interval::of(view, request.span, request.now)?;
        tasks.push((view, choose::source(view)?, interval));
    }
    let writer = repository.writer().await?;
    let mut reports = Vec::with_capacity(tasks.len());
    for (view, source, interval) in tasks {
        progress.begin(&view.name, interval);
        let load = load::Load {
            repository,
            project: &project,
            view,
            source,
            interval,
            strict: request.strict,
            writer: Arc::clone(&writer),
            progress,
        };
        let loaded = load.run().await;
        progress.end();
        let report =
            loaded.with_context(|| format!("could not load feature view `{}`", view.name))?;
        record(repository, &registry, view, interval).await?;
        reports.push(report);
    }
    Ok(reports)
}

/// Appends the interval to the view's in the registry, as it is by now.
async fn record(
    repository: &Repository,
    registry: &RegistryStore,
    view: &FeatureView,
    interval: MaterializationInterval,
) -> anyhow::Result<()> {
    let (project, now) = (&repository.config.project, Timestamp::now());
    let note = |document: &mut RegistryDocument| {
        document.record_materialization(project, &view.name, interval, now)
    };
    registry.update(now, note).await.with_context(|| {
        format!(
            "feature view `{}` is loaded, but the registry could not be told; run the command again",
            view.name
        )
    })?;
    Ok(())
}

/// The project's views that can be loaded, for messages.
fn loadable(project: &Project) -> impl Iterator<Item = &FeatureView> {
    project
        .feature_views
        .values()
        .filter(|view| choose::is_loaded_by_default(view))
}

#[cfg(test)]
mod tests;
