//! Projects that keep their values in one store, where Feast's layout would let one read the other's.

use std::path::{Path, PathBuf};

use feature_model::EntityKeyVersion;
use settings::{FeatureStoreConfig, OnlineStore};

/// Why a project can't be served beside the others, if so. Both of a pair are told the same: which of the two
/// somebody wants to read the other's values by is nothing that a gateway knows.
pub(super) fn conflict<'a>(
    config: &FeatureStoreConfig,
    all: impl IntoIterator<Item = &'a FeatureStoreConfig>,
) -> Option<String> {
    let others = all.into_iter().filter(|all| all.project != config.project);
    others.into_iter().find_map(|other| between(config, other))
}

fn between(one: &FeatureStoreConfig, other: &FeatureStoreConfig) -> Option<String> {
    match (&one.online_store, &other.online_store) {
        (OnlineStore::Sqlite(ours), OnlineStore::Sqlite(theirs)) => {
            let is_shared = place(&ours.path) == place(&theirs.path);
            (is_shared && tables_may_be_one(one, other)).then(|| {
                format!(
                    "projects `{}` and `{}` share the SQLite store `{}`, where tables of both may have one name; \
                     give each a file of its own",
                    one.project,
                    other.project,
                    ours.path.display()
                )
            })
        }
        (OnlineStore::Redis(ours), OnlineStore::Redis(theirs)) => {
            let is_shared =
                ours.db == theirs.db && ours.nodes.iter().any(|node| theirs.nodes.contains(node));
            (is_shared && keys_may_be_one(one, other)).then(|| {
                format!(
                    "projects `{}` and `{}` share a Redis database, where keys of both may be the same in version 2 \
                     of `entity_key_serialization_version`; use version 3, or give each a database of its own",
                    one.project, other.project
                )
            })
        }
        (OnlineStore::Sqlite(_), OnlineStore::Redis(_))
        | (OnlineStore::Redis(_), OnlineStore::Sqlite(_)) => None,
    }
}

/// A table is called `<project>_<view>`, in whatever case.
fn tables_may_be_one(one: &FeatureStoreConfig, other: &FeatureStoreConfig) -> bool {
    let lower = |config: &FeatureStoreConfig| config.project.as_str().to_ascii_lowercase();
    let (one, other) = (lower(one), lower(other));
    let begins_with = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    begins_with(&one, &other) || begins_with(&other, &one)
}

/// A key of a hash is the entity key, then the project. No entity key of version 3 begins another, as all in it have
/// their length before them. In version 2 the names of join keys have none.
fn keys_may_be_one(one: &FeatureStoreConfig, other: &FeatureStoreConfig) -> bool {
    let ambiguous = |config: &FeatureStoreConfig| match config.entity_key_version {
        EntityKeyVersion::V2 => true,
        EntityKeyVersion::V3 => false,
    };
    let (name, other_name) = (one.project.as_str(), other.project.as_str());
    let is_suffix = name.ends_with(other_name) || other_name.ends_with(name);
    is_suffix && (ambiguous(one) || ambiguous(other))
}

/// A file by one name, whatever links lead there. Where there is none yet, by what its folder is called.
fn place(path: &Path) -> PathBuf {
    let resolved = path.canonicalize().or_else(|_| {
        let folder = path.parent().unwrap_or(path).canonicalize()?;
        Ok::<_, std::io::Error>(folder.join(path.file_name().unwrap_or_default()))
    });
    resolved.unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn config(project: &str, rest: &str) -> FeatureStoreConfig {
        let text = format!("project: {project}\nregistry: r.db\n{rest}");
        settings::parse(&text, Path::new("/repo"), &BTreeMap::new())
            .unwrap()
            .config
    }

    fn is_refused(one: &FeatureStoreConfig, other: &FeatureStoreConfig) -> bool {
        let told = conflict(one, [one, other]);
        assert_eq!(told.is_some(), conflict(other, [one, other]).is_some());
        told.is_some()
    }

    #[test]
    fn tables_of_one_sqlite_file_must_not_meet() {
        let of = |name, file: &str| {
            config(
                name,
                &format!("online_store: {{type: sqlite, path: {file}}}\n"),
            )
        };
        for (one, other, refused) in [
            ("a", "a_b", true),
            ("A_b_c", "a_B", true),
            ("a", "A", true),
            ("a", "ab", false),
            ("a", "b_a", false),
        ] {
            assert_eq!(
                is_refused(&of(one, "x.db"), &of(other, "x.db")),
                refused,
                "{one} {other}"
            );
            assert!(!is_refused(&of(one, "x.db"), &of(other, "y.db")));
        }
        assert!(is_refused(&of("a", "x.db"), &of("a_b", "/repo/./x.db")));
    }

    #[test]
    fn a_link_leads_to_the_same_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let (file, link) = (folder.path().join("x.db"), folder.path().join("y.db"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let of = |name, path: &Path| {
            let path = path.display();
            config(
                name,
                &format!("online_store: {{type: sqlite, path: {path}}}\n"),
            )
        };
        assert!(is_refused(&of("a", &file), &of("a_b", &link)));
    }

    #[test]
    fn keys_of_one_redis_must_not_meet() {
        let of = |name, address: &str, version: u8| {
            config(
                name,
                &format!(
                    "online_store: {{type: redis, connection_string: '{address}'}}\n\
                     entity_key_serialization_version: {version}\n"
                ),
            )
        };
        let here = "redis:6379";
        assert!(is_refused(&of("b", here, 2), &of("ab", here, 3)));
        assert!(is_refused(&of("b", here, 2), &of("ab", here, 2)));
        assert!(!is_refused(&of("b", here, 3), &of("ab", here, 3)));
        assert!(!is_refused(&of("a", here, 2), &of("ab", here, 2)));
        assert!(!is_refused(
            &of("b", here, 2),
            &of("ab", "redis:6379,db=1", 2)
        ));
        assert!(!is_refused(&of("b", here, 2), &of("ab", "other:6379", 2)));
    }
}
