//! From settings to projects that are served.

use std::{fmt::Write as _, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};
use feature_model::ProjectName;
use futures::future::join_all;
use plugin_host::Host;
use settings::FeatureStoreConfig;

use super::{Repositories, sharing};
use crate::{
    app::App,
    authenticate::TokenCheckers,
    authorise::Access,
    doctor::{self, Finding},
    lifecycle::Lifecycle,
    metrics::Metrics,
    names::field,
    plugins::{self, Workshop},
    project::{self, Opened},
    projects::Projects,
};

/// Opens all projects, side by side, so that one that takes its time takes none of the others'. What is wrong with one
/// keeps it from being served, and the others not.
///
/// # Errors
/// Where no project can be served, with what is wrong with each.
pub(super) async fn open(repositories: Repositories, checkers: &mut TokenCheckers) -> Result<App> {
    let metrics = Arc::<Metrics>::default();
    let lifecycle = Arc::<Lifecycle>::default();
    let first = repositories.first()?;
    let settings = repositories
        .usable
        .iter()
        .map(|loaded| &loaded.config.salver.plugins);
    let host = Host::new(plugins::host_options(&first.salver.plugins, settings)?)?;
    let default = first.salver.default_project.clone();
    let workshop = Arc::new(Workshop::open(host, Arc::clone(&metrics))?);
    let configs = repositories.usable.into_iter();
    let configs: Vec<_> = configs.map(|loaded| Arc::new(loaded.config)).collect();
    let access: Vec<_> = configs.iter().map(|one| checkers.access(one)).collect();
    let names: Vec<_> = configs.iter().map(|one| one.project.clone()).collect();
    let opening = configs.iter().zip(access).map(async |(config, access)| {
        let config = Arc::clone(config);
        let conflict = sharing::conflict(&config, configs.iter().map(AsRef::as_ref));
        let against = match conflict {
            Some(conflict) => Some(conflict),
            None => more_than_reading(&config, &names).await,
        };
        match (access, against) {
            (Err(trouble), _) => Opened::broken(config, Access::Closed, trouble, &metrics),
            (Ok(access), Some(against)) => {
                Opened::broken(config, access, anyhow!(against), &metrics)
            }
            (Ok(access), None) => {
                project::open(config, access, &workshop, &metrics, &lifecycle).await
            }
        }
    });
    let projects = served(join_all(opening).await)?;
    let mut projects = projects.into_iter().map(Arc::new);
    let first = projects.next().context("no feature repository is given")?;
    let projects =
        Projects::new(first, projects.collect(), default.as_ref()).beside(repositories.unusable);
    Ok(App::new(projects, metrics, lifecycle))
}

/// What speaks against serving a project that `require_read_only`.
async fn more_than_reading(config: &FeatureStoreConfig, served: &[ProjectName]) -> Option<String> {
    if !config.salver.require_read_only {
        return None;
    }
    let findings = doctor::examine(config, served).await;
    refusal(&findings)
}

/// One sentence of all that is found to be more than reading.
pub(super) fn refusal(findings: &[Finding]) -> Option<String> {
    let against = findings.iter().filter(|it| it.is_against_read_only());
    let told: Vec<String> = against.map(ToString::to_string).collect();
    (!told.is_empty()).then(|| {
        format!(
            "`salver.require_read_only` is set, and the gateway may do more than read, or can't tell:\n  {}",
            told.join("\n  ")
        )
    })
}

/// All of them, where one at least has nothing wrong with it.
fn served(all: Vec<Opened>) -> Result<Vec<project::ServedProject>> {
    if all.iter().all(|opened| opened.trouble.is_some()) {
        let troubles = all.into_iter().filter_map(|opened| opened.trouble);
        return fail(troubles.collect());
    }
    let told = all.into_iter().map(|Opened { project, trouble }| {
        if let Some(trouble) = trouble {
            tracing::error!(
                { field::PROJECT } = %project.name,
                { field::ERROR } = format!("{trouble:#}"),
                "a project can't be served"
            );
        }
        project
    });
    Ok(told.collect())
}

fn fail<T>(mut troubles: Vec<anyhow::Error>) -> Result<T> {
    if troubles.len() == 1 {
        return Err(troubles.remove(0));
    }
    let mut told = String::from("no project can be served:");
    for trouble in troubles {
        let _ = write!(told, "\n  {trouble:#}");
    }
    bail!(told)
}
