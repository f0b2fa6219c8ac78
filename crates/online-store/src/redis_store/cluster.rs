//! Redis Cluster: each key is in one of 16,384 slots, and each slot on one master, of which replicas have copies.
//!
//! Commands go to the master of their key's slot, by the map that the servers tell (`CLUSTER SLOTS`). A server that isn't
//! the slot's master any more says who is, and the command goes there. The map is asked for anew when a server says so or
//! is away, by one task at a time and no more than ten times a second, and also when it is old, as a server that hangs
//! says nothing. A command of this crate is about one key, so that a slot on its way between servers needs no patience.

mod map;
mod reads;
mod redirect;
mod slot;
mod writes;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock, atomic::AtomicUsize, atomic::Ordering},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream::FuturesUnordered};
use redis::{Pipeline, Value};
use tokio::sync::OwnedMutexGuard;

pub(super) use self::map::SlotMap;
use super::{
    address::Address,
    fault,
    link::{LastFailure, Link},
    links::Links,
};
use crate::Error;

/// Between two looks at the map.
const PAUSE_BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// A map of this age is looked at again, though nobody has said that it is wrong.
const OLD_AFTER: Duration = Duration::from_secs(5);
/// Servers that are asked for the map at the same time, so that one that hangs holds nobody up.
const ASKED_AT_ONCE: usize = 3;

/// The servers of one cluster, and which of them has what.
pub(super) struct Cluster {
    /// Those that the settings name.
    seeds: Vec<Arc<Node>>,
    /// All that were heard of and may still be there, by name.
    nodes: Mutex<HashMap<String, Arc<Node>>>,
    map: RwLock<Option<Arc<SlotMap>>>,
    /// When the map was last asked for, and what came of it.
    last_look: Arc<tokio::sync::Mutex<LastLook>>,
    turn: AtomicUsize,
}

type LastLook = Option<(Instant, Result<(), Error>)>;

/// One server. Nothing is connected before it is needed.
pub(super) struct Node {
    pub(super) address: Address,
    /// Reads as of a master: a replica refuses them.
    reads: Links,
    /// Reads that a replica answers, too.
    replica_reads: Links,
    writes: Arc<Link>,
}

impl Node {
    fn new(address: Address) -> Self {
        let last_failure = LastFailure::default();
        // these begin otherwise, and may be refused where the others aren't
        let replica_reads =
            Links::for_reads(&address.clone().for_replica(), &LastFailure::default());
        Self {
            reads: Links::for_reads(&address, &last_failure),
            replica_reads,
            writes: Arc::new(Link::new(address.clone(), &last_failure)),
            address,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.address.name
    }

    /// What this server says of the slots.
    async fn slots(&self, cluster: &Cluster) -> Result<SlotMap, Error> {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("CLUSTER").arg("SLOTS");
        let told = self.reads.next().run(&pipeline).await?.pop();
        let told = told.unwrap_or(Value::Nil);
        if let Value::ServerError(error) = &told {
            return Err(fault::of_reply(self.name(), b"", error));
        }
        let map = SlotMap::of(&told, |host, port| {
            cluster.node(host.unwrap_or(self.address.host()), port)
        });
        map.ok_or_else(|| Error::Unavailable {
            store: self.name().to_owned(),
            reason: "it knows of no server that has slots of a cluster".to_owned(),
        })
    }

    async fn ping(&self) -> Result<(), Error> {
        let mut pipeline = Pipeline::new();
        pipeline.cmd("PING");
        match self.reads.next().run(&pipeline).await?.first() {
            Some(Value::ServerError(error)) => Err(fault::of_reply(self.name(), b"", error)),
            _ => Ok(()),
        }
    }
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Address>) -> Self {
        let nodes = seeds
            .into_iter()
            .map(|address| Arc::new(Node::new(address)));
        Self {
            seeds: nodes.collect(),
            nodes: Mutex::default(),
            map: RwLock::new(None),
            last_look: Arc::default(),
            turn: AtomicUsize::new(0),
        }
    }

    /// The servers that the settings name, for messages.
    pub(super) fn name(&self) -> &str {
        self.seeds.first().map_or("redis", |node| node.name())
    }

    /// Who has what, as far as is known.
    pub(super) async fn map(self: &Arc<Self>) -> Result<Arc<SlotMap>, Error> {
        let Some(map) = self.known_map() else {
            return self.map_after(None).await;
        };
        if map.read_at.elapsed() > OLD_AFTER {
            self.look_soon(&map);
        }
        Ok(map)
    }

    /// Asks who has what.
    pub(super) async fn newest_map(self: &Arc<Self>) -> Result<Arc<SlotMap>, Error> {
        self.map_after(self.known_map().as_ref()).await
    }

    /// A map that is newer than the one that was seen to be wrong, if there has been time for one, else that one.
    async fn map_after(
        self: &Arc<Self>,
        seen: Option<&Arc<SlotMap>>,
    ) -> Result<Arc<SlotMap>, Error> {
        let last_look = Arc::clone(&self.last_look).lock_owned().await;
        let known = self.known_map();
        if let Some(known) = &known {
            let is_newer = seen.is_none_or(|seen| !Arc::ptr_eq(seen, known));
            let is_too_soon =
                (last_look.as_ref()).is_some_and(|(at, _)| at.elapsed() < PAUSE_BETWEEN_LOOKS);
            if is_newer || is_too_soon {
                return Ok(Arc::clone(known));
            }
        }
        if let Some((at, Err(error))) = &*last_look
            && at.elapsed() < PAUSE_BETWEEN_LOOKS
        {
            return Err(error.clone());
        }
        // a task of its own: whoever asked may give up, and the others shall not have to begin again
        let looking = Arc::clone(self).look_and_keep(last_look, known);
        tokio::spawn(looking).await.unwrap_or_else(|error| {
            Err(Error::Unavailable {
                store: self.name().to_owned(),
                reason: format!("looking at its slots was interrupted: {error}"),
            })
        })
    }

    /// Looks for a map, and keeps what comes of it; where there is none, the one that is known has to do.
    async fn look_and_keep(
        self: Arc<Self>,
        mut last_look: OwnedMutexGuard<LastLook>,
        known: Option<Arc<SlotMap>>,
    ) -> Result<Arc<SlotMap>, Error> {
        let looked = self.look().await;
        *last_look = Some((
            Instant::now(),
            looked.as_ref().map(|_| ()).map_err(Error::clone),
        ));
        match (looked, known) {
            (Ok(map), _) => Ok(self.keep(map)),
            (Err(error), Some(known)) => {
                tracing::debug!(%error, "no server tells the slots of the cluster");
                Ok(known)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Looks for a newer map in the background.
    fn look_soon(self: &Arc<Self>, seen: &Arc<SlotMap>) {
        if self.last_look.try_lock().is_err() {
            return;
        }
        let (cluster, seen) = (Arc::clone(self), Arc::clone(seen));
        tokio::spawn(async move {
            // who needs the map is told why there is none
            let _ = cluster.map_after(Some(&seen)).await;
        });
    }

    /// Asks some servers at a time, until one answers.
    async fn look(&self) -> Result<SlotMap, Error> {
        let mut failure = Error::config("the cluster has no servers");
        for some in self.candidates().chunks(ASKED_AT_ONCE) {
            let mut asked: FuturesUnordered<_> = some.iter().map(|node| node.slots(self)).collect();
            while let Some(told) = asked.next().await {
                match told {
                    Ok(map) => return Ok(map),
                    Err(error) => failure = error,
                }
            }
        }
        Err(failure)
    }

    /// Every server once, each time beginning with another; those that the settings name come last.
    fn candidates(&self) -> Vec<Arc<Node>> {
        let mut known: Vec<Arc<Node>> = self.known_map().map_or_else(Vec::new, |map| map.nodes());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        if !known.is_empty() {
            let first = turn % known.len();
            known.rotate_left(first);
        }
        let is_new = |seed: &&Arc<Node>| known.iter().all(|node| node.name() != seed.name());
        let seeds: Vec<Arc<Node>> = self.seeds.iter().filter(is_new).cloned().collect();
        known.extend(seeds);
        known
    }

    fn keep(&self, map: SlotMap) -> Arc<SlotMap> {
        let map = Arc::new(map);
        let names: HashMap<String, Arc<Node>> = (map.nodes().into_iter())
            .map(|node| (node.name().to_owned(), node))
            .collect();
        *self.nodes.lock().unwrap_or_else(PoisonError::into_inner) = names;
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&map));
        map
    }

    fn known_map(&self) -> Option<Arc<SlotMap>> {
        self.map
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The server of this name, with the connections that there are.
    pub(super) fn node(&self, host: &str, port: u16) -> Arc<Node> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{host}:{port}");
        if let Some(node) = nodes.get(&name) {
            return Arc::clone(node);
        }
        let seed = self.seeds.iter().find(|seed| seed.name() == name);
        let new = || Arc::new(Node::new(self.seeds[0].address.at(host, port)));
        let node = seed.map_or_else(new, Arc::clone);
        nodes.insert(name, Arc::clone(&node));
        node
    }

    /// Whether any of the masters answers: where one is away, what the others have is still served. All must let us in.
    pub(super) async fn ping(self: &Arc<Self>) -> Result<(), Error> {
        let map = self.map().await?;
        let masters = map.shards().map(|shard| shard.master.ping());
        let mut answers = futures::future::join_all(masters).await;
        let denied = answers
            .iter()
            .position(|answer| matches!(answer, Err(Error::Denied { .. })));
        if let Some(denied) = denied {
            return answers.swap_remove(denied);
        }
        if answers.iter().any(Result::is_ok) {
            return Ok(());
        }
        // a fail-over of all of them is seen by the next one who asks
        self.look_soon(&map);
        answers.pop().unwrap_or(Ok(()))
    }
}
