//! The keeper, with real components.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use feature_model::{PluginBinding, PluginDigest, PluginInput, RegistrySnapshot};
use plugin_host::{Host, HostOptions};
use registry_store::{PluginStore, RegistryView, Version};
use settings::PluginSettings;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::sync::watch;

use super::{Keeper, PluginTable, Trouble, Workshop};
use crate::fixture;

const CONVERTER: &[u8] = include_bytes!("../../../plugins/driver_conv_rate/driver_conv_rate.wasm");
const HOSTILE: &[u8] = include_bytes!("../../../crates/plugin-host/tests/fixtures/hostile.wasm");
const VIEW: &str = "computed";

fn digest(component: &[u8]) -> PluginDigest {
    PluginDigest::new(Sha256::digest(component).into())
}

/// `driver_conv_rate` for the fixture's view.
pub(crate) fn converter() -> PluginBinding {
    let input = PluginInput {
        source: "vals".into(),
        field: "val_to_add".into(),
    };
    PluginBinding {
        digest: digest(CONVERTER),
        transform: "driver_conv_rate".into(),
        inputs: [("val_to_add_2".to_owned(), input)].into(),
        outputs: [("conv_rate_plus_val1".to_owned(), "ratio".to_owned())].into(),
        ..fixture::binding()
    }
}

fn hostile(transform: &str) -> PluginBinding {
    PluginBinding {
        digest: digest(HOSTILE),
        transform: transform.into(),
        outputs: [("value".to_owned(), "ratio".to_owned())].into(),
        ..fixture::binding()
    }
}

/// The fixture's registry, with the view bound to a plugin.
fn bound(binding: PluginBinding) -> RegistrySnapshot {
    let mut snapshot = fixture::snapshot();
    let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
    project.plugin_bindings.insert(VIEW.into(), binding);
    snapshot
}

struct House {
    registry: watch::Sender<RegistryView>,
    plugins: watch::Receiver<Arc<PluginTable>>,
    store: PluginStore,
    _folder: TempDir,
}

impl House {
    async fn new(components: &[&'static [u8]], snapshot: RegistrySnapshot) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = PluginStore::local(&folder.path().join("registry.db"));
        for component in components {
            store.put(Bytes::from_static(component)).await.unwrap();
        }
        let host = Host::new(HostOptions::default()).unwrap();
        let workshop = Arc::new(Workshop::open(host, Arc::default()).unwrap());
        let (keeper, plugins) = Keeper::new(
            fixture::project_name(),
            store.clone(),
            &PluginSettings::default(),
            workshop,
        );
        let (registry, view) = watch::channel(view(snapshot));
        tokio::spawn(keeper.follow(view));
        Self {
            registry,
            plugins,
            store,
            _folder: folder,
        }
    }

    fn apply(&self, snapshot: RegistrySnapshot) {
        self.registry.send_replace(view(snapshot));
    }

    async fn until(&mut self, holds: impl Fn(&PluginTable) -> bool) -> Arc<PluginTable> {
        let table = self.plugins.wait_for(|table| holds(table));
        let table = tokio::time::timeout(Duration::from_secs(60), table).await;
        table.expect("it comes to pass").unwrap().clone()
    }
}

fn view(snapshot: RegistrySnapshot) -> RegistryView {
    RegistryView {
        snapshot: Some(Arc::new(snapshot)),
        version: Version::empty(),
        loaded_at: None,
        last_error: None,
    }
}

fn trouble(table: &PluginTable) -> Option<&Trouble> {
    table.slots.get(VIEW)?.trouble.as_ref()
}

fn serves(table: &PluginTable, component: &[u8]) -> bool {
    let slot = table.slots.get(VIEW);
    slot.and_then(|slot| slot.serving.as_ref())
        .is_some_and(|plugin| plugin.binding.digest == digest(component))
}

#[tokio::test]
async fn what_the_registry_binds_is_loaded_and_what_it_unbinds_is_dropped() {
    let mut house = House::new(&[CONVERTER], bound(converter())).await;
    let table = house.until(|table| table.settled).await;
    assert!(serves(&table, CONVERTER) && trouble(&table).is_none());
    house.apply(fixture::snapshot());
    house.until(|table| table.slots.is_empty()).await;
}

#[tokio::test]
async fn a_version_that_fails_leaves_the_old_one_serving() {
    let mut house = House::new(&[CONVERTER, HOSTILE], bound(converter())).await;
    house.until(|table| table.settled).await;
    house.apply(bound(hostile("trap")));
    let table = house
        .until(|table| matches!(trouble(table), Some(Trouble::Failed(_))))
        .await;
    assert!(serves(&table, CONVERTER));
    house.apply(bound(converter()));
    house.until(|table| trouble(table).is_none()).await;
}

#[tokio::test]
async fn columns_that_do_not_fit_are_all_told() {
    let binding = PluginBinding {
        inputs: [].into(),
        outputs: [].into(),
        ..converter()
    };
    let mut house = House::new(&[CONVERTER], bound(binding)).await;
    let table = house.until(|table| table.settled).await;
    let Some(Trouble::Failed(reason)) = trouble(&table) else {
        panic!("{table:?}");
    };
    assert_eq!(
        reason,
        "input `val_to_add_2`: no source has a field for it; feature `ratio`: the transform returns no column for it"
    );
}

#[tokio::test]
async fn a_plugin_stands_for_one_text_of_feasts_function_only() {
    let pinned = |text: &str| PluginBinding {
        body_text: Some(digest(text.as_bytes())),
        ..converter()
    };
    let with_text = |text: &str, binding| {
        let mut snapshot = bound(binding);
        let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
        let view = project.on_demand_feature_views.get_mut(VIEW).unwrap();
        view.body_text = text.to_owned();
        snapshot
    };
    let mut house = House::new(&[CONVERTER], with_text("def f", pinned("def f"))).await;
    let table = house.until(|table| table.settled).await;
    assert!(serves(&table, CONVERTER));
    house.apply(with_text("def g", pinned("def f")));
    let table = house.until(|table| trouble(table).is_some()).await;
    assert_eq!(trouble(&table), Some(&Trouble::Outdated));
    assert!(!serves(&table, CONVERTER));
}

#[tokio::test]
async fn a_component_that_is_put_there_later_is_found() {
    let mut house = House::new(&[], bound(converter())).await;
    let table = house.until(|table| table.settled).await;
    assert!(matches!(trouble(&table), Some(Trouble::Unavailable(_))));
    house
        .store
        .put(Bytes::from_static(CONVERTER))
        .await
        .unwrap();
    house.until(|table| serves(table, CONVERTER)).await;
}
