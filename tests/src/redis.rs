//! A Redis of the test's own.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use free_port::free_port;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    certificates::Certificates,
    deadline::poll,
    invocation::{end, signal, wait_for},
    programs::redis_server,
    resp::{self, Resp},
};

const PATIENCE: Duration = Duration::from_secs(60);
const LOG: &str = "redis.log";
const USERS: &str = "users.acl";

/// What is asked of a Redis.
#[derive(Clone, Copy, Debug, Default)]
pub struct RedisOptions {
    /// The password of the default user.
    pub password: Option<&'static str>,
    /// TLS only, with a certificate for `localhost`, asking clients for one of the same authority
    /// when `client_certificate` is set.
    pub tls: bool,
    /// Refuse clients that show no certificate.
    pub client_certificate: bool,
    /// One of the servers of a cluster: see [`crate::RedisCluster`].
    pub in_cluster: bool,
}

/// The `online_store` section of a `feature_store.yaml` for a Redis.
#[must_use]
pub fn online_store_yaml(connection_string: &str) -> String {
    format!("online_store:\n  type: redis\n  connection_string: \"{connection_string}\"\n")
}

fn new_folder() -> TempDir {
    tempfile::tempdir().expect("the system has a folder for temporary files")
}

/// A Redis on a free port with its files in a temporary folder. Killed when dropped.
#[derive(Debug)]
pub struct Redis {
    child: Option<Child>,
    port: u16,
    /// Where the servers of a cluster talk to each other.
    bus_port: u16,
    options: RedisOptions,
    certificates: Option<Certificates>,
    folder: TempDir,
}

impl Redis {
    /// A plain one.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(RedisOptions::default())
    }

    /// One with a password, or TLS.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start_with(options: RedisOptions) -> Self {
        Self::start_in(new_folder(), options)
    }

    /// The same, with users as Redis' ACL file has them.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start_with_users(options: RedisOptions, users: &str) -> Self {
        let folder = new_folder();
        fs::write(folder.path().join(USERS), users).expect("the folder is writable");
        Self::start_in(folder, options)
    }

    fn start_in(folder: TempDir, options: RedisOptions) -> Self {
        let mut redis = Self {
            child: None,
            port: free_port(),
            bus_port: free_port(),
            options,
            certificates: options.tls.then(|| Certificates::make(folder.path())),
            folder,
        };
        redis.start_again();
        redis
    }

    /// Where it listens: `localhost:PORT`, as in a `connection_string`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port on which the servers of a cluster talk to it.
    #[must_use]
    pub fn bus_port(&self) -> u16 {
        self.bus_port
    }

    /// The certificates it was started with.
    ///
    /// # Panics
    /// When it was started without TLS.
    #[must_use]
    pub fn certificates(&self) -> &Certificates {
        self.certificates.as_ref().expect("started with TLS")
    }

    /// The `online_store` section of a `feature_store.yaml`, for Salver and for Feast.
    #[must_use]
    pub fn online_store_yaml(&self) -> String {
        online_store_yaml(&self.connection_string())
    }

    /// Feast's `connection_string`, with password and TLS when there are.
    #[must_use]
    pub fn connection_string(&self) -> String {
        let mut parts = vec![self.address()];
        if let Some(password) = self.options.password {
            parts.push(format!("password={password}"));
        }
        if let Some(certificates) = &self.certificates {
            parts.push("ssl=true".to_owned());
            parts.push(format!("ssl_ca_certs={}", certificates.authority.display()));
        }
        parts.join(",")
    }

    /// One command, on a connection of its own (without TLS).
    ///
    /// # Panics
    /// When it can't be sent, or Redis answers with an error.
    #[must_use]
    pub fn command(&self, words: &[&[u8]]) -> Resp {
        let reply = self.try_command(words);
        let reply = reply.unwrap_or_else(|error| panic!("redis doesn't answer: {error}"));
        assert!(!matches!(reply, Resp::Error(_)), "{reply:?}");
        reply
    }

    /// One command of a user, on a connection of its own (without TLS); an error is a reply too.
    ///
    /// # Panics
    /// When it can't be sent, or the user can't log in.
    #[must_use]
    pub fn command_of(&self, user: &str, password: &str, words: &[&[u8]]) -> Resp {
        let ask = || -> std::io::Result<(Resp, Resp)> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let login = [b"AUTH", user.as_bytes(), password.as_bytes()];
            let login = resp::command(&mut stream, &login)?;
            Ok((login, resp::command(&mut stream, words)?))
        };
        let (login, reply) = ask().unwrap_or_else(|error| panic!("redis doesn't answer: {error}"));
        assert_eq!(login, Resp::Simple("OK".to_owned()), "login of `{user}`");
        reply
    }

    /// All keys.
    #[must_use]
    pub fn keys(&self) -> Vec<Vec<u8>> {
        let reply = self.command(&[b"KEYS", b"*"]);
        let keys = reply.items().iter().filter_map(Resp::bytes);
        keys.map(<[u8]>::to_vec).collect()
    }

    fn try_command(&self, words: &[&[u8]]) -> std::io::Result<Resp> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        if let Some(password) = self.options.password {
            resp::command(&mut stream, &[b"AUTH", password.as_bytes()])?;
        }
        resp::command(&mut stream, words)
    }

    /// Ends it, its data saved.
    ///
    /// # Panics
    /// When it doesn't end.
    pub fn stop(&mut self) {
        let mut child = self.child.take().expect("it is running");
        signal(&child, Signal::TERM);
        let _ = wait_for(&mut child, "redis-server", PATIENCE);
    }

    /// Starts it again after [`Self::stop`], on the same port and with the same data.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start_again(&mut self) {
        assert!(
            self.try_start(),
            "redis-server doesn't start:\n{}",
            self.log()
        );
    }

    /// SIGSTOP: connections stay open, nothing is answered any more.
    pub fn freeze(&self) {
        signal(self.child.as_ref().expect("it is running"), Signal::STOP);
    }

    /// SIGCONT after [`Self::freeze`].
    pub fn thaw(&self) {
        signal(self.child.as_ref().expect("it is running"), Signal::CONT);
    }

    fn try_start(&mut self) -> bool {
        let log = File::create(self.folder.path().join(LOG)).expect("the folder is writable");
        let child = self.server().stdin(Stdio::null()).stdout(log).spawn();
        let child = self.child.insert(child.expect("redis-server can be run"));
        let log = self.folder.path().join(LOG);
        poll("redis-server to start", PATIENCE, || {
            let said = fs::read_to_string(&log).unwrap_or_default();
            if said.contains("Ready to accept connections") {
                return Some(true);
            }
            let ended = child.try_wait().expect("a child can be waited for");
            ended.map(|_| false)
        })
    }

    fn server(&self) -> Command {
        let mut server = Command::new(redis_server());
        server.current_dir(self.folder.path());
        // Saved on SIGTERM only.
        server.args(["--bind", "127.0.0.1", "--save", "3600 1000000"]);
        server.args(["--appendonly", "no"]);
        if let Some(password) = self.options.password {
            server.args(["--requirepass", password]);
        }
        if self.options.in_cluster {
            server.args(["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]);
            server.args(["--cluster-port", &self.bus_port.to_string()]);
            server.args(["--repl-diskless-sync-delay", "0"]);
        }
        let users = self.folder.path().join(USERS);
        if users.exists() {
            server.arg("--aclfile").arg(users);
        }
        let port = self.port.to_string();
        let Some(certificates) = &self.certificates else {
            server.args(["--port", &port]);
            return server;
        };
        let clients = if self.options.client_certificate {
            "yes"
        } else {
            "no"
        };
        server.args([
            "--port",
            "0",
            "--tls-port",
            &port,
            "--tls-auth-clients",
            clients,
        ]);
        server
            .arg("--tls-ca-cert-file")
            .arg(&certificates.authority);
        server
            .arg("--tls-cert-file")
            .arg(&certificates.server.certificate);
        server.arg("--tls-key-file").arg(&certificates.server.key);
        server
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restarted_redis_has_its_data_and_its_port() {
        let mut redis = Redis::start();
        let port = redis.port();
        let _ = redis.command(&[b"SET", b"key", b"value"]);
        redis.stop();
        redis.start_again();
        assert_eq!(redis.port(), port);
        assert_eq!(
            redis.command(&[b"GET", b"key"]).bytes(),
            Some(&b"value"[..])
        );
    }

    #[test]
    fn tls_and_a_password_are_in_the_connection_string() {
        let redis = Redis::start_with(RedisOptions {
            password: Some("geheim"),
            tls: true,
            client_certificate: true,
            in_cluster: false,
        });
        let string = redis.connection_string();
        assert!(string.contains(",password=geheim,ssl=true,ssl_ca_certs=/"));
    }
}
