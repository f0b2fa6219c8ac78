use crate::{
    definitions::{self, Definitions},
    printer::{Printer, note},
    repository::Repository,
    source_check::check_sources,
};

pub(super) async fn run(repository: &Repository, printer: &mut Printer) -> anyhow::Result<()> {
    let definitions = checked(repository).await?;
    let project = &definitions.project;
    let count = project.entities.len()
        + project.data_sources.len()
        + project.feature_views.len()
        + project.on_demand_feature_views.len()
        + project.feature_services.len();
    printer.line(format!(
        "{count} definitions of project `{}` are valid",
        repository.config.project
    ))
}

/// The repository's definitions, checked among themselves and against their data sources.
pub(super) async fn checked(repository: &Repository) -> anyhow::Result<Definitions> {
    let repo = &repository.config.repo;
    let (definitions, mut problems) = definitions::gather(repo)?;
    for warning in &definitions.warnings {
        note(warning.to_string());
    }
    problems.extend(check_sources(&definitions, repo).await);
    if problems.is_empty() {
        Ok(definitions)
    } else {
        Err(problems.sorted().into())
    }
}
