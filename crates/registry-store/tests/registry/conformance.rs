//! What every place promises.

use feature_codec::registry::RegistryDocument;
use registry_store::{Error, UpdateError, Version};

use crate::{Place, add_project, in_memory, local, now, projects, with_project};

/// Runs one test in every place.
macro_rules! everywhere {
    ($($test:ident)*) => {
        mod in_a_local_file {
            $(#[tokio::test] async fn $test() { super::$test(super::local().0).await; })*
        }
        mod in_an_object_store {
            $(#[tokio::test] async fn $test() { super::$test(super::in_memory()).await; })*
        }
    };
}

everywhere! {
    a_registry_that_is_not_there_is_empty
    what_is_committed_is_loaded
    each_commit_is_another_version
    a_commit_on_an_old_version_is_refused_and_told_who_moved_it
    a_first_commit_is_refused_when_there_is_a_registry
    a_conditional_read_tells_nothing_until_something_changed
    an_update_starts_over_when_the_registry_moved
    an_update_that_is_refused_writes_nothing
    a_version_from_a_file_commits_like_the_one_that_was_read
}

async fn a_registry_that_is_not_there_is_empty(place: Place) {
    let loaded = place.store.load().await.unwrap();
    assert!(loaded.bytes.is_empty());
    assert_eq!(loaded.version, Version::empty());
    let known = loaded.version;
    assert!(place.store.load_if_changed(&known).await.unwrap().is_none());
}

async fn what_is_committed_is_loaded(place: Place) {
    let mut document = with_project(RegistryDocument::empty(), "rides");
    let committed = place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let (loaded, version) = place.store.load_document().await.unwrap();
    assert_eq!(version, committed);
    assert_eq!(loaded, document);
    assert_eq!(loaded.snapshot().unwrap().last_updated, now());
    assert!(version.to_string().starts_with(&loaded.version_id()));
}

async fn each_commit_is_another_version(place: Place) {
    let mut document = RegistryDocument::empty();
    let first = place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let second = place
        .store
        .commit(&first, &mut document, now())
        .await
        .unwrap();
    assert_ne!(first, second);
    let third = place
        .store
        .commit(&second, &mut document, now())
        .await
        .unwrap();
    assert_eq!(place.store.load().await.unwrap().version, third);
}

async fn a_commit_on_an_old_version_is_refused_and_told_who_moved_it(place: Place) {
    let mut document = RegistryDocument::empty();
    let first = place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let mut other = with_project(document.clone(), "other");
    let second = place.store.commit(&first, &mut other, now()).await.unwrap();
    let refused = place
        .store
        .commit(&first, &mut document, now())
        .await
        .unwrap_err();
    let text = refused.to_string();
    assert!(
        text.contains(&first.to_string()) && text.contains(&second.to_string()),
        "{text}"
    );
    assert!(
        text.contains("written at 2026-05-01T12:00:00Z by registry"),
        "{text}"
    );
    let Error::Conflict { current, .. } = refused else {
        panic!("{text}");
    };
    assert_eq!(*current, second);
    assert_eq!(
        projects(&place.store.load_document().await.unwrap().0),
        ["other"]
    );
}

async fn a_first_commit_is_refused_when_there_is_a_registry(place: Place) {
    let mut document = RegistryDocument::empty();
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let refused = place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await;
    assert!(matches!(refused, Err(Error::Conflict { .. })));
}

async fn a_conditional_read_tells_nothing_until_something_changed(place: Place) {
    let mut document = RegistryDocument::empty();
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let known = place.store.load().await.unwrap().version;
    assert!(place.store.load_if_changed(&known).await.unwrap().is_none());
    let next = place
        .store
        .commit(&known, &mut document, now())
        .await
        .unwrap();
    let changed = place.store.load_if_changed(&known).await.unwrap().unwrap();
    assert_eq!(changed.version, next);
    assert!(
        place
            .store
            .load_if_changed(&changed.version)
            .await
            .unwrap()
            .is_none()
    );
}

async fn an_update_starts_over_when_the_registry_moved(place: Place) {
    let mut rivals = 3;
    let updated = place.store.update(now(), |document| {
        add_project(document, "mine");
        if rivals > 0 {
            rivals -= 1;
            intrude(&place, &format!("rival-{rivals}"));
        }
        Ok::<_, Error>(())
    });
    updated.await.unwrap();
    let (document, _) = place.store.load_document().await.unwrap();
    assert_eq!(
        projects(&document),
        ["mine", "rival-0", "rival-1", "rival-2"]
    );
}

/// Another program commits meanwhile, from another thread, because an update's change can't wait.
fn intrude(place: &Place, project: &str) {
    let (store, project) = (place.store.clone(), project.to_owned());
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let update = store.update(now(), |document| {
            add_project(document, &project);
            Ok::<_, Error>(())
        });
        runtime.block_on(update).unwrap();
    });
    thread.join().unwrap();
}

async fn an_update_that_is_refused_writes_nothing(place: Place) {
    #[derive(Debug, thiserror::Error)]
    #[error("no")]
    struct No;
    let refused = place.store.update(now(), |_| Err::<(), No>(No)).await;
    assert!(matches!(refused, Err(UpdateError::Change(No))));
    assert_eq!(place.store.load().await.unwrap().version, Version::empty());
}

async fn a_version_from_a_file_commits_like_the_one_that_was_read(place: Place) {
    let mut document = RegistryDocument::empty();
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let read = place.store.load().await.unwrap().version;
    let saved = serde_json::to_string(&read).unwrap();
    let version: Version = serde_json::from_str(&saved).unwrap();
    assert_eq!(version, read);
    place
        .store
        .commit(&version, &mut document, now())
        .await
        .unwrap();
    let refused = place.store.commit(&version, &mut document, now()).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })));
}
