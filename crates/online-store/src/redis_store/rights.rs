//! What a user of Redis may do, found out by trying: a user who may only read may not ask `ACL` either.
//!
//! Redis looks whether a user may send a command before it looks at what the command is about. So each try is a command
//! that would do nothing: of a key that isn't there, or with an argument that the command itself refuses.

mod commands;
mod foreign;

use std::sync::Arc;

use redis::{Pipeline, ServerError, Value};
use settings::{ReadFrom, RedisStore, Topology};
use uuid::Uuid;

use self::commands::Try;
use super::{
    address::Address,
    cluster::Cluster,
    fault,
    link::{LastFailure, Link},
    reader::RESPONSE_TIMEOUT,
};
use crate::{Error, Rights, Tried};

/// Commands that one go may hold, so that a server that is slow to refuse answers in time.
const AT_ONCE: usize = 64;

/// See [`crate::try_rights`].
///
/// # Errors
/// Where the server is away or refuses the login.
pub(crate) async fn try_rights(store: &RedisStore, tried: &Tried) -> Result<Rights, Error> {
    let addresses = match store.topology {
        Topology::Standalone => vec![Address::new(store, RESPONSE_TIMEOUT).await?],
        Topology::Cluster => servers(store).await?,
    };
    let mut found = Vec::with_capacity(addresses.len());
    for address in &addresses {
        found.push((
            address.name.as_str(),
            rights_at(address, store, tried).await?,
        ));
    }
    Ok(Rights {
        excess: merged(&found, |rights| &rights.excess),
        missing: merged(&found, |rights| &rights.missing),
    })
}

/// All servers of a cluster: each has users of its own.
async fn servers(store: &RedisStore) -> Result<Vec<Address>, Error> {
    let seeds = Address::all(store, RESPONSE_TIMEOUT).await?;
    let map = Arc::new(Cluster::new(seeds)).newest_map().await?;
    let addresses = map.nodes().into_iter().map(|node| node.address.clone());
    Ok(addresses.collect())
}

/// What was found anywhere, and where, unless it is so everywhere.
fn merged(found: &[(&str, Rights)], of: impl Fn(&Rights) -> &Vec<String>) -> Vec<String> {
    let mut names: Vec<&String> = Vec::new();
    for right in found.iter().flat_map(|(_, rights)| of(rights)) {
        if !names.contains(&right) {
            names.push(right);
        }
    }
    let told = names.into_iter().map(|right| {
        let has_it = found
            .iter()
            .filter(|(_, rights)| of(rights).contains(right));
        let places: Vec<String> = has_it.map(|(name, _)| format!("`{name}`")).collect();
        match places.len() == found.len() {
            true => right.clone(),
            false => format!("{right} at {}", places.join(", ")),
        }
    });
    told.collect()
}

async fn rights_at(address: &Address, store: &RedisStore, tried: &Tried) -> Result<Rights, Error> {
    let link = Link::for_reads(address.clone(), &LastFailure::default());
    let nonce = Uuid::new_v4();
    let own = format!("salver-doctor:{nonce}:{}", tried.project);
    let mut rights = Rights::default();
    let mut needed = needed(&own, store);
    if tried.caches {
        needed.extend(caching(&own));
    }
    for (attempt, answer) in ask(&link, needed).await? {
        if answer != Answer::Allowed {
            rights.missing.push(attempt.right);
        }
    }
    for (attempt, answer) in ask(&link, foreign::reads(tried, nonce)).await? {
        if answer == Answer::Allowed && !rights.excess.contains(&attempt.right) {
            rights.excess.push(attempt.right);
        }
    }
    let is_needed = |one: &Try| match one.right.as_str() {
        // a database has a number other than 0 only where it is chosen
        "`SELECT`" => store.db != 0,
        "`ASKING`" => store.topology == Topology::Cluster,
        TRACKING | "`PTTL`" => tried.caches,
        _ => false,
    };
    let unneeded = commands::unneeded(&own).filter(|one| !is_needed(one));
    rights.excess.extend(held(&link, unneeded.collect()).await?);
    for attempt in commands::unneeded_and_last(&own) {
        let link = Link::for_reads(address.clone(), &LastFailure::default());
        rights.excess.extend(held(&link, vec![attempt]).await?);
    }
    if rights.excess.is_empty() {
        let slow = commands::slow(&own).collect();
        rights.excess.extend(held(&link, slow).await?);
    }
    Ok(rights)
}

/// What the printed line of the gateway's user has, and reading needs.
fn needed(own: &str, store: &RedisStore) -> Vec<Try> {
    let own = own.as_bytes();
    let mut needed = vec![
        Try::about("`PING`", &[b"PING"]),
        Try::about("`HMGET` of the project's keys", &[b"HMGET", own, b"f"]),
        Try::about("`HGETALL` of the project's keys", &[b"HGETALL", own]),
    ];
    if store.topology == Topology::Cluster {
        needed.push(Try::about("`CLUSTER SLOTS`", &[b"CLUSTER", b"SLOTS"]));
        needed.push(Try::about("`ASKING`", &[b"ASKING"]));
        if store.read_from == ReadFrom::ReplicaPreferred {
            needed.push(Try::about("`READONLY`", &[b"READONLY"]));
        }
    }
    needed
}

const TRACKING: &str = "`CLIENT TRACKING`";

/// What a cache is told of changes by, in a form that the command itself refuses, and asks for the ends of keys by.
fn caching(own: &str) -> [Try; 2] {
    let own = own.as_bytes();
    [
        Try::about(TRACKING, &[b"CLIENT", b"TRACKING", b"salver-doctor"]),
        Try::about("`PTTL` of the project's keys", &[b"PTTL", own]),
    ]
}

/// The commands that may be sent, whatever keys they may be about.
async fn held(link: &Link, tries: Vec<Try>) -> Result<Vec<String>, Error> {
    let answered = ask(link, tries).await?.into_iter();
    let held = answered.filter(|(_, answer)| *answer != Answer::Denied);
    Ok(held.map(|(attempt, _)| attempt.right).collect())
}

async fn ask(link: &Link, tries: Vec<Try>) -> Result<Vec<(Try, Answer)>, Error> {
    let mut answers = Vec::with_capacity(tries.len());
    for some in tries.chunks(AT_ONCE) {
        let mut pipeline = Pipeline::new();
        for attempt in some {
            let command = pipeline.add_command(redis::Cmd::new());
            for word in &attempt.words {
                command.arg(word.as_slice());
            }
        }
        let replies = link.run(&pipeline).await?;
        answers.extend(replies.iter().map(Answer::of));
    }
    Ok(tries.into_iter().zip(answers).collect())
}

/// What a reply says about the right to ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// Both command and key are allowed.
    Allowed,
    /// The command is, the key or the channel is not.
    NotOfThis,
    /// The command is not.
    Denied,
}

impl Answer {
    fn of(reply: &Value) -> Self {
        match reply {
            Value::ServerError(error) => Self::of_error(error),
            _ => Self::Allowed,
        }
    }

    /// A command that the server doesn't know, or no longer under this name, or that its configuration forbids, is nobody's
    /// right.
    fn of_error(error: &ServerError) -> Self {
        let told = error.details().unwrap_or_default();
        let is_nobodys = told.starts_with("unknown command")
            || told.starts_with("unknown subcommand")
            || told.contains("command not allowed. If the enable-");
        match error.code() {
            "NOAUTH" | "EXECABORT" => Self::Denied,
            code if fault::is_of_key(code, told) => Self::NotOfThis,
            "NOPERM" => Self::Denied,
            "ERR" if is_nobodys => Self::Denied,
            _ => Self::Allowed,
        }
    }
}
