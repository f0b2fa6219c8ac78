//! A program's run with the time and memory it took.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::processes::peak_kilobytes;
use crate::workspace::show;

/// How often the memory is looked at: the kernel keeps the peak, so only the last moments could be missed.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) struct Measured {
    /// From start to end.
    pub(crate) wall: Duration,
    /// The most memory that was resident at once.
    pub(crate) peak_megabytes: f64,
    /// What it printed.
    pub(crate) stdout: String,
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<Measured> {
    let shown = show(command);
    let start = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.with_context(|| format!("can't run `{shown}`"))?;
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let mut peak = 0;
    let (status, wall) = loop {
        if let Some(status) = child.try_wait()? {
            break (status, start.elapsed());
        }
        peak = peak_kilobytes(child.id()).unwrap_or_default().max(peak);
        thread::sleep(LOOK);
    };
    let printed = |collector: thread::JoinHandle<String>| collector.join().unwrap_or_default();
    let (stdout, stderr) = (printed(stdout), printed(stderr));
    if !status.success() {
        bail!("`{shown}` failed ({status}):\n{stdout}{stderr}");
    }
    #[allow(clippy::cast_precision_loss)] // kilobytes of memory are far below 2^53
    let peak_megabytes = peak as f64 * 1024.0 / 1e6;
    Ok(Measured {
        wall,
        peak_megabytes,
        stdout,
    })
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_string(&mut text);
        }
        text
    })
}
