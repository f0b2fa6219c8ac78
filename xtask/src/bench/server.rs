//! Feast's own feature server.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::load::{SERVER_CORE, pinned};
use crate::demo::request;

const PATIENCE: Duration = Duration::from_secs(60);

/// `feast serve` with one worker. Killed when dropped.
pub(crate) struct FeastServer {
    child: Child,
    port: u16,
}

impl FeastServer {
    /// Starts it and waits until it answers.
    pub(crate) fn start(python: &Path, repo: &Path) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let mut command: Command = pinned(python, SERVER_CORE);
        command
            .current_dir(repo)
            .args(["-c", "from feast.cli.cli import cli; cli()", "serve"])
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args([
                "--workers",
                "1",
                "--no-access-log",
                "--max-requests",
                "1000000000",
            ])
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
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of a process and its threads so far: fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second.
pub(crate) fn cpu_seconds(process: u32) -> Result<f64> {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("can't read `{path}`"))?;
    // the program's name, in brackets, may have spaces
    let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}
