//! A command that a server didn't carry out, and who may.

use std::sync::Arc;

use redis::ServerError;

use super::{Cluster, Node, SlotMap};
use crate::{
    Error,
    redis_store::{fault, link::Link},
};

/// How often a command is sent on. A slot that moves takes one or two.
pub(super) const MOST_ROUNDS: usize = 5;

/// Who is asked.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) node: Arc<Node>,
    pub(super) role: Role,
}

/// As what a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// The slot's master.
    Master,
    /// It has a copy of the slot.
    Replica,
    /// It is taking the slot over, and doesn't count as its master yet: `ASKING` comes before each command.
    Heir,
}

/// Why a command wasn't carried out.
pub(super) enum Astray {
    /// The slot has another master: its address.
    Moved(String),
    /// The key would be with the server that is taking the slot over: its address.
    Ask(String),
    /// The server can't do it now, or is away.
    Down(Error),
}

impl Astray {
    /// What an error reply says about where to send the command; `None` where it is about the command.
    pub(super) fn of(store: &str, key: &[u8], error: &ServerError) -> Option<Self> {
        let address = || {
            let (_, address) = error.details()?.split_once(' ')?;
            Some(address.to_owned())
        };
        match error.code() {
            "MOVED" => address().map(Self::Moved),
            "ASK" => address().map(Self::Ask),
            "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" | "TRYAGAIN" | "READONLY" => {
                Some(Self::Down(fault::of_reply(store, key, error)))
            }
            _ => None,
        }
    }
}

impl Target {
    pub(super) fn master(node: &Arc<Node>) -> Self {
        let (node, role) = (Arc::clone(node), Role::Master);
        Self { node, role }
    }

    /// Targets of equal order are one.
    pub(super) fn order(&self) -> (usize, Role) {
        (Arc::as_ptr(&self.node).addr(), self.role)
    }

    /// A connection to read from it.
    pub(super) fn reads(&self) -> &Link {
        match self.role {
            Role::Master | Role::Heir => self.node.reads.next(),
            Role::Replica => self.node.replica_reads.next(),
        }
    }
}

impl Cluster {
    /// Whom to ask next.
    ///
    /// # Errors
    /// Where there is nobody but who was asked.
    pub(super) async fn redirect(
        self: &Arc<Self>,
        map: &Arc<SlotMap>,
        key: &[u8],
        asked: &Target,
        astray: Astray,
    ) -> Result<Target, Error> {
        match astray {
            Astray::Moved(address) => {
                self.look_soon(map);
                Ok(Target::master(&self.node_at(&address, asked)?))
            }
            Astray::Ask(address) => Ok(Target {
                node: self.node_at(&address, asked)?,
                role: Role::Heir,
            }),
            Astray::Down(error) => {
                let is_replica = asked.role == Role::Replica;
                let map = match is_replica {
                    true => Arc::clone(map),
                    false => self.map_after(Some(map)).await?,
                };
                let Some(shard) = map.shard(map.place(key)) else {
                    return Err(error);
                };
                match Arc::ptr_eq(&shard.master, &asked.node) && !is_replica {
                    true => Err(error),
                    false => Ok(Target::master(&shard.master)),
                }
            }
        }
    }

    /// A host that is left out is that of the server that names the address.
    fn node_at(&self, address: &str, asked: &Target) -> Result<Arc<Node>, Error> {
        let parsed = address.rsplit_once(':').and_then(|(host, port)| {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0)?;
            Some((host, port))
        });
        let Some((host, port)) = parsed else {
            return Err(Error::Corrupt {
                store: asked.node.name().to_owned(),
                reason: format!("it sends to `{address}`, which is no `host:port`"),
            });
        };
        let host = match host {
            "" | "?" => asked.node.address.host(),
            host => host,
        };
        Ok(self.node(host, port))
    }
}

/// A command was sent on too often.
pub(super) fn lost(cluster: &Cluster) -> Error {
    Error::Unavailable {
        store: cluster.name().to_owned(),
        reason: format!("its servers sent a command on {MOST_ROUNDS} times"),
    }
}
