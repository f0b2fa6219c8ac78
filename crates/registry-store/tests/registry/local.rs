//! What only a local file has: modes, links, other programs that rewrite it in place.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    time::{Duration, SystemTime},
};

use feature_codec::registry::RegistryDocument;
use registry_store::{Error, RegistryStore, Version};
use settings::{Registry, RegistryLocation};

use crate::{local, now, projects, with_project};

fn bytes(project: &str) -> Vec<u8> {
    let mut document = with_project(RegistryDocument::empty(), project);
    document.stamp(project, now());
    document.encode()
}

#[tokio::test]
async fn a_file_that_is_being_rewritten_is_read_when_it_is_whole() {
    let (place, path) = local();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let whole = bytes("rides");
    // As Feast does it: truncate, and write a while later.
    let mut file = fs::File::create(&path).unwrap();
    let half = whole.len() / 2;
    let writer = tokio::task::spawn_blocking({
        let whole = whole.clone();
        move || {
            for part in [&whole[..half], &whole[half..]] {
                std::thread::sleep(Duration::from_millis(100));
                file.write_all(part).unwrap();
            }
        }
    });
    let loaded = place.store.load().await.unwrap();
    writer.await.unwrap();
    assert_eq!(loaded.bytes, whole);
}

#[tokio::test]
async fn a_file_that_stays_half_is_read_as_it_is() {
    let (place, path) = local();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let whole = bytes("rides");
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let refused = place.store.load_document().await.unwrap_err();
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    assert!(refused.to_string().contains("registry.db"), "{refused}");
}

fn write_at(path: &Path, bytes: &[u8], modified: SystemTime) {
    fs::write(path, bytes).unwrap();
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(modified).unwrap();
}

#[tokio::test]
async fn a_write_of_equal_time_and_size_is_noticed() {
    let (place, path) = local();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // as a file system has it that counts whole seconds
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(now.unwrap().as_secs());
    write_at(&path, &bytes("rides"), modified);
    let known = place.store.load().await.unwrap().version;
    write_at(&path, &bytes("sedir"), modified);
    let changed = place.store.load_if_changed(&known).await.unwrap();
    assert!(changed.is_some());
}

#[tokio::test]
async fn an_old_file_is_not_read_again() {
    let (place, path) = local();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let old = SystemTime::now() - Duration::from_secs(60);
    write_at(&path, &bytes("rides"), old);
    let known = place.store.load().await.unwrap().version;
    // Other bytes that look the same can't be told: so surely they weren't read.
    write_at(&path, &bytes("sedir"), old);
    assert!(place.store.load_if_changed(&known).await.unwrap().is_none());
}

#[tokio::test]
async fn equal_bytes_of_another_time_are_read_once() {
    let (place, path) = local();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let rides = bytes("rides");
    let old = SystemTime::now() - Duration::from_secs(60);
    write_at(&path, &rides, old);
    let known = place.store.load().await.unwrap().version;
    let later = old + Duration::from_secs(30);
    write_at(&path, &rides, later);
    assert!(place.store.load_if_changed(&known).await.unwrap().is_none());
    write_at(&path, &bytes("sedir"), later);
    assert!(place.store.load_if_changed(&known).await.unwrap().is_none());
    write_at(&path, &bytes("sedir"), old);
    assert!(place.store.load_if_changed(&known).await.unwrap().is_some());
}

#[tokio::test]
async fn a_commit_keeps_the_mode_and_the_link_and_leaves_nothing_behind() {
    let (place, path) = local();
    let folder = path.parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    fs::write(&path, bytes("rides")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.join("link.db");
    symlink(&path, &link).unwrap();
    let store = RegistryStore::local(link.clone());
    let (mut document, version) = store.load_document().await.unwrap();
    let committed = store.commit(&version, &mut document, now()).await.unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert_eq!(place.store.load().await.unwrap().version, committed);
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["link.db", "registry.db", "registry.db.lock"]);
}

#[tokio::test]
async fn paths_and_file_urls_open_the_same_file() {
    let (place, path) = local();
    let mut document = with_project(RegistryDocument::empty(), "rides");
    place
        .store
        .commit(&Version::empty(), &mut document, now())
        .await
        .unwrap();
    let url = format!("file://{}", path.display());
    for location in [
        RegistryLocation::Local(path.clone()),
        RegistryLocation::Url(url),
    ] {
        let store = RegistryStore::open(&Registry {
            location,
            options: [].into(),
            online_feature_view_versioning: false,
        });
        let (document, _) = store.unwrap().load_document().await.unwrap();
        assert_eq!(projects(&document), ["rides"]);
    }
}

#[tokio::test]
async fn a_folder_that_is_no_folder_says_so() {
    let (place, path) = local();
    fs::write(path.parent().unwrap(), "a file").unwrap();
    let refused = place.store.load().await.unwrap_err();
    assert!(matches!(refused, Error::Config { .. }), "{refused:?}");
}
