//! A Redis Cluster of the test's own.

use std::time::Duration;

use crate::{
    deadline::wait_until,
    redis::{Redis, RedisOptions, online_store_yaml},
    resp::Resp,
};

const PATIENCE: Duration = Duration::from_secs(60);

const MASTERS: usize = 3;

/// The first slot of each master, and the end.
const SHARES: [&str; MASTERS + 1] = ["0", "5461", "10923", "16384"];

/// Three masters and then a replica of each, on free ports. Killed when dropped.
#[derive(Debug)]
pub struct RedisCluster {
    servers: Vec<Redis>,
}

impl RedisCluster {
    /// Starts one, without data.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        let server = |_| {
            Redis::start_with(RedisOptions {
                in_cluster: true,
                ..RedisOptions::default()
            })
        };
        let servers = (0..2 * MASTERS).map(server).collect();
        let cluster = Self { servers };
        cluster.give_slots();
        cluster.meet();
        cluster.replicate();
        cluster
    }

    /// All servers, masters first.
    #[must_use]
    pub fn servers(&self) -> &[Redis] {
        &self.servers
    }

    /// Ends a server.
    ///
    /// # Panics
    /// When it doesn't end.
    pub fn stop(&mut self, server: usize) {
        self.servers[server].stop();
    }

    /// Feast's `connection_string`: two of the servers.
    #[must_use]
    pub fn connection_string(&self) -> String {
        let [first, second, ..] = self.servers.as_slice() else {
            return String::new();
        };
        format!("{},{}", first.address(), second.address())
    }

    /// The `online_store` section of a `feature_store.yaml`, for Salver and for Feast.
    #[must_use]
    pub fn online_store_yaml(&self) -> String {
        Self::online_store_yaml_of(&self.connection_string())
    }

    /// The same, with a `connection_string` of one's own.
    #[must_use]
    pub fn online_store_yaml_of(connection_string: &str) -> String {
        format!(
            "{}  redis_type: redis_cluster\n",
            online_store_yaml(connection_string)
        )
    }

    fn give_slots(&self) {
        for (server, share) in self.servers.iter().zip(SHARES.windows(2)) {
            let last = share[1].parse::<u16>().unwrap_or_default() - 1;
            let _ = cluster(server, &["ADDSLOTSRANGE", share[0], &last.to_string()]);
        }
        for (epoch, server) in (1..).zip(&self.servers) {
            let epoch: u16 = epoch;
            let _ = cluster(server, &["SET-CONFIG-EPOCH", &epoch.to_string()]);
        }
    }

    fn meet(&self) {
        for server in &self.servers[1..] {
            let ports = [server.port(), server.bus_port()].map(|port| port.to_string());
            let _ = cluster(
                &self.servers[0],
                &["MEET", "127.0.0.1", &ports[0], &ports[1]],
            );
        }
        wait_until("the servers to know each other", PATIENCE, || {
            let known = |server| nodes(server, |node| !node.contains("handshake"));
            let mut known = self.servers.iter().map(known);
            known.all(|count| count == self.servers.len())
        });
    }

    fn replicate(&self) {
        let (masters, replicas) = self.servers.split_at(MASTERS);
        for (master, replica) in masters.iter().zip(replicas) {
            let id = text(&cluster(master, &["MYID"]));
            let _ = cluster(replica, &["REPLICATE", &id]);
        }
        wait_until("each master to have a replica", PATIENCE, || {
            let is_whole = |server| {
                let is_ok = text(&cluster(server, &["INFO"])).contains("cluster_state:ok");
                is_ok && nodes(server, |node| node.contains("slave")) == replicas.len()
            };
            let is_copy = |server: &Redis| {
                let info = server.command(&[b"INFO", b"replication"]);
                text(&info).contains("master_link_status:up")
            };
            self.servers.iter().all(is_whole) && replicas.iter().all(is_copy)
        });
    }
}

fn cluster(server: &Redis, words: &[&str]) -> Resp {
    let words: Vec<&[u8]> = (["CLUSTER"].iter())
        .chain(words)
        .map(|word| word.as_bytes())
        .collect();
    server.command(&words)
}

fn text(reply: &Resp) -> String {
    String::from_utf8_lossy(reply.bytes().unwrap_or_default()).into_owned()
}

/// How many servers of a kind this one knows.
fn nodes(server: &Redis, is_wanted: impl Fn(&str) -> bool) -> usize {
    let nodes = text(&cluster(server, &["NODES"]));
    nodes.lines().filter(|node| is_wanted(node)).count()
}
