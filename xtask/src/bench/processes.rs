//! What running processes have used, by Linux's `/proc`.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::workspace::{find_program, run_quietly};

/// Processor time of a process and its threads so far: fields 14 and 15 of `/proc/PID/stat`, in hundredths of a second.
pub(crate) fn cpu_seconds(process: u32) -> Result<f64> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("can't read `{path}`"))?;
    // the program's name, in brackets, may have spaces
    let (_, fields) = stat.rsplit_once(')').context("a name in brackets")?;
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

/// `VmHWM`: the highest resident size so far, in kilobytes.
pub(crate) fn peak_kilobytes(process: u32) -> Option<u64> {
    kilobytes(process, "VmHWM:")
}

/// `VmRSS`: the resident size, in kilobytes.
pub(crate) fn resident_kilobytes(process: u32) -> Option<u64> {
    kilobytes(process, "VmRSS:")
}

fn kilobytes(process: u32, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A process, those that it started, those that these started, and so on: a server may only watch the processes that
/// serve.
pub(crate) fn family(process: u32) -> Vec<u32> {
    let mut all = vec![process];
    let mut looked_at = 0;
    while let Some(next) = all.get(looked_at).copied() {
        all.extend(children(next));
        looked_at += 1;
    }
    all
}

fn children(process: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    let of_thread = |thread: &Path| fs::read_to_string(thread.join("children")).unwrap_or_default();
    let told: String = threads
        .flatten()
        .map(|thread| of_thread(&thread.path()) + " ")
        .collect();
    told.split_whitespace()
        .filter_map(|process| process.parse().ok())
        .collect()
}

/// Moves a process with all its threads to other cores, where there is `taskset`.
pub(crate) fn move_to(process: u32, cores: &str) -> Result<()> {
    if find_program("taskset").is_none() {
        return Ok(());
    }
    let mut command = Command::new("taskset");
    run_quietly(command.args(["-a", "-c", "-p", cores, &process.to_string()]))
}

/// Sends a process a signal, by its name.
pub(crate) fn signal(process: u32, name: &str) -> Result<()> {
    run_quietly(Command::new("kill").args(["-s", name, &process.to_string()]))
}

#[cfg(test)]
mod tests {
    use std::process::{self, Command};

    use super::{cpu_seconds, family, peak_kilobytes, resident_kilobytes};

    #[test]
    fn a_child_is_of_the_family_and_has_used_something() {
        let mut child = Command::new("cat")
            .stdin(process::Stdio::piped())
            .spawn()
            .unwrap();
        assert!(family(process::id()).contains(&child.id()));
        assert!(!family(child.id()).contains(&process::id()));
        assert!(cpu_seconds(child.id()).unwrap() >= 0.0);
        let resident = resident_kilobytes(process::id()).unwrap();
        assert!(resident > 0 && resident <= peak_kilobytes(process::id()).unwrap());
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
