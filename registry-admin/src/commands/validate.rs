use std::collections::BTreeSet;

use feature_model::Project;
use settings::Problems;

use crate::{
    definitions::{self, Definitions},
    plugins::{self, Component, Registered},
    printer::{Printer, note},
    repository::Repository,
    source_check::check_sources,
};

pub(super) async fn run(repository: &Repository, printer: &mut Printer) -> anyhow::Result<()> {
    let gathered = gather(repository)?;
    let plugins = &gathered.0.plugins;
    // Nothing else of a definition is about the registry.
    let (project, managed) = match plugins.iter().any(|plugin| plugin.body_text.is_some()) {
        true => {
            let current = repository.current().await?;
            let managed = current.document.managed(&repository.config.project);
            (current.project, managed)
        }
        false => (Project::default(), BTreeSet::new()),
    };
    let registered = Registered {
        project: &project,
        managed: &managed,
    };
    let (definitions, _) = checked(repository, gathered, registered).await?;
    let project = &definitions.project;
    let count = project.entities.len()
        + project.data_sources.len()
        + project.feature_views.len()
        + project.on_demand_feature_views.len()
        + project.feature_services.len()
        + project.permissions.len()
        + project.role_bindings.len();
    printer.line(format!(
        "{count} definitions of project `{}` are valid",
        repository.config.project
    ))
}

/// What the files of a repository say, and what is wrong with it.
pub(super) type Gathered = (Definitions, Problems);

/// Reads the repository's definitions.
pub(super) fn gather(repository: &Repository) -> anyhow::Result<Gathered> {
    let (definitions, problems) = definitions::gather(&repository.config.repo)?;
    for warning in &definitions.warnings {
        note(warning.to_string());
    }
    Ok((definitions, problems))
}

/// The repository's definitions, checked among themselves, against their data sources and against the components of
/// their plugins, which come along.
pub(super) async fn checked(
    repository: &Repository,
    (mut definitions, mut problems): Gathered,
    registered: Registered<'_>,
) -> anyhow::Result<(Definitions, Vec<Component>)> {
    let is_understood = problems.is_empty();
    problems.extend(std::mem::take(&mut definitions.binding_problems));
    problems.extend(check_sources(&definitions, &repository.config.repo).await);
    let mut components = Vec::new();
    // A view that isn't understood would be told again by everything that its plugin misses.
    if is_understood {
        let (bound, found) = plugins::bind(repository, &mut definitions, registered).await?;
        components = bound.into_found();
        problems.extend(found);
    }
    if problems.is_empty() {
        Ok((definitions, components))
    } else {
        Err(problems.sorted().into())
    }
}
