//! What the masters of a cluster tell of changes: each of the keys that it has.
//!
//! All of them are heard, or nothing counts. A key that moves to another master is told by both, as one loses it and the
//! other gets it. What must not be is a master that nobody hears, after a fail-over or because it is new: so each master
//! is asked, in place of a `PING`, which masters there are, and where one names others all begins anew. A new master that
//! has no slot yet is named by none; rows that are read from it are not cached (see [`crate::Found::is_moving`]).

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures::future::try_join_all;
use redis::Value;

use super::{Listener, Never, Question, follow};
use crate::{
    Error,
    redis_store::cluster::{Cluster, SlotMap},
};

/// Until the first of the masters is lost.
pub(super) async fn follow_all(
    cluster: &Arc<Cluster>,
    own_key: &str,
    listener: &dyn Listener,
) -> Result<Never, Error> {
    let map = cluster.newest_map().await?;
    let masters = names(&map);
    let joint = Joint {
        listener,
        told: Mutex::new(vec![None; masters.len()]),
    };
    let following = map.shards().enumerate().map(|(place, shard)| {
        let (address, joint, masters) = (&shard.master.address, &joint, &masters);
        async move {
            let names_same = |told: &Value| {
                let told = SlotMap::of(told, |host, port| {
                    cluster.node(host.unwrap_or(address.host()), port)
                });
                told.is_some_and(|told| names(&told) == *masters)
            };
            let question = Question {
                command: &["CLUSTER", "SLOTS"],
                is_good: &names_same,
                otherwise: "the masters of the cluster have changed",
            };
            follow(address, own_key, &Part { joint, place }, &question).await
        }
    });
    let mut ended: Vec<Never> = try_join_all(following).await?;
    // a map has at least one master, and none of them ends well
    ended.pop().ok_or_else(|| Error::Unavailable {
        store: cluster.name().to_owned(),
        reason: "the cluster has no masters".to_owned(),
    })
}

fn names(map: &SlotMap) -> BTreeSet<String> {
    let masters = map.shards().map(|shard| shard.master.name().to_owned());
    masters.collect()
}

/// What all masters have told.
struct Joint<'l> {
    listener: &'l dyn Listener,
    /// Of each master, up to when.
    told: Mutex<Vec<Option<Instant>>>,
}

/// What one of them tells.
struct Part<'j> {
    joint: &'j Joint<'j>,
    place: usize,
}

impl Listener for Part<'_> {
    fn began(&self) {
        self.joint.listener.began();
    }

    fn changed(&self, key: &[u8]) {
        self.joint.listener.changed(key);
    }

    fn all_changed(&self) {
        self.joint.listener.all_changed();
    }

    fn told_until(&self, at: Instant) {
        let mut told = self
            .joint
            .told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = told.get_mut(self.place) {
            *told = Some(at);
        }
        let all: Option<Vec<Instant>> = told.iter().copied().collect();
        if let Some(least) = all.and_then(|all| all.into_iter().min()) {
            self.joint.listener.told_until(least);
        }
    }

    fn lost(&self) {
        self.joint.listener.lost();
    }
}
