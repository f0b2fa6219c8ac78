//! The gateway's copy.

use std::{fs, future::pending, time::Duration};

use feature_codec::registry::RegistryDocument;
use registry_store::{RegistryView, Version, watch};
use tokio::sync::watch::Receiver;

use crate::{Place, in_memory, local, now, with_project};

const POLL: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(20);

async fn until(
    receiver: &mut Receiver<RegistryView>,
    what: impl FnMut(&RegistryView) -> bool,
) -> RegistryView {
    let waiting = receiver.wait_for(what);
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap()
        .unwrap()
        .clone()
}

fn shows(view: &RegistryView, project: &str) -> bool {
    view.snapshot
        .as_ref()
        .is_some_and(|snapshot| snapshot.projects.contains_key(project))
}

async fn follows_what_is_committed(place: Place) {
    let mut receiver = watch(place.store.clone(), POLL, pending()).await;
    let first = receiver.borrow().clone();
    assert!(first.snapshot.is_none() && first.loaded_at.is_none());
    assert!(
        first
            .last_error
            .unwrap()
            .contains("apply the definitions first")
    );
    let mut document = with_project(RegistryDocument::empty(), "rides");
    let version = place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let view = until(&mut receiver, |view| shows(view, "rides")).await;
    assert_eq!((view.version, view.last_error), (version.clone(), None));
    assert!(view.loaded_at.is_some());
    let mut document = with_project(document, "more");
    place
        .store
        .commit(&version, &mut document, now())
        .await
        .unwrap();
    until(&mut receiver, |view| shows(view, "more")).await;
}

#[tokio::test]
async fn a_file_is_followed() {
    follows_what_is_committed(local().0).await;
}

#[tokio::test]
async fn an_object_is_followed() {
    follows_what_is_committed(in_memory()).await;
}

#[tokio::test]
async fn the_last_good_state_is_kept_while_the_registry_is_no_registry() {
    let (place, path) = local();
    let mut document = with_project(RegistryDocument::empty(), "rides");
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let mut receiver = watch(place.store.clone(), POLL, pending()).await;
    assert!(shows(&receiver.borrow(), "rides"));
    fs::write(&path, "garbage").unwrap();
    let view = until(&mut receiver, |view| view.last_error.is_some()).await;
    assert!(shows(&view, "rides"));
    assert!(view.last_error.unwrap().contains("registry.db"));
    fs::remove_file(&path).unwrap();
    let gone = |view: &RegistryView| {
        let error = view.last_error.as_deref().unwrap_or_default();
        error.contains("absent or empty")
    };
    assert!(shows(&until(&mut receiver, gone).await, "rides"));
    let mut document = with_project(RegistryDocument::empty(), "again");
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let view = until(&mut receiver, |view| shows(view, "again")).await;
    assert!(view.last_error.is_none());
}

#[tokio::test]
async fn nobody_is_woken_without_a_change() {
    let place = in_memory();
    let mut document = with_project(RegistryDocument::empty(), "rides");
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let mut receiver = watch(place.store.clone(), POLL, pending()).await;
    receiver.mark_unchanged();
    let woken = tokio::time::timeout(POLL * 20, receiver.changed()).await;
    assert!(woken.is_err());
}

#[tokio::test]
async fn a_shutdown_ends_the_watch() {
    let place = in_memory();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let mut receiver = watch(place.store.clone(), POLL, shutdown).await;
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(PATIENCE, async {
        while receiver.changed().await.is_ok() {}
    });
    ended.await.unwrap();
}
