//! Feast's own feature server.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::{
    load::pinned,
    processes::{family, signal},
};
use crate::demo::request;

const PATIENCE: Duration = Duration::from_secs(60);

/// How many processes serve, and on which cores.
#[derive(Clone, Copy)]
pub(crate) struct Workers {
    pub(crate) count: u32,
    pub(crate) cores: &'static str,
}

/// `feast serve`. Killed when dropped.
pub(crate) struct FeastServer {
    child: Child,
    port: u16,
}

impl FeastServer {
    /// Starts it and waits until it answers.
    pub(crate) fn start(python: &Path, repo: &Path, workers: Workers) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let mut command: Command = pinned(python, workers.cores);
        command
            .current_dir(repo)
            .args(["-c", "from feast.cli.cli import cli; cli()", "serve"])
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--workers", &workers.count.to_string()])
            // what would hold requests up now and then
            .args(["--no-access-log", "--max-requests", "1000000000"])
            .args(["--registry_ttl_sec", "86400"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut server = Self {
            child: command.spawn().context("can't run `feast serve`")?,
            port,
        };
        server.wait()?;
        Ok(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while !request::get(self.port, "/health").is_ok_and(|reply| reply.status == 200) {
            if let Some(status) = self.child.try_wait()? {
                bail!("`feast serve` ended at once ({status})");
            }
            if Instant::now() > end {
                bail!("`feast serve` doesn't answer after {PATIENCE:?}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for FeastServer {
    fn drop(&mut self) {
        // the processes that serve don't end with the one that watches them
        let all = family(self.process());
        let _ = self.child.kill();
        for process in all.into_iter().skip(1) {
            let _ = signal(process, "KILL");
        }
        let _ = self.child.wait();
    }
}
