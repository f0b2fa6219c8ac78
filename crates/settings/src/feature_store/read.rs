use std::{collections::BTreeMap, path::Path};

use feature_model::{EntityKeyVersion, ProjectName};

use super::{
    FeatureStoreConfig, Registry, RegistryLocation,
    feast_keys::ONLINE_STORES,
    load::{Reader, Unset},
};
use crate::{
    Problem, Problems,
    nearest::did_you_mean,
    yaml::{Kind, Node, Scalar, Style},
};

mod authentication;
mod cache;
mod online_store;
mod plugins;
mod salver;

/// Keys that Salver uses, in which an unset variable matters.
const USED: [&str; 4] = [
    "project",
    "registry",
    "entity_key_serialization_version",
    "salver",
];

/// Reports stores and registries of types that Salver does not open, once and with advice, and puts defaults in
/// their place, so that their keys aren't complained about as well.
pub(super) fn refuse_foreign_types(root: &mut Node, problems: &mut Problems) {
    let Kind::Mapping(entries) = &mut root.kind else {
        return;
    };
    if let Some(entry) = entries.get_mut("registry") {
        let told = entry.value.get("registry_type").cloned();
        if let Some(told) = told.filter(|told| told.text().is_some_and(|text| text != "file")) {
            problems.push(
                told.mark
                    .error(foreign_registry(told.text().unwrap_or_default())),
            );
            replace(&mut entry.value, "refused");
        }
    }
    if let Some(reason) = entries
        .get("auth")
        .and_then(|entry| foreign_auth(&entry.value))
    {
        problems.push(reason);
        entries.shift_remove("auth");
    }
    if let Some(entry) = entries.get_mut("online_store")
        && let Some(reason) = online_store::foreign(&entry.value)
    {
        let mark = entry
            .value
            .get("type")
            .map_or(&entry.value.mark, |node| &node.mark);
        problems.push(mark.error(reason));
        replace(&mut entry.value, "sqlite");
    }
}

fn replace(node: &mut Node, text: &str) {
    node.kind = Kind::Scalar(Scalar {
        text: text.to_owned(),
        style: Style::Quoted,
    });
}

fn foreign_registry(told: &str) -> String {
    let known = ["file", "sql", "remote", "snowflake.registry"];
    let hint = if known.contains(&told) {
        "; write a path and fill it with `feast apply` or `registry-admin apply`".to_owned()
    } else {
        did_you_mean(told, known)
    };
    format!(
        "the registry type `{told}` is not supported; Salver keeps the registry in one document (`registry_type: file`) \
         at a path or an object-store URL{hint}"
    )
}

/// What Salver uses of the file; `None` where too much is missing. Every problem is reported.
pub(super) fn config(
    root: &Node,
    repo: &Path,
    file: &Path,
    reader: Reader,
    unset: &Unset<'_>,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Option<FeatureStoreConfig> {
    let used = USED.into_iter().filter_map(|key| root.get(key));
    let mut used: Vec<Node> = used.cloned().collect();
    used.iter_mut().for_each(drop_admin);
    used.iter().for_each(|node| unset.report(node, problems));

    let salver = salver::read(root.get("salver"), repo, environment, problems);
    let stores = online_store::read(root, repo, reader, unset, problems);
    let project = project(root, problems);
    let entity_key_version = entity_key_version(root, problems);
    let registry = registry(root, repo, problems);
    let authentication = authentication::read(root, repo, unset, problems);
    let (online_store, admin_online_store) = stores?;
    check_hyphens(root, &online_store, problems);
    Some(FeatureStoreConfig {
        repo: repo.to_owned(),
        file: file.to_owned(),
        project: project?,
        registry: registry?,
        online_store,
        admin_online_store,
        entity_key_version,
        authentication,
        salver,
    })
}

/// `salver.admin` is looked at where the stores are read.
fn drop_admin(node: &mut Node) {
    if let Kind::Mapping(entries) = &mut node.kind {
        entries.shift_remove("admin");
    }
}

fn project(root: &Node, problems: &mut Problems) -> Option<ProjectName> {
    let node = root.get("project")?;
    match node.text()?.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            problems.push(node.mark.error(format!("`project`: {error}")));
            None
        }
    }
}

fn check_hyphens(root: &Node, store: &crate::OnlineStore, problems: &mut Problems) {
    let Some(node) = root
        .get("project")
        .filter(|node| node.text().is_some_and(|name| name.contains('-')))
    else {
        return;
    };
    let problem = match store {
        crate::OnlineStore::Sqlite(_) => node.mark.error(
            "`project`: a project in a SQLite store cannot have `-` in its name, which is part of table names; write `_`",
        ),
        crate::OnlineStore::Redis(_) => node
            .mark
            .warning("`project`: Feast refuses names with `-`; write `_` if Feast is to open this file"),
    };
    problems.push(problem);
}

fn entity_key_version(root: &Node, problems: &mut Problems) -> EntityKeyVersion {
    let key = "entity_key_serialization_version";
    match (root.get(key), root.integer_at(key)) {
        (_, None | Some(3)) => {}
        (_, Some(2)) => return EntityKeyVersion::V2,
        (Some(node), Some(old @ ..2)) => problems.push(node.mark.error(format!(
            "`{key}`: Salver does not read keys of version {old}, as Feast does not any more; write `3` and materialize \
             anew (or `2`, if an old Feast wrote this store)"
        ))),
        (Some(node), Some(new)) => {
            problems.push(node.mark.error(format!("`{key}`: there is no version {new}; write `3`")));
        }
        (None, _) => {}
    }
    EntityKeyVersion::V3
}

fn registry(root: &Node, repo: &Path, problems: &mut Problems) -> Option<Registry> {
    let node = root.get("registry")?;
    let path = node.text().or_else(|| node.text_at("path"))?;
    if path.is_empty() {
        problems.push(
            node.mark
                .error("`registry`: the path is empty; write one such as `data/registry.db`"),
        );
    }
    Some(Registry {
        location: location(path, repo),
        options: node.text_map_at("s3_additional_kwargs"),
        online_feature_view_versioning: node
            .bool_at("enable_online_feature_view_versioning")
            .unwrap_or(false),
    })
}

fn location(path: &str, repo: &Path) -> RegistryLocation {
    match path.split_once("://") {
        Some(("file", local)) => RegistryLocation::Local(repo.join(local)),
        Some(_) => RegistryLocation::Url(path.to_owned()),
        None => RegistryLocation::Local(repo.join(path)),
    }
}

/// What Feast would take and Salver doesn't.
fn foreign_auth(node: &Node) -> Option<Problem> {
    let told = node.get("type").filter(|told| {
        told.text()
            .is_some_and(|text| text == "kubernetes" || text.ends_with("AuthConfig"))
    })?;
    let text = told.text()?;
    Some(told.mark.error(format!(
        "`auth`: the type `{text}` is not supported; write `oidc`: a Kubernetes cluster is an OpenID provider of its service \
         accounts' tokens, whose roles are then given by `role_bindings`"
    )))
}

fn known_online_store(told: &str) -> bool {
    ONLINE_STORES.contains(&told) || told.ends_with("OnlineStore")
}
