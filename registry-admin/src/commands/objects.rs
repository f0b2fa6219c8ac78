//! `entities list`, `feature-views describe NAME` and their like.

use anyhow::bail;
use feature_model::Project;
use serde_json::Value;

use crate::{cli::ObjectVerb, describe, printer::Printer, repository::Repository};

/// How objects of one kind are shown.
pub(super) struct Kind {
    what: &'static str,
    /// Titles of the list's columns, and the keys of the description that are in them (with those above them).
    columns: &'static [(&'static str, &'static str)],
    describe: fn(&Project) -> Vec<Value>,
}

pub(super) const ENTITIES: Kind = Kind {
    what: "entity",
    columns: &[
        ("NAME", "name"),
        ("JOIN KEY", "join_key"),
        ("TYPE", "type"),
        ("DESCRIPTION", "description"),
    ],
    describe: |project| project.entities.values().map(describe::entity).collect(),
};

pub(super) const FEATURE_VIEWS: Kind = Kind {
    what: "feature view",
    columns: &[
        ("NAME", "name"),
        ("KIND", "kind"),
        ("ENTITIES", "entities"),
        ("TTL", "ttl"),
        ("ONLINE", "online"),
        ("LOADED UP TO", "loaded_up_to"),
    ],
    describe: |project| {
        let views = project.feature_views.values();
        views
            .map(|view| describe::feature_view(view, project))
            .collect()
    },
};

pub(super) const ON_DEMAND_FEATURE_VIEWS: Kind = Kind {
    what: "on-demand feature view",
    columns: &[
        ("NAME", "name"),
        ("MODE", "mode"),
        ("TRANSFORM", "plugin/transform"),
        ("PLUGIN", "plugin/digest"),
        ("DESCRIPTION", "description"),
    ],
    describe: |project| {
        let views = project.on_demand_feature_views.values();
        views
            .map(|view| describe::on_demand_feature_view(view, project))
            .collect()
    },
};

pub(super) const FEATURE_SERVICES: Kind = Kind {
    what: "feature service",
    columns: &[
        ("NAME", "name"),
        ("VIEWS", "views"),
        ("DESCRIPTION", "description"),
    ],
    describe: |project| {
        let services = project.feature_services.values();
        services.map(describe::feature_service).collect()
    },
};

pub(super) const DATA_SOURCES: Kind = Kind {
    what: "data source",
    columns: &[
        ("NAME", "name"),
        ("KIND", "kind"),
        ("PATH", "path"),
        ("DESCRIPTION", "description"),
    ],
    describe: |project| {
        let sources = project.data_sources.values();
        sources.map(describe::data_source).collect()
    },
};

pub(super) async fn run(
    repository: &Repository,
    kind: &Kind,
    verb: &ObjectVerb,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let project = repository.current().await?.project;
    let rows = (kind.describe)(&project);
    match verb {
        ObjectVerb::List { output } => printer.rows(*output, kind.columns, &rows),
        ObjectVerb::Describe { name, output } => {
            match rows.iter().find(|row| row["name"] == name.as_str()) {
                Some(row) => printer.object(*output, row),
                None => bail!("{}", not_found(kind.what, name, &rows)),
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
