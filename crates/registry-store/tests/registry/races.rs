//! Many programs at once.

use std::{fs, path::Path, process::Command};

use feature_codec::registry::RegistryDocument;
use futures::future::join_all;
use registry_store::{Error, RegistryStore, Version};

use crate::{Place, add_project, in_memory, local, now, projects};

async fn one_of_many_commits_wins(place: Place) {
    let mut document = RegistryDocument::empty();
    let version = place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let commits = (0..16).map(|_| {
        let (store, version, mut document) =
            (place.store.clone(), version.clone(), document.clone());
        tokio::spawn(async move { store.commit(&version, &mut document, now()).await })
    });
    let outcomes: Vec<_> = join_all(commits)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let won: Vec<&Version> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().ok())
        .collect();
    assert_eq!(won.len(), 1);
    assert_eq!(place.store.load().await.unwrap().version, *won[0]);
    for lost in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(matches!(lost, Error::Conflict { .. }), "{lost}");
    }
}

async fn no_update_of_many_is_lost(place: Place) {
    let updates = (0..12).map(|number| {
        let store = place.store.clone();
        let update = async move {
            store
                .update(now(), |document| {
                    add_project(document, &format!("p{number:02}"));
                    Ok::<_, Error>(())
                })
                .await
        };
        tokio::spawn(update)
    });
    for outcome in join_all(updates).await {
        outcome.unwrap().unwrap();
    }
    let (document, _) = place.store.load_document().await.unwrap();
    let expected: Vec<String> = (0..12).map(|number| format!("p{number:02}")).collect();
    assert_eq!(projects(&document), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_commits_to_a_file_wins() {
    one_of_many_commits_wins(local().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_commits_to_an_object_store_wins() {
    one_of_many_commits_wins(in_memory()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_of_a_file_is_lost() {
    no_update_of_many_is_lost(local().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_of_an_object_is_lost() {
    no_update_of_many_is_lost(in_memory()).await;
}

/// Not a test of its own: what the test below runs in another process.
#[tokio::test]
async fn child_process_that_updates() {
    let Ok(path) = std::env::var("REGISTRY_OF_CHILD") else {
        return;
    };
    let store = RegistryStore::local(path.into());
    let number = std::env::var("NUMBER_OF_CHILD").unwrap();
    for turn in 0..5 {
        let update = store.update(now(), |document| {
            add_project(document, &format!("child-{number}-{turn}"));
            Ok::<_, Error>(())
        });
        update.await.unwrap();
    }
}

fn child(path: &Path, number: usize) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "races::child_process_that_updates"])
        .env("REGISTRY_OF_CHILD", path)
        .env("NUMBER_OF_CHILD", number.to_string())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn no_update_of_several_processes_is_lost() {
    let (place, path) = local();
    let children: Vec<_> = (0..3).map(|number| child(&path, number)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let (document, _) = place.store.load_document().await.unwrap();
    assert_eq!(projects(&document).len(), 15);
}

#[tokio::test]
async fn readers_never_see_half_a_commit() {
    let (place, path) = local();
    let writer = {
        let store = place.store.clone();
        tokio::spawn(async move {
            for number in 0..20 {
                let update = store.update(now(), |document| {
                    add_project(document, &format!("p{number}"));
                    Ok::<_, Error>(())
                });
                update.await.unwrap();
            }
        })
    };
    let mut seen = 0;
    while !writer.is_finished() {
        if let Ok(bytes) = fs::read(&path) {
            let count = projects(&RegistryDocument::decode(&bytes).unwrap()).len();
            assert!(count >= seen && !bytes.is_empty());
            seen = count;
        }
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
}
