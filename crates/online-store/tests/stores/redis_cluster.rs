use std::{
    thread,
    time::{Duration, Instant},
};

use feature_codec::redis_key;
use free_port::free_port;
use settings::{ReadFrom, RedisStore, Secret, Topology};

use crate::{redis_server::RedisServer, rows::driver, store::project_name};

/// Longer than a cluster takes for anything.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const SLOTS: u16 = 16_384;

/// A Redis Cluster of real servers, killed when it goes out of scope: masters first, then a replica of each.
pub(crate) struct RedisCluster {
    pub(crate) servers: Vec<RedisServer>,
    masters: usize,
}

impl RedisCluster {
    /// Three masters, three replicas.
    pub(crate) fn start() -> Self {
        let cluster = Self {
            servers: (0..6).map(|_| start_server()).collect(),
            masters: 3,
        };
        cluster.give_slots();
        cluster.meet();
        cluster.add_replicas();
        cluster
    }

    fn give_slots(&self) {
        let share = SLOTS / 3 + 1;
        for (index, server) in (0..).zip(&self.servers[..self.masters]) {
            let (first, last) = (index * share, (SLOTS - 1).min(index * share + share - 1));
            let mut redis = server.connect();
            let range = [first, last];
            command(
                &mut redis,
                "ADDSLOTSRANGE",
                &range.map(|slot| slot.to_string()),
            );
        }
        for (epoch, server) in (1..).zip(&self.servers) {
            let epoch: u16 = epoch;
            command(
                &mut server.connect(),
                "SET-CONFIG-EPOCH",
                &[epoch.to_string()],
            );
        }
    }

    fn meet(&self) {
        let mut first = self.servers[0].connect();
        for server in &self.servers[1..] {
            let (port, bus) = (
                server.port.to_string(),
                server.bus_port.unwrap().to_string(),
            );
            command(&mut first, "MEET", &["127.0.0.1".to_owned(), port, bus]);
        }
        until("all servers know each other", || {
            let counts = self.servers.iter().map(|server| nodes(server).len());
            counts.into_iter().all(|count| count == self.servers.len())
        });
    }

    fn add_replicas(&self) {
        for (master, replica) in self.servers[..self.masters]
            .iter()
            .zip(&self.servers[self.masters..])
        {
            command(&mut replica.connect(), "REPLICATE", &[id(master)]);
        }
        until("all slots are served, with a copy of each", || {
            let is_ok =
                |server: &RedisServer| info(server, "CLUSTER", "INFO").contains("cluster_state:ok");
            let has_copy = |server: &RedisServer| {
                info(server, "INFO", "replication").contains("master_link_status:up")
            };
            let knows_all = |server: &RedisServer| {
                let nodes = nodes(server);
                nodes.iter().filter(|node| node.contains("slave")).count() == self.masters
            };
            self.servers
                .iter()
                .all(|server| is_ok(server) && knows_all(server))
                && self.servers[self.masters..].iter().all(has_copy)
        });
    }

    pub(crate) fn masters(&self) -> &[RedisServer] {
        &self.servers[..self.masters]
    }

    pub(crate) fn replicas(&self) -> &[RedisServer] {
        &self.servers[self.masters..]
    }

    pub(crate) fn settings(&self) -> RedisStore {
        RedisStore {
            nodes: (self.servers.iter())
                .map(|server| ("127.0.0.1".to_owned(), server.port))
                .collect(),
            topology: Topology::Cluster,
            read_from: ReadFrom::Master,
            ..self.servers[0].settings()
        }
    }

    /// Of the user that `registry-admin redis-acl` prints for the gateway.
    pub(crate) fn reader_settings(&self) -> RedisStore {
        let user = "SETUSER gateway on >secret resetchannels resetkeys %R~*prj -@all +hmget +hgetall +ping +hello +auth \
                    +cluster|slots +cluster|shards +readonly +asking +client|tracking +pttl";
        for server in &self.servers {
            let () = redis::cmd("ACL")
                .arg(user.split(' ').collect::<Vec<_>>())
                .query(&mut server.connect())
                .unwrap();
        }
        RedisStore {
            username: Some("gateway".to_owned()),
            password: Some(Secret::new("secret")),
            ..self.settings()
        }
    }

    /// Waits until the replicas have what was written.
    pub(crate) fn replicate(&self) {
        for server in self.masters() {
            let field = |name: &str| -> Option<u64> {
                let info = info(server, "INFO", "replication");
                let (_, rest) = info.split_once(name)?;
                rest.split(['\r', ',']).next()?.parse().ok()
            };
            let wanted = field("master_repl_offset:").unwrap();
            until("the replica has all", || field(",offset=") >= Some(wanted));
        }
    }

    /// Waits until a fail-over is done.
    pub(crate) fn until_served(&self) {
        let replicas = self.replicas().iter();
        until("all slots are served", || {
            let mut infos = replicas
                .clone()
                .map(|server| info(server, "CLUSTER", "INFO"));
            infos.all(|info| info.contains("cluster_state:ok"))
        });
    }

    /// Empties all masters.
    pub(crate) fn flush(&self) {
        for server in self.masters() {
            let () = redis::cmd("FLUSHALL").query(&mut server.connect()).unwrap();
        }
    }

    /// The slot of a driver of project `prj`.
    pub(crate) fn slot_of(&self, id: i64) -> u16 {
        let key = redis_key(&driver(id), &project_name("prj"));
        let mut command = redis::cmd("CLUSTER");
        command.arg("KEYSLOT").arg(key);
        command.query(&mut self.servers[0].connect()).unwrap()
    }

    /// The master that has the slot, and another.
    pub(crate) fn master_of(&self, slot: u16) -> (&RedisServer, &RedisServer) {
        let index = usize::from(slot / (SLOTS / 3 + 1));
        (
            &self.servers[index],
            &self.servers[(index + 1) % self.masters],
        )
    }

    /// What a key of this master may have between braces.
    pub(crate) fn tag_of(&self, master: &RedisServer) -> String {
        let mut redis = master.connect();
        let tags = (0..).map(|number| number.to_string());
        let mut is_its = |tag: &String| {
            let mut command = redis::cmd("CLUSTER");
            let slot: u16 = command.arg("KEYSLOT").arg(tag).query(&mut redis).unwrap();
            self.master_of(slot).0.port == master.port
        };
        let mut tags = tags.filter(|tag| is_its(tag));
        tags.next().unwrap()
    }

    /// Makes a server the heir of a slot.
    pub(crate) fn begin_move(&self, slot: u16) {
        let (from, to) = self.master_of(slot);
        let step = |server: &RedisServer, state: &str, other: &RedisServer| {
            let arguments = [slot.to_string(), state.to_owned(), id(other)];
            command(&mut server.connect(), "SETSLOT", &arguments);
        };
        step(to, "IMPORTING", from);
        step(from, "MIGRATING", to);
    }

    /// Moves the keys of a slot to its heir, one by one.
    pub(crate) fn move_keys(&self, slot: u16) -> usize {
        let (from, to) = self.master_of(slot);
        let mut redis = from.connect();
        let mut moved = 0;
        loop {
            let keys: Vec<Vec<u8>> = redis::cmd("CLUSTER")
                .arg("GETKEYSINSLOT")
                .arg(slot)
                .arg(1)
                .query(&mut redis)
                .unwrap();
            let Some(key) = keys.first() else {
                return moved;
            };
            let () = redis::cmd("MIGRATE")
                .arg("127.0.0.1")
                .arg(to.port)
                .arg(key)
                .arg(0)
                .arg(5_000)
                .query(&mut redis)
                .unwrap();
            moved += 1;
        }
    }

    /// Makes the heir of a slot its master.
    pub(crate) fn end_move(&self, slot: u16) {
        let (from, to) = self.master_of(slot);
        let others = self
            .masters()
            .iter()
            .filter(|one| one.port != from.port && one.port != to.port);
        for server in [to, from].into_iter().chain(others) {
            let arguments = [slot.to_string(), "NODE".to_owned(), id(to)];
            command(&mut server.connect(), "SETSLOT", &arguments);
        }
    }
}

fn start_server() -> RedisServer {
    RedisServer::start_with(|port| {
        let bus = free_port();
        format!(
            "--port {port} --cluster-enabled yes --cluster-port {bus} --cluster-node-timeout 1000 \
             --cluster-replica-validity-factor 0 --repl-diskless-sync-delay 0"
        )
        .split(' ')
        .map(str::to_owned)
        .collect()
    })
}

pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn command(redis: &mut redis::Connection, name: &str, arguments: &[String]) {
    let () = redis::cmd("CLUSTER")
        .arg(name)
        .arg(arguments)
        .query(redis)
        .unwrap();
}

fn id(server: &RedisServer) -> String {
    info(server, "CLUSTER", "MYID")
}

fn info(server: &RedisServer, command: &str, what: &str) -> String {
    redis::cmd(command)
        .arg(what)
        .query(&mut server.connect())
        .unwrap()
}

/// The lines about servers that this one has met.
fn nodes(server: &RedisServer) -> Vec<String> {
    let nodes = info(server, "CLUSTER", "NODES");
    let met = nodes.lines().filter(|line| !line.contains("handshake"));
    met.map(str::to_owned).collect()
}
