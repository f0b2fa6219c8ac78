//! What every place for plugins promises.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use feature_model::PluginDigest;
use object_store::memory::InMemory;
use registry_store::{PluginStore, PluginStoreError};
use tempfile::TempDir;

/// A place and what has to live as long as it.
struct Place {
    store: PluginStore,
    /// What lets a test put something of its own there.
    files: Files,
}

enum Files {
    Local(TempDir),
    Objects(Arc<InMemory>),
}

fn local() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place {
        store: PluginStore::local(&folder.path().join("data").join("registry.db")),
        files: Files::Local(folder),
    }
}

fn in_memory() -> Place {
    let objects = Arc::new(InMemory::new());
    Place {
        store: PluginStore::in_object_store(objects.clone(), "some/registry.db"),
        files: Files::Objects(objects),
    }
}

impl Place {
    /// Puts bytes where the component of that digest is looked for.
    async fn plant(&self, digest: &PluginDigest, bytes: &'static [u8]) {
        let name = format!("plugins/sha256/{}.wasm", digest.hex());
        match &self.files {
            Files::Local(folder) => {
                let path: PathBuf = folder.path().join("data").join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            Files::Objects(objects) => {
                use object_store::ObjectStoreExt as _;
                let path = format!("some/{name}").into();
                objects.put(&path, Bytes::from(bytes).into()).await.unwrap();
            }
        }
    }
}

/// Runs one test in every place.
macro_rules! everywhere {
    ($($test:ident)*) => {
        mod in_a_local_folder {
            $(#[tokio::test] async fn $test() { super::$test(super::local()).await; })*
        }
        mod in_an_object_store {
            $(#[tokio::test] async fn $test() { super::$test(super::in_memory()).await; })*
        }
    };
}

everywhere! {
    what_is_put_is_fetched_by_its_digest
    what_was_never_put_is_not_found
    other_bytes_under_a_digest_are_refused_and_put_right
    artefacts_are_kept_by_name_and_replaced
    a_name_that_leads_elsewhere_is_refused
}

/// `printf component | sha256sum`
const DIGEST: &str = "sha256:6985ca1f4daa5a584a28eae043a239cb96689af1337ea13afb63e00c2bf512fa";

async fn what_is_put_is_fetched_by_its_digest(place: Place) {
    let component = Bytes::from_static(b"component");
    let digest = place.store.put(component.clone()).await.unwrap();
    assert_eq!(digest.to_string(), DIGEST);
    assert!(place.store.has(&digest).await.unwrap());
    assert_eq!(place.store.get(&digest).await.unwrap(), component);
    assert_eq!(place.store.put(component).await.unwrap(), digest);
}

async fn what_was_never_put_is_not_found(place: Place) {
    let digest = DIGEST.parse().unwrap();
    assert!(!place.store.has(&digest).await.unwrap());
    let error = place.store.get(&digest).await.unwrap_err();
    assert!(
        matches!(error, PluginStoreError::NotFound { .. }),
        "{error}"
    );
    assert!(error.to_string().contains(DIGEST), "{error}");
    let artefact = place.store.artefact(&digest, "x").await.unwrap();
    assert_eq!(artefact, None);
}

async fn other_bytes_under_a_digest_are_refused_and_put_right(place: Place) {
    let digest = DIGEST.parse().unwrap();
    place.plant(&digest, b"compo").await;
    let error = place.store.get(&digest).await.unwrap_err();
    assert!(matches!(error, PluginStoreError::Corrupt { .. }), "{error}");
    let component = Bytes::from_static(b"component");
    place.store.put(component.clone()).await.unwrap();
    assert_eq!(place.store.get(&digest).await.unwrap(), component);
}

async fn artefacts_are_kept_by_name_and_replaced(place: Place) {
    let digest = DIGEST.parse().unwrap();
    let name = "x86-64-v2-48.0.8-0123.artefact";
    for bytes in ["one", "two"] {
        let bytes = Bytes::from(bytes);
        let put = place.store.put_artefact(&digest, name, bytes.clone());
        put.await.unwrap();
        let stored = place.store.artefact(&digest, name).await.unwrap();
        assert_eq!(stored, Some(bytes));
    }
    assert_eq!(place.store.artefact(&digest, "other").await.unwrap(), None);
    assert!(!place.store.has(&digest).await.unwrap());
}

async fn a_name_that_leads_elsewhere_is_refused(place: Place) {
    let digest = DIGEST.parse().unwrap();
    for name in ["", "..", "../registry.db", "a/b", ".hidden", "a\\b"] {
        let read = place.store.artefact(&digest, name).await;
        assert!(
            matches!(read, Err(PluginStoreError::Config { .. })),
            "{name}"
        );
        let put = place.store.put_artefact(&digest, name, Bytes::new()).await;
        assert!(
            matches!(put, Err(PluginStoreError::Config { .. })),
            "{name}"
        );
    }
}
