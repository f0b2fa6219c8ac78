use feature_model::Timestamp;

use super::apply::{holding_data, remove_data};
use crate::{
    audit::Deed,
    printer::{Printer, confirm},
    repository::Repository,
};

pub(super) async fn run(
    repository: &Repository,
    yes: bool,
    deed: &mut Deed,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project_name = &repository.config.project;
    let mut current = repository.current().await?;
    let managed = current.document.managed(project_name);
    deed.on_removed(&managed);
    let views: Vec<_> = current
        .project
        .feature_views
        .values()
        .filter(|view| managed.iter().any(|object| object.name == view.name))
        .map(|view| repository.stored_view(&current.project, view))
        .collect();
    let holding_data = holding_data(repository, &views).await?;
    current.document.remove_project(project_name)?;
    if !yes {
        let question =
            format!("this removes all objects and online data of project `{project_name}`");
        confirm(&question, project_name.as_str())?;
    }
    let store = repository.registry()?;
    store
        .commit(&current.version, &mut current.document, Timestamp::now())
        .await?;
    remove_data(repository, &holding_data, printer).await?;
    printer.line(format!(
        "removed {} objects of project `{project_name}`",
        managed.len()
    ))
}
