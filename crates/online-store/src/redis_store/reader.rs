use std::{
    num::NonZero,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::available_parallelism,
    time::Duration,
};

use async_trait::async_trait;
use feature_model::ProjectName;
use redis::{Pipeline, Value};
use tokio::task::JoinSet;

use super::{
    address::Address,
    fault,
    link::Link,
    lookup::{Command, FoundRow, Lookup},
};
use crate::{Error, Found, Freshness, OnlineReader, StoredRow, ViewRead};

pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections for reads: each parses its answers in one task, so one connection is one core's worth.
const MOST_LINKS: usize = 4;

/// Hashes in one pipeline. A larger read goes out as several at once, so that packing and parsing take
/// several cores, and other requests' answers come in between.
const HASHES_PER_PIPELINE: usize = 256;

/// Reads hashes with `HMGET`, or with `HGETALL` where much of them is wanted.
pub(crate) struct RedisReader {
    project: ProjectName,
    links: Arc<[Link]>,
    turn: AtomicUsize,
    /// Whether this user was refused `HGETALL`: one who may call `HMGET` only is served by that.
    names_fields: AtomicBool,
}

impl RedisReader {
    pub(crate) async fn open(
        store: &settings::RedisStore,
        project: &ProjectName,
    ) -> Result<Self, Error> {
        let address = Address::new(store, RESPONSE_TIMEOUT).await?;
        let cores = available_parallelism().map_or(1, NonZero::get);
        Ok(Self {
            project: project.clone(),
            links: (0..cores.min(MOST_LINKS))
                .map(|_| Link::for_reads(address.clone()))
                .collect(),
            turn: AtomicUsize::new(0),
            names_fields: AtomicBool::new(false),
        })
    }

    fn next_link(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % self.links.len()
    }

    async fn rows(&self, lookup: Lookup) -> Result<Vec<Vec<Option<StoredRow>>>, Error> {
        match lookup.len() {
            0 => Ok(lookup.arrange(Vec::new())),
            hashes if hashes <= HASHES_PER_PIPELINE => {
                let link = &self.links[self.next_link()];
                let found = read_hashes(link, &lookup, 0..hashes).await?;
                Ok(lookup.arrange(vec![found]))
            }
            _ => self.read_in_parts(lookup).await,
        }
    }

    /// Sends every pipeline at once and collects the rows in the order in which they arrive.
    async fn read_in_parts(&self, lookup: Lookup) -> Result<Vec<Vec<Option<StoredRow>>>, Error> {
        let lookup = Arc::new(lookup);
        let mut parts = JoinSet::new();
        for start in (0..lookup.len()).step_by(HASHES_PER_PIPELINE) {
            let hashes = start..lookup.len().min(start + HASHES_PER_PIPELINE);
            let (lookup, links) = (Arc::clone(&lookup), Arc::clone(&self.links));
            let link = self.next_link();
            parts.spawn(async move { read_hashes(&links[link], &lookup, hashes).await });
        }
        let mut found = Vec::with_capacity(parts.len());
        while let Some(part) = parts.join_next().await {
            found.push(part.map_err(|error| Error::Unavailable {
                store: self.links[0].name().to_owned(),
                reason: format!("reading was interrupted: {error}"),
            })??);
        }
        Ok(lookup.arrange(found))
    }
}

#[async_trait]
impl OnlineReader for RedisReader {
    async fn read(&self, views: &[ViewRead<'_>], _: Freshness) -> Result<Found, Error> {
        let command = match self.names_fields.load(Ordering::Relaxed) {
            true => Command::Hmget,
            false => Command::Either,
        };
        let lookup = Lookup::new(&self.project, views, command);
        let takes_whole = lookup.takes_whole();
        let rows = match self.rows(lookup).await {
            Err(Error::Denied { reason, .. }) if takes_whole => {
                let lookup = Lookup::new(&self.project, views, Command::Hmget);
                let rows = self.rows(lookup).await?;
                self.names_fields.store(true, Ordering::Relaxed);
                tracing::info!(reason, "`HGETALL` was refused, and `HMGET` is used instead");
                rows
            }
            rows => rows?,
        };
        Ok(Found::uncached(rows))
    }

    async fn ping(&self) -> Result<(), Error> {
        let link = &self.links[self.next_link()];
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
) -> Result<Vec<FoundRow>, Error> {
    let replies = link.ask(&lookup.commands(hashes.clone())).await?;
    lookup.rows(link.name(), hashes, replies)
}
