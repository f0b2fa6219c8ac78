//! The load generator: oha, which takes a file of bodies and corrects latencies for coordinated omission.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::workspace::{find_program, run_command, show, target_dir};

mod traced;

pub(crate) use traced::{Reply, Traced, read_replies};

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
    /// The media type that is asked for, where it isn't the usual one.
    pub(crate) accept: Option<&'a str>,
    /// A body a line.
    pub(crate) bodies: &'a Path,
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
    /// Requests a second, whether they are answered or not; as many as are answered where absent.
    pub(crate) rate: Option<f64>,
    pub(crate) precedence: Precedence,
}

/// Who goes first on the generators' core. What is measured goes ahead of everything that is sent beside it, so that it
/// waits for the server and not for the others' programs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precedence {
    /// Ahead of generators: a store that they wait for.
    First,
    Ahead,
    Usual,
    /// Takes only what nobody else wants.
    Behind,
}

impl Precedence {
    /// As `chrt` has it; first and ahead need a privilege.
    fn policy(self) -> Option<[&'static str; 2]> {
        match self {
            Self::First => Some(["--fifo", "60"]),
            Self::Ahead => Some(["--fifo", "50"]),
            Self::Usual => None,
            Self::Behind => Some(["--idle", "0"]),
        }
    }
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    /// Requests that were answered with 200.
    pub(crate) count: f64,
    pub(crate) per_second: f64,
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
    pub(crate) p999_millis: f64,
    /// Of a reply, without its head.
    pub(crate) bytes: f64,
    /// From the first request to the last reply.
    pub(crate) seconds: f64,
    /// Requests that were answered with something else than 200, or not at all.
    pub(crate) failed: f64,
}

impl Load<'_> {
    pub(crate) fn run(&self) -> Result<Answered> {
        self.start()?.finish()
    }

    /// Starts it, to be waited for.
    pub(crate) fn start(&self) -> Result<Running> {
        self.start_as(&["--output-format", "json"])
    }

    /// Starts it, to be looked at reply by reply; `file` is where the generator puts them.
    pub(crate) fn start_traced(&self, file: PathBuf) -> Result<Traced> {
        let path = file.to_string_lossy().into_owned();
        let running = self.start_as(&["--output-format", "csv", "-o", &path])?;
        Ok(Traced::begun(running, file))
    }

    fn start_as(&self, output: &[&str]) -> Result<Running> {
        let mut command = on_the_generators_core(self.oha, self.precedence);
        // the gateway would compress large replies, and nobody else does
        command.args(["--no-tui", "--disable-compression"]);
        command.args(output).args(["-m", "POST"]);
        command
            .args(["-T", "application/json", "-Z"])
            .arg(self.bodies);
        command.args(["-c", &self.connections.to_string()]);
        command.args(["-z", &format!("{}s", self.seconds)]);
        match self.rate {
            Some(rate) => {
                let rate = format!("{:.0}", rate.max(1.0));
                command.args(["-q", &rate, "--latency-correction"]);
            }
            // a slow server has done a part of what is under way when the time is over
            None => {
                command.arg("-w");
            }
        }
        if let Some(token) = self.token {
            command.args(["-H", &format!("Authorization: Bearer {token}")]);
        }
        if let Some(accept) = self.accept {
            command.args(["-A", accept]);
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
            child: Some(child.context("can't run oha")?),
            shown,
        })
    }
}

/// A load that is being sent, until it is over or dropped.
pub(crate) struct Running {
    child: Option<Child>,
    shown: String,
}

impl Running {
    /// Whether it is still sent.
    pub(crate) fn goes_on(&mut self) -> Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    pub(crate) fn finish(self) -> Result<Answered> {
        answered(&serde_json::from_str(&self.printed()?)?)
    }

    fn printed(mut self) -> Result<String> {
        let child = self.child.take().context("oha was ended")?;
        let out = child.wait_with_output()?;
        if !out.status.success() {
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            bail!("`{}` failed ({}):\n{said}", self.shown, out.status);
        }
        Ok(String::from_utf8(out.stdout)?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // it may be over already
            let _ = child.kill();
            let _ = child.wait();
        }
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
    let millis = |name: &str| {
        let seconds = told["latencyPercentiles"][name].as_f64();
        seconds.unwrap_or(f64::NAN) * 1000.0
    };
    let bytes = told["summary"]["sizePerRequest"].as_f64();
    Ok(Answered {
        count: count(true),
        per_second: count(true) / total,
        p50_millis: millis("p50"),
        p99_millis: millis("p99"),
        p999_millis: millis("p99.9"),
        bytes: bytes.unwrap_or(f64::NAN),
        seconds: total,
        failed: count(false) + broken,
    })
}

/// Refuses a load of which something has failed.
pub(crate) fn none_failed(answered: Answered) -> Result<Answered> {
    let failed = answered.failed;
    ensure!(failed == 0.0, "{failed} requests have failed");
    let is_told = answered.p99_millis.is_finite();
    is_told
        .then_some(answered)
        .context("the generator tells no p99")
}

/// Servers that are measured have this core for themselves.
pub(crate) const SERVER_CORE: &str = "0";
/// The generator and Redis share the other.
pub(crate) const GENERATOR_CORE: &str = "1";

/// A program on the generators' core, in its place there as far as this user may say so.
pub(crate) fn on_the_generators_core(program: &Path, precedence: Precedence) -> Command {
    let pinned = pinned(program, GENERATOR_CORE);
    let Some(policy) = precedence.policy().filter(|policy| is_allowed(policy)) else {
        return pinned;
    };
    let mut command = Command::new("chrt");
    command.args(policy).arg(pinned.get_program());
    command.args(pinned.get_args());
    command
}

fn is_allowed(policy: &[&str]) -> bool {
    let mut tried = Command::new("chrt");
    tried.args(policy).arg("true");
    tried.stdout(Stdio::null()).stderr(Stdio::null());
    tried.status().is_ok_and(|status| status.success())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::answered;

    #[test]
    fn what_the_generator_breaks_off_itself_has_not_failed() {
        let told = json!({
            "summary": {"total": 2.0, "sizePerRequest": 600},
            "statusCodeDistribution": {"200": 100, "503": 3},
            "errorDistribution": {"aborted due to deadline": 8, "connection closed": 2},
            "latencyPercentiles": {"p50": 0.001, "p99": 0.004, "p99.9": null},
        });
        let answered = answered(&told).unwrap();
        assert!((answered.per_second - 50.0).abs() < 1e-9);
        assert!((answered.failed - 5.0).abs() < 1e-9);
        assert!((answered.p99_millis - 4.0).abs() < 1e-9);
        assert!(answered.p999_millis.is_nan());
        assert!((answered.bytes - 600.0).abs() < 1e-9);
    }
}
