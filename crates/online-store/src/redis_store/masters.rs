use std::{sync::Arc, time::Duration};

use redis::{Pipeline, Value};
use settings::{RedisStore, Topology};

use super::{
    address::Address,
    cluster::Cluster,
    link::{LastFailure, Link},
    script::StoredScript,
};
use crate::Error;

/// The servers that are written to.
pub(super) enum Masters {
    One(Arc<Link>),
    Cluster(Arc<Cluster>),
}

impl Masters {
    pub(super) async fn of(store: &RedisStore, response_timeout: Duration) -> Result<Self, Error> {
        Ok(match store.topology {
            Topology::Standalone => {
                let address = Address::new(store, response_timeout).await?;
                Self::One(Arc::new(Link::new(address, &LastFailure::default())))
            }
            Topology::Cluster => {
                let seeds = Address::all(store, response_timeout).await?;
                Self::Cluster(Arc::new(Cluster::new(seeds)))
            }
        })
    }

    /// Where they are, for messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::One(link) => link.name(),
            Self::Cluster(cluster) => cluster.name(),
        }
    }

    /// A connection to each of them.
    pub(super) async fn links(&self) -> Result<Vec<Arc<Link>>, Error> {
        match self {
            Self::One(link) => Ok(vec![Arc::clone(link)]),
            Self::Cluster(cluster) => cluster.masters().await,
        }
    }

    /// Sends calls of the script, or commands, each to the server of its key, and gives their replies.
    pub(super) async fn run(
        &self,
        script: Option<&StoredScript>,
        calls: &Pipeline,
    ) -> Result<Vec<Value>, Error> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        match (self, script) {
            (Self::One(link), Some(script)) => script.run(link, calls).await,
            (Self::One(link), None) => link.run(calls).await,
            (Self::Cluster(cluster), script) => cluster.run(script, calls).await,
        }
    }
}
