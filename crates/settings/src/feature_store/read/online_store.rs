use std::path::Path;

use super::{Reader, Unset, known_online_store};
use crate::{
    OnlineStore, Problems, ReadFrom, RedisStore, SqliteStore, Topology,
    feature_store::{
        FEATURE_STORE, connection_string, feast_keys::ONLINE_STORES, overrides, table::SQLITE_CLASS,
    },
    nearest::did_you_mean,
    shape,
    yaml::{Entry, Kind, Mapping, Mark, Node},
};

/// Why Salver does not open a store of this type; `None` where it does, or where the table says what is wrong.
pub(super) fn foreign(node: &Node) -> Option<String> {
    let told = match node.text().or_else(|| node.text_at("type")) {
        None if node.is_null() => "null",
        None => return None,
        Some(told) => told,
    };
    let ours = "Salver serves from `redis` or `sqlite`";
    match told {
        "redis" | "sqlite" | SQLITE_CLASS => None,
        "null" | "none" | "None" => Some(format!("`online_store`: {ours}; it needs one")),
        "remote" => Some(format!(
            "`online_store`: `remote` is for clients of a feature server; {ours}: name the store itself here"
        )),
        told if known_online_store(told) => Some(format!(
            "`online_store`: the type `{told}` is not supported; {ours}"
        )),
        told => {
            let hint = did_you_mean(
                told,
                ["redis", "sqlite"]
                    .into_iter()
                    .chain(ONLINE_STORES.iter().copied()),
            );
            Some(format!(
                "`online_store`: there is no type `{told}`; {ours}{hint}"
            ))
        }
    }
}

/// The store as the gateway opens it, and as `registry-admin` does.
pub(super) fn read(
    root: &Node,
    repo: &Path,
    reader: Reader,
    unset: &Unset<'_>,
    problems: &mut Problems,
) -> Option<(OnlineStore, OnlineStore)> {
    let own = overrides::section(section_or_empty(root), "type");
    let told = Told::of(root);
    let admin = root
        .get("salver")
        .and_then(|salver| salver.get("admin")?.get("online_store"));
    let Some(admin) = admin
        .filter(|_| reader == Reader::Admin)
        .and_then(Node::mapping)
    else {
        unset.report(&own, problems);
        let store = open(&own, repo, &told, problems);
        return Some((store.clone(), store));
    };
    let merged = merge(&own, admin);
    check_again(&merged, &root.mark, problems);
    unset.report(&merged, problems);
    let for_admin = open(&merged, repo, &told, problems);
    // The reader's password need not be known here.
    let mut others = Problems::default();
    unset.report(&own, &mut others);
    let for_gateway = open(&own, repo, &told, &mut others);
    let for_gateway = if others.has_errors() {
        for_admin.clone()
    } else {
        for_gateway
    };
    Some((for_gateway, for_admin))
}

fn section_or_empty(root: &Node) -> Node {
    root.get("online_store").cloned().unwrap_or_else(|| Node {
        mark: root.mark.clone(),
        kind: Kind::Mapping(Mapping::new()),
    })
}

fn merge(own: &Node, admin: &Mapping) -> Node {
    let mut merged = own.clone();
    if let Kind::Mapping(entries) = &mut merged.kind {
        let given = admin.iter().filter(|(_, entry)| !entry.value.is_null());
        entries.extend(given.map(|(key, entry)| (key.clone(), entry.clone())));
    }
    merged
}

/// A key of `salver.admin.online_store` must fit the store's type.
fn check_again(merged: &Node, mark: &Mark, problems: &mut Problems) {
    let entry = Entry {
        mark: mark.clone(),
        value: merged.clone(),
    };
    let only_store = Node {
        mark: mark.clone(),
        kind: Kind::Mapping(Mapping::from_iter([("online_store".to_owned(), entry)])),
    };
    let mut found = Problems::default();
    shape::check(&only_store, &FEATURE_STORE, &mut found);
    let about_root = |message: &str| message.starts_with(FEATURE_STORE.name);
    problems.0.extend(
        found
            .0
            .into_iter()
            .filter(|problem| !about_root(&problem.message)),
    );
}

/// What `salver` tells about the store.
struct Told<'n> {
    timezone: &'n str,
    read_from: Option<&'n Node>,
}

impl<'n> Told<'n> {
    fn of(root: &'n Node) -> Self {
        let salver = root.get("salver");
        let timezone = salver.and_then(|salver| salver.text_at("sqlite_timezone"));
        Self {
            timezone: timezone.unwrap_or("UTC"),
            read_from: salver.and_then(|salver| salver.get("redis_read_from")),
        }
    }

    /// One server has nothing to choose from.
    fn read_from(&self, topology: Topology, problems: &mut Problems) -> ReadFrom {
        match self.read_from {
            Some(told) if told.text() == Some("replica_preferred") => {
                if topology == Topology::Standalone {
                    problems.push(told.mark.error(
                        "`redis_read_from`: `replica_preferred` is for `redis_type: redis_cluster`; for one server \
                         name that server in `connection_string`, also if it is a replica"
                            .to_owned(),
                    ));
                }
                ReadFrom::ReplicaPreferred
            }
            _ => ReadFrom::Master,
        }
    }
}

fn open(node: &Node, repo: &Path, told: &Told<'_>, problems: &mut Problems) -> OnlineStore {
    if node.text_at("type") == Some("redis") {
        return OnlineStore::Redis(redis(node, repo, told, problems));
    }
    let path = node.text_at("path").unwrap_or("data/online.db");
    OnlineStore::Sqlite(SqliteStore {
        path: repo.join(path),
        timezone: told.timezone.to_owned(),
    })
}

fn redis(node: &Node, repo: &Path, told: &Told<'_>, problems: &mut Problems) -> RedisStore {
    let topology = topology(node, problems);
    let given = node.get("connection_string");
    let text = given.and_then(Node::text).unwrap_or("localhost:6379");
    let mark = given.map_or(&node.mark, |given| &given.mark);
    let store = connection_string::parse(text, repo, mark, problems);
    if topology == Topology::Standalone && store.nodes.len() > 1 {
        problems.push(mark.warning(
            "`connection_string`: only the first node is used, as Feast does with `redis_type: redis`".to_owned(),
        ));
    }
    if topology == Topology::Cluster && store.db != 0 {
        problems.push(
            mark.error(
                "`connection_string`: a cluster has one database; leave `db` away".to_owned(),
            ),
        );
    }
    let seconds = node
        .integer_at("key_ttl_seconds")
        .and_then(|seconds| u64::try_from(seconds).ok());
    RedisStore {
        key_ttl_seconds: seconds.filter(|seconds| *seconds > 0),
        topology,
        read_from: told.read_from(topology, problems),
        ..store
    }
}

fn topology(node: &Node, problems: &mut Problems) -> Topology {
    let Some(told) = node.get("redis_type") else {
        return Topology::Standalone;
    };
    match told.text() {
        Some("redis_cluster") => Topology::Cluster,
        Some("redis_sentinel") => {
            problems.push(told.mark.error(
                "`redis_type`: Salver does not ask sentinels for the master; write `redis_type: redis` and the address \
                 of the master, or of a proxy that follows it"
                    .to_owned(),
            ));
            Topology::Standalone
        }
        _ => Topology::Standalone,
    }
}
