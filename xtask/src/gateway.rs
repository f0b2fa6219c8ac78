//! A running gateway.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{demo::request, workspace::show};

const PATIENCE: Duration = Duration::from_secs(30);

/// A running gateway. Killed when dropped: it only reads, so nothing is lost.
pub(crate) struct Gateway {
    child: Child,
    port: u16,
}

impl Gateway {
    /// Starts it and waits until it is ready. Port 0: any free one.
    pub(crate) fn start(program: &Path, repo: &Path, port: u16) -> Result<Self> {
        Self::start_as(Command::new(program), repo, port)
    }

    /// The same by a command that takes the gateway's arguments.
    pub(crate) fn start_as(mut command: Command, repo: &Path, port: u16) -> Result<Self> {
        command
            .arg("-c")
            .arg(repo)
            .args(["serve", "--port", &port.to_string()]);
        Self::launch(command)
    }

    /// By a command that needs no arguments any more: the gateway, or something that stands for it.
    pub(crate) fn launch(mut command: Command) -> Result<Self> {
        println!("    $ {}", show(&command));
        let child = command.stdout(Stdio::piped()).spawn();
        let mut gateway = Self {
            child: child.context("can't run the gateway")?,
            port: 0,
        };
        gateway.port = gateway.read_port()?;
        gateway.wait_ready()?;
        Ok(gateway)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// From its only line on stdout: `listening on http://127.0.0.1:PORT`.
    fn read_port(&mut self) -> Result<u16> {
        let stdout = self.child.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line
            .trim()
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        port.with_context(|| {
            format!(
                "the gateway doesn't say where it listens: `{}`",
                line.trim()
            )
        })
    }

    fn wait_ready(&mut self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            let reply = request::get(self.port, "/ready");
            if reply.as_ref().is_ok_and(|reply| reply.status == 200) {
                return Ok(());
            }
            if let Some(status) = self.ended()? {
                bail!("the gateway ended at once ({status})");
            }
            if Instant::now() > end {
                bail!("the gateway is not ready after {PATIENCE:?}: {reply:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
