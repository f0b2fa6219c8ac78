use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use redis::Value;

use super::{
    Node,
    slot::{SLOTS, slot_of},
};

/// Which servers have which slots, as one of them said at some time.
pub(in crate::redis_store) struct SlotMap {
    /// For each slot the place of its shard, behind all of them where it has none.
    owners: Vec<u16>,
    shards: Vec<Shard>,
    pub(super) read_at: Instant,
}

/// Some slots' servers.
pub(in crate::redis_store) struct Shard {
    pub(in crate::redis_store) master: Arc<Node>,
    pub(super) replicas: Vec<Arc<Node>>,
    turn: AtomicUsize,
}

/// Behind all shards.
const NONE: u16 = u16::MAX;

impl Shard {
    /// One of the replicas, in turn.
    pub(super) fn replica(&self) -> Option<&Arc<Node>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.replicas.get(turn.checked_rem(self.replicas.len())?)
    }
}

impl SlotMap {
    /// Of a reply to `CLUSTER SLOTS`; `None` where it is none, or no slot has a server. `node` gives the server at a
    /// host and a port; no host is that of the server that was asked.
    pub(in crate::redis_store) fn of(
        reply: &Value,
        node: impl Fn(Option<&str>, u16) -> Arc<Node>,
    ) -> Option<Self> {
        let Value::Array(ranges) = reply else {
            return None;
        };
        let mut map = Self {
            owners: vec![NONE; SLOTS],
            shards: Vec::new(),
            read_at: Instant::now(),
        };
        for range in ranges {
            let Value::Array(range) = range else {
                return None;
            };
            let [Value::Int(first), Value::Int(last), servers @ ..] = range.as_slice() else {
                return None;
            };
            let mut servers = servers.iter().filter_map(|server| server_of(server, &node));
            // without a master nobody has the range
            let Some(master) = servers.next() else {
                continue;
            };
            let shard = map.shard_of(master, servers.collect())?;
            let (first, last) = (usize::try_from(*first).ok()?, usize::try_from(*last).ok()?);
            map.owners.get_mut(first..=last)?.fill(shard);
        }
        (!map.shards.is_empty()).then_some(map)
    }

    /// The place of the shard, which is added if its master is new.
    fn shard_of(&mut self, master: Arc<Node>, replicas: Vec<Arc<Node>>) -> Option<u16> {
        let is_it = |shard: &Shard| Arc::ptr_eq(&shard.master, &master);
        let place = self.shards.iter().position(is_it);
        let place = place.unwrap_or_else(|| {
            self.shards.push(Shard {
                master,
                replicas,
                turn: AtomicUsize::new(0),
            });
            self.shards.len() - 1
        });
        u16::try_from(place).ok().filter(|place| *place < NONE)
    }

    /// The place of the shard that has the key; nobody's where it has none.
    pub(super) fn place(&self, key: &[u8]) -> usize {
        usize::from(self.owners[slot_of(key)])
    }

    pub(super) fn shard(&self, place: usize) -> Option<&Shard> {
        self.shards.get(place)
    }

    pub(in crate::redis_store) fn shards(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter()
    }

    /// All servers, masters first.
    pub(in crate::redis_store) fn nodes(&self) -> Vec<Arc<Node>> {
        let masters = self.shards.iter().map(|shard| &shard.master);
        let replicas = self.shards.iter().flat_map(|shard| &shard.replicas);
        masters.chain(replicas).cloned().collect()
    }
}

/// The server that a part of the reply is about; `None` where it isn't about any.
fn server_of(told: &Value, node: impl Fn(Option<&str>, u16) -> Arc<Node>) -> Option<Arc<Node>> {
    let Value::Array(told) = told else {
        return None;
    };
    let [host, Value::Int(port), ..] = told.as_slice() else {
        return None;
    };
    let host = match host {
        Value::BulkString(host) => Some(std::str::from_utf8(host).ok()?),
        Value::Nil => None,
        _ => return None,
    };
    // a server that doesn't know its name says nothing, or `?`
    let host = host.filter(|host| !host.is_empty() && *host != "?");
    let port = u16::try_from(*port).ok().filter(|port| *port > 0)?;
    Some(node(host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis_store::{address::Address, reader::RESPONSE_TIMEOUT};

    async fn map_of(reply: &[u8]) -> Option<SlotMap> {
        let store = settings::RedisStore {
            nodes: vec![("seed".to_owned(), 1)],
            topology: settings::Topology::Cluster,
            read_from: settings::ReadFrom::Master,
            tls: None,
            username: None,
            password: None,
            db: 0,
            key_ttl_seconds: None,
            socket_timeout: None,
            socket_connect_timeout: None,
        };
        let seeds = Address::all(&store, RESPONSE_TIMEOUT).await.unwrap();
        let cluster = super::super::Cluster::new(seeds);
        let reply = redis::parse_redis_value(reply).unwrap();
        SlotMap::of(&reply, |host, port| {
            cluster.node(host.unwrap_or("asked"), port)
        })
    }

    #[tokio::test]
    async fn ranges_of_one_master_are_one_shard() {
        let reply = b"*3\r\n*4\r\n:0\r\n:99\r\n*2\r\n$1\r\na\r\n:1\r\n*2\r\n$1\r\nb\r\n:2\r\n\
            *3\r\n:100\r\n:16382\r\n*3\r\n$0\r\n\r\n:3\r\n$2\r\nid\r\n\
            *4\r\n:16383\r\n:16383\r\n*2\r\n$1\r\na\r\n:1\r\n*2\r\n$1\r\nb\r\n:2\r\n";
        let map = map_of(reply).await.unwrap();
        let names: Vec<String> = (map.nodes().iter())
            .map(|node| node.name().to_owned())
            .collect();
        assert_eq!(names, ["a:1", "asked:3", "b:2"]);
        assert_eq!((map.owners[99], map.owners[100]), (0, 1));
        assert_eq!(map.owners[16_383], 0);
        assert_eq!(map.shards[0].replica().unwrap().name(), "b:2");
        assert!(map.shards[1].replica().is_none());
    }

    #[tokio::test]
    async fn what_is_no_map_is_none() {
        let replies: [&[u8]; 6] = [
            b"*0\r\n",
            b"$-1\r\n",
            b"*1\r\n:1\r\n",
            b"*1\r\n*2\r\n:0\r\n:99\r\n",
            b"*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\na\r\n:1\r\n",
            b"*1\r\n*3\r\n:9\r\n:-1\r\n*2\r\n$1\r\na\r\n:1\r\n",
        ];
        for reply in replies {
            assert!(map_of(reply).await.is_none(), "{reply:?}");
        }
    }
}
