use anyhow::Context as _;
use feature_model::{
    ObjectKind, Project, Timestamp,
    plan::{Action, Plan},
};
use online_store::{OnlineWriter, StoredView};

use super::plan::{self, Prepared};
use crate::{
    audit::Deed,
    cli::ApplyArgs,
    plugins::{self, Component, Precompile},
    printer::{Printer, confirm, note},
    repository::Repository,
};

pub(super) async fn run(
    repository: &Repository,
    args: &ApplyArgs,
    deed: &mut Deed,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let precompile = Precompile::asked(&args.precompile)?;
    let current = repository.current().await?;
    let before = current.project.clone();
    let prepared = match &args.file {
        Some(file) => plan::load(repository, file, &current.version).await?,
        None => plan::prepare(repository, current, args.adopt).await?,
    };
    deed.on_changes(&prepared.plan.changes);
    plan::print(repository, &prepared, printer)?;
    let deleted = deleted_views(repository, &before, &prepared.plan);
    let holding_data = holding_data(repository, &deleted).await?;
    if !holding_data.is_empty() && !args.yes {
        let names: Vec<_> = holding_data
            .iter()
            .map(|view| format!("`{}`", view.name))
            .collect();
        confirm(
            &format!("this deletes the online data of {}", names.join(", ")),
            "yes",
        )?;
    }
    store_plugins(repository, &prepared.components, precompile, printer).await?;
    commit(repository, prepared).await?;
    prepare_store(repository).await?;
    remove_data(repository, &holding_data, printer).await
}

/// Before the registry names them, so that a gateway finds whatever a registry names.
async fn store_plugins(
    repository: &Repository,
    components: &[Component],
    precompile: Option<Precompile>,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    if components.is_empty() {
        return Ok(());
    }
    let store = repository.plugins()?;
    plugins::upload(&store, components).await?;
    if let Some(asked) = precompile {
        let host = plugins::host(repository)?;
        plugins::precompile(asked, &host, &store, components, printer).await?;
    }
    Ok(())
}

async fn commit(repository: &Repository, mut prepared: Prepared) -> anyhow::Result<()> {
    if prepared.plan.changes.is_empty() {
        return Ok(());
    }
    let store = repository.registry()?;
    let now = Timestamp::now();
    store
        .commit(&prepared.version, &mut prepared.document, now)
        .await?;
    Ok(())
}

/// Makes the tables of all online views, so that the gateway can answer before the first load.
async fn prepare_store(repository: &Repository) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let writer = match repository.writer().await {
        Ok(writer) => writer,
        Err(error) => {
            note(format!("warning: the registry is committed, but {error:#}"));
            return Ok(());
        }
    };
    for view in project.feature_views.values().filter(|view| view.online) {
        let stored = repository.stored_view(&project, view);
        if let Err(error) = writer.prepare(&stored).await {
            note(format!(
                "warning: the registry is committed, but the online store is not ready: {error}"
            ));
            return Ok(());
        }
    }
    Ok(())
}

fn deleted_views(repository: &Repository, before: &Project, plan: &Plan) -> Vec<StoredView> {
    let deletes = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Delete);
    deletes
        .filter(|change| change.object.kind == ObjectKind::FeatureView)
        .filter_map(|change| before.feature_views.get(&change.object.name))
        .map(|view| repository.stored_view(before, view))
        .collect()
}

/// Those of the views that have rows in the online store.
pub(super) async fn holding_data(
    repository: &Repository,
    views: &[StoredView],
) -> anyhow::Result<Vec<StoredView>> {
    let mut holding = Vec::new();
    if views.is_empty() {
        return Ok(holding);
    }
    let writer = repository.writer().await?;
    for view in views {
        let has_data = writer.has_data(view).await;
        if has_data.with_context(|| format!("could not look for data of view `{}`", view.name))? {
            holding.push(view.clone());
        }
    }
    Ok(holding)
}

/// Removes the views' rows, after the registry no longer names them.
pub(super) async fn remove_data(
    repository: &Repository,
    views: &[StoredView],
    printer: &mut Printer,
) -> anyhow::Result<()> {
    if views.is_empty() {
        return Ok(());
    }
    let writer = repository.writer().await?;
    for view in views {
        let removed = remove_view(writer.as_ref(), view).await?;
        printer.line(format!(
            "removed {removed} rows of feature view `{}`",
            view.name
        ))?;
    }
    Ok(())
}

async fn remove_view(writer: &dyn OnlineWriter, view: &StoredView) -> anyhow::Result<u64> {
    writer.remove_view(view).await.with_context(|| {
        format!(
            "the registry no longer has view `{}`, but its rows could not be removed",
            view.name
        )
    })
}
