//! A load generator for more requests than are answered: one thread that sends what is due when it is due.
//!
//! oha is at the end of its core where the gateway is at that of its own, so that the latencies it tells are its own. This
//! one has its requests ready as bytes, never copies a reply's body out of the system, and looks at its sockets again and
//! again instead of sleeping. It tells which share of its core it needed, and which requests it sent late.
//!
//! `cargo xtask generate-load`, which [`Load`] starts on the generators' core, is nothing for a person to type.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::load::{Precedence, Reply, on_the_generators_core, read_replies};
use crate::{arguments::Arguments, workspace::show};

mod connection;
mod head;
mod schedule;
mod sender;

use schedule::Schedule;
use sender::{Sender, Traffic};

/// The command that is this generator.
pub(crate) const COMMAND: &str = "generate-load";

/// What is sent, and where to.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) port: u16,
    /// A body a line, taken in turn.
    pub(super) bodies: &'a Path,
    pub(super) connections: u32,
    pub(super) seconds: u32,
    /// Requests a second, whether they are answered or not; on each connection as soon as there is a reply where absent.
    pub(super) rate: Option<f64>,
}

/// What came of it.
pub(super) struct Told {
    pub(super) replies: Vec<Reply>,
    /// The share of its core in which it had something to do.
    pub(super) busy: f64,
    /// The share of the requests that were due and were sent late although there was a free connection, or were never
    /// sent for the same reason.
    pub(super) late: f64,
    /// The share of those that waited for a free connection.
    pub(super) waited: f64,
}

impl Load<'_> {
    /// Sends it all, from a process of its own. `trace` is a file for what it tells.
    pub(super) fn run(&self, trace: &Path) -> Result<Told> {
        let this = env::current_exe()?;
        let mut command = on_the_generators_core(&this, Precedence::Usual);
        command.arg(COMMAND).arg("--bodies").arg(self.bodies);
        command.arg("--trace").arg(trace);
        command.args(["--port", &self.port.to_string()]);
        command.args(["--connections", &self.connections.to_string()]);
        command.args(["--seconds", &self.seconds.to_string()]);
        if let Some(rate) = self.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        let out = command.output()?;
        let said = String::from_utf8_lossy(&out.stderr);
        ensure!(out.status.success(), "`{}` failed:\n{said}", show(&command));
        let told: Value = serde_json::from_slice(&out.stdout)?;
        let share = |name: &str| {
            let share = told[name].as_f64();
            share.with_context(|| format!("no `{name}` in {told}"))
        };
        Ok(Told {
            replies: read_replies(trace)?,
            busy: share("busy")?,
            late: share("late")?,
            waited: share("waited")?,
        })
    }
}

/// What the command is told.
pub(crate) struct Options {
    port: u16,
    bodies: PathBuf,
    trace: PathBuf,
    connections: usize,
    seconds: f64,
    rate: Option<f64>,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let mut wanted = |name: &str| {
            let value = args.value(name)?;
            value.with_context(|| format!("no `{name}`"))
        };
        let options = Self {
            port: wanted("--port")?.parse()?,
            bodies: wanted("--bodies")?.into(),
            trace: wanted("--trace")?.into(),
            connections: wanted("--connections")?.parse()?,
            seconds: wanted("--seconds")?.parse()?,
            rate: args.value("--rate")?.map(|rate| rate.parse()).transpose()?,
        };
        args.finish()?;
        Ok(options)
    }
}

/// Sends what it is told to.
pub(crate) fn run(options: &Options) -> Result<()> {
    let bodies = fs::read_to_string(&options.bodies)?;
    let requests: Vec<Vec<u8>> = bodies
        .lines()
        .map(|body| request(options.port, body))
        .collect();
    ensure!(!requests.is_empty(), "there is no body");
    let schedule = Schedule::new(options.rate, options.seconds);
    let sender = Sender::connect(options.port, options.connections, &requests, schedule)?;
    let traffic = sender.run()?;
    fs::write(&options.trace, table(&traffic.replies)?)?;
    println!("{}", told(&traffic));
    Ok(())
}

fn request(port: u16, body: &str) -> Vec<u8> {
    let head = format!(
        "POST /get-online-features HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\naccept: */*\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// As oha writes it, as far as it is read.
fn table(replies: &[Reply]) -> Result<String> {
    let mut table = String::from("request-start,request-duration,status\n");
    for Reply { at, took, status } in replies {
        writeln!(table, "{at:.6},{took:.6},{status}")?;
    }
    Ok(table)
}

#[allow(clippy::cast_precision_loss)] // some millions
fn told(traffic: &Traffic) -> Value {
    let due = traffic.due.max(1) as f64;
    json!({
        "busy": traffic.busy,
        "late": traffic.late as f64 / due,
        "waited": traffic.waited as f64 / due,
    })
}

#[cfg(test)]
mod tests;
