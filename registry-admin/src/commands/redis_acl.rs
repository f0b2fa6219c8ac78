//! `redis-acl`: users of Redis that may do what the two programs do, and nothing else.

use anyhow::{bail, ensure};
use feature_model::ProjectName;
use settings::{FeatureStoreConfig, OnlineStore, RedisStore, Topology};

use crate::{
    cli::RedisAclArgs,
    printer::{Printer, note},
};

/// What the gateway sends. HELLO and AUTH need no leave in any Redis so far, but are told for those who read the line.
/// With a cache it sends [`TRACKING`] and [`END`] as well.
const GATEWAY: [&str; 8] = [
    "hmget",
    "hgetall",
    "ping",
    "hello",
    "auth",
    "cluster|slots",
    "cluster|shards",
    "readonly",
];

/// How the gateway has Redis tell what changes.
const TRACKING: &str = "client|tracking";

/// How it asks Redis when a key ends by itself.
const END: &str = "pttl";

/// What `registry-admin` sends, and what its scripts do: Redis asks for leave for that too.
const ADMIN: [&str; 11] = [
    "evalsha",
    "script|load",
    "scan",
    "hexists",
    "hget",
    "hset",
    "hkeys",
    "hdel",
    "del",
    "hello",
    "auth",
];

/// The lines go to stdout, so that they can be put into an ACL file; what is to be known about them to stderr.
pub(super) fn run(
    config: &FeatureStoreConfig,
    args: &RedisAclArgs,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let (OnlineStore::Redis(reader), OnlineStore::Redis(writer)) =
        (&config.online_store, &config.admin_online_store)
    else {
        let file = config.file.display();
        bail!("the online store in `{file}` is no Redis; ACLs are Redis' own");
    };
    let users = Users::of(config, args, reader, writer)?;
    let projects = match args.projects.as_slice() {
        [] => std::slice::from_ref(&config.project),
        named => named,
    };
    let mut gateway = with_database(&GATEWAY, reader);
    let caches = config.salver.cache.is_some();
    if caches {
        gateway.extend([TRACKING, END]);
    }
    let mut admin = with_database(&ADMIN, writer);
    if reader.topology == Topology::Cluster {
        gateway.push("asking");
    }
    if writer.topology == Topology::Cluster {
        admin.extend(["cluster|slots", "asking"]);
    }
    if writer.key_ttl_seconds.is_some() {
        admin.push("expire");
    }
    printer.line(line(&users.gateway, "%R~", projects, &gateway))?;
    printer.line(line(&users.admin, "~", projects, &admin))?;
    tell(&users, projects);
    if caches {
        note(tracking(&users.gateway));
    }
    if writer.topology == Topology::Cluster {
        note(
            "Each server of a cluster has users of its own: make them on every server, replicas too.",
        );
    }
    Ok(())
}

struct Users {
    gateway: String,
    admin: String,
}

impl Users {
    /// Those that the command line names, else those of the configuration.
    fn of(
        config: &FeatureStoreConfig,
        args: &RedisAclArgs,
        reader: &RedisStore,
        writer: &RedisStore,
    ) -> anyhow::Result<Self> {
        let configured = |store: &RedisStore| store.username.clone();
        let made_up = |role: &str| format!("{}-{role}", config.project);
        let gateway = args.gateway_user.clone().or_else(|| configured(reader));
        let gateway = gateway.unwrap_or_else(|| made_up("gateway"));
        let admin = args.admin_user.clone().or_else(|| configured(writer));
        let admin = admin.filter(|name| *name != gateway);
        let admin = admin.unwrap_or_else(|| made_up("admin"));
        for name in [&gateway, &admin] {
            let is_fit =
                !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
            ensure!(
                is_fit,
                "`{name}` can't be a user of Redis: spaces end a name there"
            );
        }
        ensure!(
            gateway != admin,
            "the gateway and `registry-admin` need a user each; both are `{gateway}`"
        );
        Ok(Self { gateway, admin })
    }
}

fn with_database(commands: &[&'static str], store: &RedisStore) -> Vec<&'static str> {
    let select = (store.db != 0).then_some("select");
    commands.iter().copied().chain(select).collect()
}

/// Letters, digits, `_` and `-` are all that a project's name has, so that none of them is part of a pattern.
fn line(user: &str, keys: &str, projects: &[ProjectName], commands: &[&str]) -> String {
    let keys: Vec<String> = projects
        .iter()
        .map(|name| format!("{keys}*{name}"))
        .collect();
    let commands: Vec<String> = commands.iter().map(|one| format!("+{one}")).collect();
    let (keys, commands) = (keys.join(" "), commands.join(" "));
    format!("user {user} on resetpass resetchannels resetkeys {keys} -@all {commands}")
}

fn tracking(gateway: &str) -> String {
    format!(
        "`{gateway}` may ask to be told the name of every key that is written, of every project: `salver.cache` needs it, and \
         Redis knows no patterns for it. Where that is too much, leave `salver.cache` out, and the line has no `{TRACKING}`."
    )
}

fn tell(users: &Users, projects: &[ProjectName]) {
    let Users { gateway, admin } = users;
    note(
        "These users have no password, so that nobody can log in as them yet: add `>PASSWORD` or `#SHA256` to the lines.",
    );
    for project in projects {
        note(format!(
            "`*{project}` matches keys by their end: also those of a project whose name ends in `{project}`, such as \
             `x{project}`. Keep such projects in a database server of their own."
        ));
    }
    note(format!(
        "`{admin}` may list the names of all keys, of every project, because SCAN knows no patterns of an ACL."
    ));
    note(format!(
        "`%R~` needs Redis 7. An older one knows `~` only: leave the `%R` out, the commands of `{gateway}` read only."
    ));
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_names_every_pattern_and_every_command() {
        let projects = ["rides".parse().unwrap(), "fraud-2".parse().unwrap()];
        assert_eq!(
            line("reader", "%R~", &projects, &["hmget", "cluster|slots"]),
            "user reader on resetpass resetchannels resetkeys %R~*rides %R~*fraud-2 -@all +hmget +cluster|slots"
        );
    }
}
