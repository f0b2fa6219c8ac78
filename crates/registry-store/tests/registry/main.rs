//! Every place for a registry, and what watches it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod conformance;
mod local;
mod plugins;
mod races;
mod watching;

use std::{path::PathBuf, sync::Arc};

use feature_codec::registry::RegistryDocument;
use feature_model::{Project, ProjectName, Timestamp, plan::Plan};
use object_store::memory::InMemory;
use registry_store::RegistryStore;
use tempfile::TempDir;

/// A place and what has to live as long as it.
struct Place {
    store: RegistryStore,
    _folder: Option<TempDir>,
}

fn in_memory() -> Place {
    Place {
        store: RegistryStore::in_object_store(Arc::new(InMemory::new()), "some/registry.db"),
        _folder: None,
    }
}

fn local() -> (Place, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data").join("registry.db");
    let place = Place {
        store: RegistryStore::local(path.clone()),
        _folder: Some(folder),
    };
    (place, path)
}

fn now() -> Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

/// A document with one project of that name.
fn with_project(mut document: RegistryDocument, name: &str) -> RegistryDocument {
    add_project(&mut document, name);
    document
}

fn add_project(document: &mut RegistryDocument, name: &str) {
    let name: ProjectName = name.parse().unwrap();
    let applied = document.apply(&name, &Project::default(), &Plan::default(), false, now());
    applied.unwrap();
}

fn projects(document: &RegistryDocument) -> Vec<String> {
    let snapshot = document.snapshot().unwrap();
    snapshot.projects.keys().map(ToString::to_string).collect()
}
