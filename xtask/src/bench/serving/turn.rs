//! A server under load for some seconds, and what that took.

use anyhow::{Context, Result, ensure};

use crate::bench::{
    load::{Answered, Load},
    median::median,
    processes::{cpu_seconds, family, peak_kilobytes},
};

/// What one turn tells. Processor time is in seconds a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) per_second: f64,
    pub(super) p50_millis: f64,
    pub(super) p99_millis: f64,
    pub(super) p999_millis: f64,
    /// The share of one core that the server used: below 0.9 something else was the limit.
    pub(super) busy: f64,
    pub(super) server_cpu: f64,
    pub(super) redis_cpu: f64,
    /// Of a reply.
    pub(super) bytes: f64,
    pub(super) answered: f64,
    pub(super) failed: f64,
}

/// The processes that a turn costs something.
#[derive(Clone, Copy)]
pub(super) struct Payers {
    /// The server, with all processes that it started.
    pub(super) server: u32,
    pub(super) redis: u32,
}

impl Payers {
    /// Processor seconds of the server and of Redis so far.
    fn used(self) -> Result<(f64, f64)> {
        let of_server = family(self.server).into_iter().map(cpu_seconds);
        Ok((of_server.sum::<Result<f64>>()?, cpu_seconds(self.redis)?))
    }

    /// The most that was resident of the server's processes.
    pub(super) fn peak_megabytes(self) -> Result<f64> {
        let peaks = family(self.server).into_iter().map(peak_kilobytes);
        let peak = peaks.sum::<Option<u64>>();
        let peak = peak.context("the system doesn't tell how much memory a process has")?;
        #[allow(clippy::cast_precision_loss)] // kilobytes of memory are far below 2^53
        Ok(peak as f64 * 1024.0 / 1e6)
    }

    /// A load of which nothing fails.
    pub(super) fn turn(self, load: &Load<'_>) -> Result<Turn> {
        let turn = self.any_turn(load)?;
        ensure!(turn.failed == 0.0, "{} requests have failed", turn.failed);
        ensure!(turn.answered > 0.0, "no request was answered");
        Ok(turn)
    }

    /// A load of which something may fail.
    pub(super) fn any_turn(self, load: &Load<'_>) -> Result<Turn> {
        let before = self.used()?;
        let answered = load.run()?;
        let after = self.used()?;
        Ok(Turn::of(answered, after.0 - before.0, after.1 - before.1))
    }
}

impl Turn {
    fn of(answered: Answered, server_seconds: f64, redis_seconds: f64) -> Self {
        Self {
            per_second: answered.per_second,
            p50_millis: answered.p50_millis,
            p99_millis: answered.p99_millis,
            p999_millis: answered.p999_millis,
            busy: server_seconds / answered.seconds,
            server_cpu: server_seconds / answered.count,
            redis_cpu: redis_seconds / answered.count,
            bytes: answered.bytes,
            answered: answered.count,
            failed: answered.failed,
        }
    }
}

/// The median of one part of some turns.
pub(super) fn middle(turns: &[Turn], part: impl Fn(&Turn) -> f64) -> f64 {
    median(turns.iter().map(part))
}
