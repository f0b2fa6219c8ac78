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

/// What became of the views.
pub(crate) struct Outcome {
    /// Those that are loaded and recorded.
    pub(crate) loaded: Vec<ViewReport>,
    /// Why the others aren't.
    pub(crate) failed: Vec<anyhow::Error>,
}

/// Loads one view after the other, and tells what became of each: one that fails doesn't keep the others
/// from being loaded.
///
/// # Errors
/// Before anything is written: where a view can't be chosen, an interval ends before it begins, or a view has
/// no files to read.
pub(crate) async fn run(
    repository: &Repository,
    request: &Request,
    progress: &dyn Progress,
) -> anyhow::Result<Outcome> {
    let project = repository.current().await?.project;
    let chosen = choose::views(&project, &request.views)?;
    let mut tasks = Vec::with_capacity(chosen.len());
    for view in chosen {
        let interval = interval::of(view, request.span, request.now)?;
        tasks.push((view, choose::source(view)?, interval));
    }
    let writer = repository.writer().await?;
    let mut outcome = Outcome {
        loaded: Vec::with_capacity(tasks.len()),
        failed: Vec::new(),
    };
    for (view, source, interval) in tasks {
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
        match load_and_record(load).await {
            Ok(report) => outcome.loaded.push(report),
            Err(error) => outcome.failed.push(error),
        }
    }
    Ok(outcome)
}

async fn load_and_record(load: load::Load<'_>) -> anyhow::Result<ViewReport> {
    load.progress.begin(&load.view.name, load.interval);
    let loaded = load.run().await;
    load.progress.end();
    let report =
        loaded.with_context(|| format!("could not load feature view `{}`", load.view.name))?;
    record(load.repository, load.view, load.interval, report.written).await?;
    Ok(report)
}

/// Appends the interval to the view's in the registry, as it is by now, and adds the rows.
async fn record(
    repository: &Repository,
    view: &FeatureView,
    interval: MaterializationInterval,
    rows: u64,
) -> anyhow::Result<()> {
    let (project, now) = (&repository.config.project, Timestamp::now());
    let note = |document: &mut RegistryDocument| {
        document.record_materialization(project, &view.name, interval, rows, now)
    };
    let registry = repository.registry()?;
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
