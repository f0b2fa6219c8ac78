use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use feature_model::ProjectName;
use redis::{Pipeline, Value};
use settings::{ReadFrom, Topology};
use tokio::{task::JoinSet, time::Instant};

use super::{
    address::Address,
    cluster::Cluster,
    fault,
    link::{LastFailure, Link},
    links::Links,
    lookup::{Answered, Command, Lookup, Told},
};
use crate::{Error, Found, Freshness, OnlineReader, ReadOptions, ViewRead};

pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Hashes in one pipeline. A larger read goes out as several at once, so that packing and parsing take
/// several cores, and other requests' answers come in between.
pub(super) const HASHES_PER_PIPELINE: usize = 256;

/// Reads hashes with `HMGET`, or with `HGETALL` where much of them is wanted.
pub(crate) struct RedisReader {
    project: ProjectName,
    servers: Servers,
    /// Whether replicas of a cluster may answer.
    prefers_replicas: bool,
    /// Whether this user was refused `HGETALL`: one who may call `HMGET` only is served by that.
    names_fields: AtomicBool,
}

enum Servers {
    One(Arc<Links>),
    Cluster(Arc<Cluster>),
}

impl RedisReader {
    pub(crate) async fn open(
        store: &settings::RedisStore,
        project: &ProjectName,
    ) -> Result<Self, Error> {
        let servers = match store.topology {
            Topology::Standalone => {
                let address = Address::new(store, RESPONSE_TIMEOUT).await?;
                Servers::One(Arc::new(Links::for_reads(
                    &address,
                    &LastFailure::default(),
                )))
            }
            Topology::Cluster => {
                let seeds = Address::all(store, RESPONSE_TIMEOUT).await?;
                Servers::Cluster(Arc::new(Cluster::new(seeds)))
            }
        };
        Ok(Self {
            project: project.clone(),
            servers,
            prefers_replicas: store.read_from == ReadFrom::ReplicaPreferred,
            names_fields: AtomicBool::new(false),
        })
    }

    /// Asks for whole hashes, and again for fields where this user may not.
    async fn look_up(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        let command = match self.names_fields.load(Ordering::Relaxed) {
            true => Command::Hmget,
            false => Command::Either,
        };
        let lookup =
            |command| Lookup::new(&self.project, views, command).asking_lasts(options.asks_lasts);
        let first = lookup(command);
        let takes_whole = first.takes_whole();
        match self.rows(first, options).await {
            Err(Error::Denied { reason, .. }) if takes_whole => {
                let found = self.rows(lookup(Command::Hmget), options).await?;
                self.names_fields.store(true, Ordering::Relaxed);
                tracing::info!(reason, "`HGETALL` was refused, and `HMGET` is used instead");
                Ok(found)
            }
            found => found,
        }
    }

    /// Where the rows are, for messages.
    fn name(&self) -> &str {
        match &self.servers {
            Servers::One(links) => links.name(),
            Servers::Cluster(cluster) => cluster.name(),
        }
    }

    async fn rows(&self, lookup: Lookup, options: ReadOptions) -> Result<Found, Error> {
        match &self.servers {
            Servers::One(links) => rows_of_one(links, lookup, options.deadline).await,
            Servers::Cluster(cluster) => {
                let prefers_replicas =
                    self.prefers_replicas && options.freshness == Freshness::Cached;
                cluster
                    .rows(lookup, prefers_replicas, options.deadline)
                    .await
            }
        }
    }
}

async fn rows_of_one(
    links: &Arc<Links>,
    lookup: Lookup,
    deadline: Option<Instant>,
) -> Result<Found, Error> {
    match lookup.len() {
        0 => Ok(lookup.arrange(Vec::new())),
        hashes if hashes <= HASHES_PER_PIPELINE => {
            let told = read_hashes(links.next(), &lookup, 0..hashes, deadline).await?;
            Ok(lookup.arrange(vec![told]))
        }
        _ => read_in_parts(links, lookup, deadline).await,
    }
}

/// Sends every pipeline at once and collects the rows in the order in which they arrive.
async fn read_in_parts(
    links: &Arc<Links>,
    lookup: Lookup,
    deadline: Option<Instant>,
) -> Result<Found, Error> {
    let lookup = Arc::new(lookup);
    let mut parts = JoinSet::new();
    for start in (0..lookup.len()).step_by(HASHES_PER_PIPELINE) {
        let hashes = start..lookup.len().min(start + HASHES_PER_PIPELINE);
        let (lookup, links) = (Arc::clone(&lookup), Arc::clone(links));
        parts.spawn(async move { read_hashes(links.next(), &lookup, hashes, deadline).await });
    }
    let mut told = Vec::with_capacity(parts.len());
    while let Some(part) = parts.join_next().await {
        told.push(part.map_err(|error| Error::Unavailable {
            store: links.next().name().to_owned(),
            reason: format!("reading was interrupted: {error}"),
        })??);
    }
    Ok(lookup.arrange(told))
}

#[async_trait]
impl OnlineReader for RedisReader {
    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        options
            .bound(self.name(), self.look_up(views, options))
            .await
    }

    fn is_back(&self) {
        // a cluster connects to each of its servers by itself
        if let Servers::One(links) = &self.servers {
            links.forget_failure();
        }
    }

    async fn ping(&self) -> Result<(), Error> {
        let link = match &self.servers {
            Servers::One(links) => links.next(),
            Servers::Cluster(cluster) => return cluster.ping().await,
        };
        let mut pipeline = Pipeline::new();
        pipeline.cmd("PING");
        match link.run(&pipeline).await?.first() {
            Some(Value::ServerError(error)) => Err(fault::of_reply(link.name(), b"", error)),
            _ => Ok(()),
        }
    }
}

async fn read_hashes(
    link: &Link,
    lookup: &Lookup,
    hashes: Range<usize>,
    deadline: Option<Instant>,
) -> Result<Told, Error> {
    let replies = link.ask(&lookup.commands(hashes.clone()), deadline).await?;
    let Answered { told, refused } = lookup.rows(link.name(), hashes, replies)?;
    match refused.first() {
        Some((hash, error)) => Err(lookup.refusal(link.name(), *hash, error)),
        None => Ok(told),
    }
}
