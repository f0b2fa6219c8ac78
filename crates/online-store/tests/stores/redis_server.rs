use std::{
    io::{BufRead, BufReader, ErrorKind},
    process::{Child, Command, Stdio},
};

use free_port::free_port;
use settings::{ReadFrom, RedisStore, Topology};

/// A `redis-server` of this test, killed when it goes out of scope.
pub(crate) struct RedisServer {
    child: Child,
    pub(crate) port: u16,
    /// Of a server in a cluster.
    pub(crate) bus_port: Option<u16>,
    folder: tempfile::TempDir,
    arguments: Vec<String>,
}

impl RedisServer {
    pub(crate) fn start() -> Self {
        Self::start_with(|port| vec!["--port".to_owned(), port.to_string()])
    }

    /// `arguments` makes the arguments that name the port.
    pub(crate) fn start_with(arguments: impl Fn(u16) -> Vec<String>) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let arguments = arguments(port);
        Self {
            child: spawn(&folder, &arguments),
            port,
            bus_port: value_of(&arguments, "--cluster-port"),
            folder,
            arguments,
        }
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts again on the same port, empty.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.child = spawn(&self.folder, &self.arguments);
    }

    /// Sends a signal such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let done = Command::new("kill")
            .args([&format!("-{name}"), &process])
            .status();
        assert!(done.unwrap().success());
    }

    pub(crate) fn settings(&self) -> RedisStore {
        RedisStore {
            nodes: vec![("127.0.0.1".to_owned(), self.port)],
            topology: Topology::Standalone,
            read_from: ReadFrom::Master,
            tls: None,
            username: None,
            password: None,
            db: 0,
            key_ttl_seconds: None,
            socket_timeout: None,
            socket_connect_timeout: None,
        }
    }

    /// A plain connection, to look at the bytes.
    pub(crate) fn connect(&self) -> ::redis::Connection {
        let client = ::redis::Client::open(format!("redis://127.0.0.1:{}", self.port)).unwrap();
        client.get_connection().unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn value_of(arguments: &[String], name: &str) -> Option<u16> {
    let place = arguments.iter().position(|argument| argument == name)?;
    arguments.get(place + 1)?.parse().ok()
}

/// A server that is ready.
fn spawn(folder: &tempfile::TempDir, arguments: &[String]) -> Child {
    let spawned = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(folder.path())
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = match spawned {
        Err(error) if error.kind() == ErrorKind::NotFound => panic!(
            "`redis-server` is not installed; install it with `apt-get install redis-server` or \
             `brew install redis`"
        ),
        spawned => spawned.unwrap(),
    };
    let output = child.stdout.take().expect("it was asked for");
    let ready = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("Ready to accept connections"));
    assert!(
        ready,
        "`redis-server` with {arguments:?} did not start; run it by hand to see why"
    );
    child
}
