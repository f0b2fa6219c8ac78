//! The load generator: oha, which takes a file of bodies and corrects latencies for coordinated omission.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::{find_program, run_command, show, target_dir};

const VERSION: &str = "1.16.0";

/// `SALVER_OHA`, or the one in PATH, or one installed now below the target folder.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(path) = env::var_os("SALVER_OHA") {
        return Ok(PathBuf::from(path));
    }
    if let Some(path) = find_program("oha") {
        return Ok(path);
    }
    let tools = target_dir()?.join("tools");
    let program = tools.join("bin/oha");
    if !program.exists() {
        let mut install = crate::workspace::cargo();
        install.args(["install", "oha", "--locked", "--version", VERSION, "--root"]);
        install.arg(&tools);
        run_command(install.args(["--no-default-features", "--features", "rustls"]))?;
    }
    Ok(program)
}

/// What is sent, and how.
pub(crate) struct Load<'a> {
    pub(crate) oha: &'a Path,
    pub(crate) port: u16,
    /// The project that is asked; the only one where absent.
    pub(crate) project: Option<&'a str>,
    /// Whose requests they are, where somebody wants to know.
    pub(crate) token: Option<&'a str>,
    /// A body a line.
    pub(crate) bodies: &'a Path,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    /// Requests a second, whether they are answered or not; as many as are answered where absent.
    pub(crate) rate: Option<f64>,
    /// Whether it takes only what nobody else wants of the generators' core, so that another load that is sent meanwhile
    /// waits for the server and not for this.
    pub(crate) is_behind: bool,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) per_second: f64,
    pub(crate) p99_millis: f64,
    /// Requests that were answered with something else than 200, or not at all.
    pub(crate) failed: f64,
}

impl Load<'_> {
    pub(crate) fn run(&self) -> Result<Answered> {
        self.start()?.finish()
    }

    /// Starts it, to be waited for.
    pub(crate) fn start(&self) -> Result<Running> {
        let mut command = match self.is_behind {
            true => behind_the_generator(self.oha),
            false => pinned(self.oha, GENERATOR_CORE),
        };
        command.args(["--no-tui", "--output-format", "json", "-m", "POST"]);
        command
            .args(["-T", "application/json", "-Z"])
            .arg(self.bodies);
        command.args(["-c", &self.connections.to_string()]);
        command.args(["-z", &format!("{}s", self.seconds)]);
        if let Some(rate) = self.rate {
            command.args([
                "-q",
                &format!("{:.0}", rate.max(1.0)),
                "--latency-correction",
            ]);
        }
        if let Some(token) = self.token {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        let below = self.project.map(|name| format!("/projects/{name}"));
        command.arg(format!(
            "http://127.0.0.1:{}{}/get-online-features",
            self.port,
            below.unwrap_or_default()
        ));
        let shown = show(&command);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        Ok(Running {
            child: child.context("can't run oha")?,
            shown,
        })
    }
}

/// A load that is being sent.
pub(crate) struct Running {
    child: Child,
    shown: String,
}

impl Running {
    /// Whether it is still sent.
    pub(crate) fn goes_on(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    pub(crate) fn finish(self) -> Result<Answered> {
        let out = self.child.wait_with_output()?;
        if !out.status.success() {
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            bail!("`{}` failed ({}):\n{said}", self.shown, out.status);
        }
        answered(&serde_json::from_slice(&out.stdout)?)
    }
}

fn answered(told: &Value) -> Result<Answered> {
    let codes = told["statusCodeDistribution"].as_object();
    let codes = codes.with_context(|| format!("no status codes in {told}"))?;
    let count = |good: bool| {
        let of = codes.iter().filter(|(code, _)| (*code == "200") == good);
        of.filter_map(|(_, count)| count.as_f64()).sum::<f64>()
    };
    // what is under way when the time is over is broken off by oha itself
    let errors = told["errorDistribution"].as_object();
    let broken: f64 = errors.map_or(0.0, |errors| {
        let of = errors
            .iter()
            .filter(|(error, _)| !error.contains("deadline"));
        of.filter_map(|(_, count)| count.as_f64()).sum()
    });
    let total = told["summary"]["total"]
        .as_f64()
        .context("oha tells no time")?;
    let p99 = told["latencyPercentiles"]["p99"].as_f64();
    Ok(Answered {
        per_second: count(true) / total,
        p99_millis: p99.unwrap_or(f64::NAN) * 1000.0,
        failed: count(false) + broken,
    })
}

/// Servers that are measured have this core for themselves.
pub(crate) const SERVER_CORE: &str = "0";
/// The generator and Redis share the other.
pub(crate) const GENERATOR_CORE: &str = "1";

/// A program on the generator's core that takes only the time that nobody else there wants.
pub(crate) fn behind_the_generator(program: &Path) -> Command {
    if find_program("chrt").is_none() || find_program("taskset").is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("chrt");
    command.args(["--idle", "0", "taskset", "-c", GENERATOR_CORE]);
    command.arg(program);
    command
}

/// A program that stays on one core, where there is `taskset`.
pub(crate) fn pinned(program: &Path, core: &str) -> Command {
    if find_program("taskset").is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}
