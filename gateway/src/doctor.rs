//! `gateway doctor`: which rights the gateway holds that it should not have, found out by trying them.
//!
//! A gateway reads. Whatever else its credentials, its files and its environment allow is what somebody gains who
//! gets hold of it. `salver.require_read_only` asks the same questions when the gateway starts.

mod environment;
mod files;
mod project;

use std::{collections::BTreeMap, fmt, io::Write, process::ExitCode};

use anyhow::Result;
use settings::Loaded;

use crate::{
    accept::tls::TlsFiles,
    cli::{Cli, Doctor},
    serve::variables,
};
pub use project::examine;

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub about: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be.
    Fine,
    /// The gateway may do this, and should not.
    Excess(String),
    /// The gateway needs this, and may not.
    Missing(String),
    /// It couldn't be found out.
    Unknown(String),
}

impl Finding {
    /// About a thing.
    #[must_use]
    pub fn new(about: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            about: about.into(),
            verdict,
        }
    }

    /// Whether it speaks against serving with nothing but the right to read.
    #[must_use]
    pub fn is_against_read_only(&self) -> bool {
        matches!(self.verdict, Verdict::Excess(_) | Verdict::Unknown(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = &self.about;
        match &self.verdict {
            Verdict::Fine => write!(f, "ok       {about}"),
            Verdict::Excess(right) => write!(f, "excess   {about}: {right}"),
            Verdict::Missing(right) => write!(f, "missing  {about}: {right}"),
            Verdict::Unknown(why) => write!(f, "unknown  {about}: {why}"),
        }
    }
}

/// Tells what was found about the process and about each project. The exit code is 1 unless all is fine.
///
/// # Errors
/// Where the settings of a repository can't be read.
pub async fn run(cli: &Cli, at: &Doctor) -> Result<ExitCode> {
    let environment = variables();
    let mut sections = vec![(
        "process".to_owned(),
        of_process(&environment, at.tls.files()),
    )];
    let loaded = cli.repos().into_iter().map(|repo| {
        let loaded = settings::load_for_gateway(&repo, &environment);
        loaded.map(|Loaded { config, .. }| config)
    });
    let configs: Vec<_> = loaded.collect::<Result<_, _>>()?;
    let served: Vec<_> = configs.iter().map(|one| one.project.clone()).collect();
    for config in &configs {
        let title = format!("project {}", config.project);
        sections.push((title, examine(config, &served).await));
    }
    let is_fine = sections
        .iter()
        .flat_map(|(_, findings)| findings)
        .all(|finding| finding.verdict == Verdict::Fine);
    print(&sections)?;
    Ok(if is_fine {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What the whole process holds.
#[must_use]
pub fn of_process(environment: &BTreeMap<String, String>, tls: Option<TlsFiles>) -> Vec<Finding> {
    let mut findings = environment::examine(environment);
    findings.extend(files::of_tls(tls));
    findings
}

fn print(sections: &[(String, Vec<Finding>)]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (title, findings) in sections {
        writeln!(out, "{title}")?;
        for finding in findings {
            writeln!(out, "  {finding}")?;
        }
    }
    out.flush()
}
