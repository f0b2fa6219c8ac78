//! A running gateway.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::fs::FileExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    deadline::poll,
    http::{self, Reply},
    invocation::{clean, end, signal, wait_for},
    programs::binary,
    repo::Repo,
};

/// As long as a large plugin takes to be compiled on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);
const FEATURES: &str = "/get-online-features";

/// How a gateway is to be started.
#[derive(Debug)]
pub struct GatewayCommand {
    command: Command,
}

impl GatewayCommand {
    /// `gateway -c REPO serve --port 0`
    #[must_use]
    pub fn new(repo: &Path) -> Self {
        let mut command = clean(&binary("gateway"));
        command.arg("-c").arg(repo).args(["serve", "--port", "0"]);
        command.current_dir(repo);
        Self { command }
    }

    /// A command as somebody has prepared it.
    #[must_use]
    pub fn of(command: Command) -> Self {
        Self { command }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it and waits until it listens, ready or not.
    ///
    /// # Panics
    /// When it ends instead, or says nothing for 240 seconds.
    #[must_use]
    pub fn start(mut self) -> Gateway {
        let log = Log::new();
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.writer())
            .spawn()
            .expect("the gateway has been built");
        let first = first_line(child.stdout.take().expect("stdout is piped"));
        let Some(address) = first.as_deref().and_then(address_in) else {
            end(&mut child);
            let log = log.lines();
            panic!("the gateway doesn't say where it listens: {first:?}\n--- log\n{log}");
        };
        Gateway {
            child,
            address,
            log,
        }
    }
}

/// What a program has written to stderr: a file, in which a line is as soon as the program has written it.
#[derive(Debug)]
struct Log(File);

impl Log {
    fn new() -> Self {
        Self(tempfile::tempfile().expect("the system has a folder for temporary files"))
    }

    fn writer(&self) -> Stdio {
        self.0.try_clone().expect("a descriptor is left").into()
    }

    /// The lines that are whole.
    fn lines(&self) -> String {
        let mut log = Vec::new();
        let mut piece = [0; 8192];
        let mut read = |begin: &mut Vec<u8>| {
            // the program writes at the place where a plain read would go on
            let length = self.0.read_at(&mut piece, begin.len() as u64);
            let length = length.expect("the file can be read");
            begin.extend_from_slice(&piece[..length]);
            length
        };
        while read(&mut log) > 0 {}
        let whole = log.iter().rposition(|byte| *byte == b'\n');
        log.truncate(whole.map_or(0, |end| end + 1));
        String::from_utf8_lossy(&log).into_owned()
    }
}

/// The first line, and the rest read away so that the program never blocks.
fn first_line(stdout: impl Read + Send + 'static) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver.recv_timeout(PATIENCE).ok()
}

/// `listening on http://127.0.0.1:PORT`, or with `https`
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("://")?;
    address.trim_end_matches('/').parse().ok()
}

/// A running gateway on a free port. Killed when dropped.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    address: SocketAddr,
    log: Log,
}

impl Gateway {
    /// Serves a repository, and waits until `/ready` answers 200.
    ///
    /// # Panics
    /// When it isn't ready after 240 seconds.
    #[must_use]
    pub fn start(repo: &Repo) -> Self {
        Self::start_at(repo.path())
    }

    /// [`Self::start`] on any folder.
    ///
    /// # Panics
    /// As [`Self::start`].
    #[must_use]
    pub fn start_at(repo: &Path) -> Self {
        let gateway = GatewayCommand::new(repo).start();
        gateway.wait_ready();
        gateway
    }

    /// Waits until `/ready` answers 200.
    ///
    /// # Panics
    /// When it doesn't within 240 seconds.
    pub fn wait_ready(&self) {
        self.wait_for_ready_status(200);
    }

    /// Waits until `/ready` answers `status`.
    ///
    /// # Panics
    /// When it doesn't within 240 seconds.
    pub fn wait_for_ready_status(&self, status: u16) -> Reply {
        let what = format!("/ready to answer {status}; log:\n{}", self.log());
        poll(&what, PATIENCE, || {
            let reply = self.try_get("/ready")?;
            (reply.status == status).then_some(reply)
        })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The memory of its process that is resident now, in KiB.
    ///
    /// # Panics
    /// When it has ended, or the system doesn't tell.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(file).expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib = kib.and_then(|kib| kib.parse().ok());
        kib.unwrap_or_else(|| panic!("no `VmRSS` in {status}"))
    }

    /// The lines it has logged so far. What it logs before it answers is there with the answer.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lines()
    }

    /// `GET path`
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "")
    }

    /// `GET path`, if anybody answers.
    #[must_use]
    pub fn try_get(&self, path: &str) -> Option<Reply> {
        http::request("GET", &format!("{}{path}", self.url()), &[], "").ok()
    }

    /// `POST /get-online-features` with a JSON body, in the configured layout.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn features(&self, body: &Value) -> Reply {
        self.post(body.to_string())
    }

    /// [`Self::features`] in Feast's own layout, one result for each feature.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn columns(&self, body: &Value) -> Reply {
        let layout = [("salver-response-layout", "columns")];
        self.send("POST", FEATURES, &layout, body.to_string())
    }

    /// `POST /get-online-features` with a body of any bytes and no content type.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn post(&self, body: impl Into<Vec<u8>>) -> Reply {
        self.send("POST", FEATURES, &[], body)
    }

    /// Any request.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Reply {
        http::request(method, &format!("{}{path}", self.url()), headers, body)
            .unwrap_or_else(|error| panic!("no answer: {error:?}\n--- log\n{}", self.log()))
    }

    /// Sends bytes as they are; what comes back until the gateway closes.
    #[must_use]
    pub fn send_raw(&self, bytes: &[u8]) -> String {
        http::send_raw(self.address, bytes)
    }

    /// SIGTERM: finish what was accepted, then end.
    pub fn terminate(&self) {
        signal(&self.child, Signal::TERM);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it is still running after 240 seconds.
    #[must_use]
    pub fn wait(&mut self) -> ExitStatus {
        wait_for(&mut self.child, "the gateway", PATIENCE)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        end(&mut self.child);
        if thread::panicking() {
            // Shown by the test runner beside the failure.
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("--- log of the gateway\n{}\n", self.log()).as_bytes(),
            );
        }
    }
}
