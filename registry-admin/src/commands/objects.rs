//! `entities list`, `feature-views describe NAME` and their like.

use anyhow::bail;
use serde_json::Value;

use crate::{cli::ObjectVerb, describe, printer::Printer, repository::Repository};

pub(super) async fn entities(
    repository: &Repository,
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let rows: Vec<_> = project.entities.values().map(describe::entity).collect();
    let columns = [
        ("NAME", "name"),
        ("JOIN KEY", "join_key"),
        ("TYPE", "type"),
        ("DESCRIPTION", "description"),
    ];
    show("entity", &columns, &rows, verb, printer)
}

pub(super) async fn feature_views(
    repository: &Repository,
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let views = project.feature_views.values();
    let rows: Vec<_> = views
        .map(|view| describe::feature_view(view, &project))
        .collect();
    let columns = [
        ("NAME", "name"),
        ("KIND", "kind"),
        ("ENTITIES", "entities"),
        ("TTL", "ttl"),
        ("ONLINE", "online"),
        ("LOADED UP TO", "loaded_up_to"),
    ];
    show("feature view", &columns, &rows, verb, printer)
}

pub(super) async fn on_demand_feature_views(
    repository: &Repository,
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let views = project.on_demand_feature_views.values();
    let rows: Vec<_> = views.map(describe::on_demand_feature_view).collect();
    let columns = [
        ("NAME", "name"),
        ("MODE", "mode"),
        ("DESCRIPTION", "description"),
    ];
    show("on-demand feature view", &columns, &rows, verb, printer)
}

pub(super) async fn feature_services(
    repository: &Repository,
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let rows: Vec<_> = project
        .feature_services
        .values()
        .map(describe::feature_service)
        .collect();
    let columns = [
        ("NAME", "name"),
        ("VIEWS", "views"),
        ("DESCRIPTION", "description"),
    ];
    show("feature service", &columns, &rows, verb, printer)
}

pub(super) async fn data_sources(
    repository: &Repository,
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let rows: Vec<_> = project
        .data_sources
        .values()
        .map(describe::data_source)
        .collect();
    let columns = [
        ("NAME", "name"),
        ("KIND", "kind"),
        ("PATH", "path"),
        ("DESCRIPTION", "description"),
    ];
    show("data source", &columns, &rows, verb, printer)
}

fn show(
    what: &str,
    columns: &[(&str, &str)],
    rows: &[Value],
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    match verb {
        ObjectVerb::List { output } => printer.rows(*output, columns, rows),
        ObjectVerb::Describe { name, output } => {
            match rows.iter().find(|row| row["name"] == name.as_str()) {
                Some(row) => printer.object(*output, row),
                None => bail!("{}", not_found(what, name, rows)),
            }
        }
    }
}

fn not_found(what: &str, name: &str, rows: &[Value]) -> String {
    let names: Vec<_> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    match names.as_slice() {
        [] => format!(
            "there is no {what} `{name}`: the registry has none; run `registry-admin apply`"
        ),
        names => format!(
            "there is no {what} `{name}`; there is: {}",
            names.join(", ")
        ),
    }
}
