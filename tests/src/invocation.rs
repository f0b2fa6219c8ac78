//! One run of a program, from arguments to exit code.

use std::{
    ffi::OsStr,
    fmt,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::deadline::poll;

/// How long one run of a program may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(300);

/// `program` with nothing of Salver's or Feast's settings from the environment of the tests.
pub(crate) fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = text.starts_with("SALVER__") || text == "SALVER_SIGNING_KEY";
        if ours || text.starts_with("FEAST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A program about to be run: no input and no terminal, and nothing of Salver's or Feast's from the
/// environment of the tests.
#[derive(Debug)]
pub struct Invocation {
    command: Command,
    stdin: String,
}

impl Invocation {
    /// `program`, run in the folder `directory`.
    #[must_use]
    pub fn new(program: &Path, directory: &Path) -> Self {
        let mut command = clean(program);
        command.current_dir(directory);
        Self {
            command,
            stdin: String::new(),
        }
    }

    /// A command as somebody has prepared it.
    #[must_use]
    pub fn of(command: Command) -> Self {
        Self {
            command,
            stdin: String::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in another folder.
    #[must_use]
    pub fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// What the program reads from its standard input: what somebody would type.
    #[must_use]
    pub fn answering(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it can't be started, or has not ended after five minutes.
    #[must_use]
    pub fn run(self) -> Outcome {
        self.start().wait(PATIENCE)
    }

    /// Runs it, without waiting for its end.
    ///
    /// # Panics
    /// When it can't be started.
    #[must_use]
    pub fn start(mut self) -> Running {
        let what = format!("{:?}", self.command);
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {what}: {error}"));
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A program that doesn't read its input closes it: no matter.
        let _ = stdin.write_all(self.stdin.as_bytes());
        let stdout = collect(child.stdout.take().expect("stdout is piped"));
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        Running {
            child,
            what,
            stdout: Some(stdout),
            stderr: Some(stderr),
        }
    }
}

type Collector = thread::JoinHandle<String>;

fn collect(mut pipe: impl Read + Send + 'static) -> Collector {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A program that is running. Killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    what: String,
    stdout: Option<Collector>,
    stderr: Option<Collector>,
}

impl Running {
    /// Whether it has not ended yet.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// SIGTERM: please end.
    pub fn terminate(&self) {
        signal(&self.child, Signal::TERM);
    }

    /// Its end, with all it printed.
    ///
    /// # Panics
    /// After `patience`.
    #[must_use]
    pub fn wait(mut self, patience: Duration) -> Outcome {
        let status = wait_for(&mut self.child, &self.what, patience);
        let printed = |collector: &mut Option<Collector>| {
            let collector = collector.take().expect("taken only here");
            collector.join().expect("the collector doesn't panic")
        };
        Outcome {
            code: status.code(),
            stdout: printed(&mut self.stdout),
            stderr: printed(&mut self.stderr),
            what: std::mem::take(&mut self.what),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Kills and reaps.
pub(crate) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

pub(crate) fn wait_for(child: &mut Child, what: &str, patience: Duration) -> ExitStatus {
    poll(&format!("the end of {what}"), patience, || {
        child.try_wait().expect("a child can be waited for")
    })
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.expect("a child has a process id");
    // Gone already: nothing to signal.
    let _ = kill_process(pid, signal);
}

/// What became of a run. Its checks return it again, so that they can be chained.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; none when a signal ended the program.
    pub code: Option<i32>,
    /// All of the standard output.
    pub stdout: String,
    /// All of the standard error.
    pub stderr: String,
    what: String,
}

impl Outcome {
    /// # Panics
    /// Unless the exit code is 0.
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// # Panics
    /// Unless the exit code is `code`.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// # Panics
    /// Unless the standard output holds `text`.
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "`{text}` isn't in stdout: {self}"
        );
        self
    }

    /// # Panics
    /// Unless the standard error holds `text`.
    pub fn complains(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "`{text}` isn't in stderr: {self}"
        );
        self
    }

    /// The standard output as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}): {self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\nexit code {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.what, self.code, self.stdout, self.stderr
        )
    }
}
