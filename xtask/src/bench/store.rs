//! An empty store for each measured run.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::load::{Precedence, on_the_generators_core, pinned};

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Redis,
    Sqlite,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Sqlite => "SQLite",
        }
    }
}

/// A running Redis with nothing in it. Killed when dropped.
pub(crate) struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        Self::start_as(Command::new(program), folder)
    }

    /// The same, on the generators' core.
    pub(crate) fn start_in(program: &Path, folder: &Path, precedence: Precedence) -> Result<Self> {
        Self::start_as(on_the_generators_core(program, precedence), folder)
    }

    /// The same, on one core.
    pub(crate) fn start_on(program: &Path, folder: &Path, core: &str) -> Result<Self> {
        Self::start_as(pinned(program, core), folder)
    }

    fn start_as(mut command: Command, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let child = command
            .current_dir(folder)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn();
        let mut redis = Self {
            child: child.context("can't run redis-server")?,
            port,
        };
        redis.wait()?;
        Ok(redis)
    }

    pub(crate) fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn wait(&mut self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() > end {
                bail!("redis-server doesn't start on port {}", self.port);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
