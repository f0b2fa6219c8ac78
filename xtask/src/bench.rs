//! `cargo xtask bench`: what is claimed of speed, measured in one run on one machine, against Feast and against the
//! machine itself.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::arguments::Arguments;

mod access;
mod built;
pub(crate) mod generator;
mod load;
mod materialize;
mod measured;
mod median;
mod plugins;
mod processes;
mod projects;
mod random;
mod report;
mod repository;
mod server;
mod serving;
mod store;
mod trial;

use report::Report;
use serving::Selection;

pub(crate) struct Options {
    what: What,
    quick: bool,
    json: Option<PathBuf>,
}

const THERE_ARE: &str =
    "`access`, `materialize`, `plugins` and `projects`, and without a name serving";

enum What {
    Serving(Selection),
    Access,
    Materialize,
    Plugins,
    Projects,
}

impl Options {
    pub(crate) fn parse(args: Vec<String>) -> Result<Self> {
        let mut args = Arguments::new(args);
        let quick = args.flag("--quick");
        let json = args.value("--json")?.map(PathBuf::from);
        let only = args.value("--only")?;
        let word = args.word();
        if only.is_some() && word.is_some() {
            bail!("`--only` chooses workloads of `bench` without a name");
        }
        let what = match word.as_deref() {
            Some("access") => What::Access,
            Some("materialize") => What::Materialize,
            Some("plugins") => What::Plugins,
            Some("projects") => What::Projects,
            Some(other) => {
                bail!("no benchmark `{other}`: there are {THERE_ARE}")
            }
            None => What::Serving(Selection::parse(only.as_deref())?),
        };
        args.finish()?;
        Ok(Self { what, quick, json })
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let report = match &options.what {
        What::Serving(selection) => serving::run(options.quick, selection)?,
        What::Access => access::run(options.quick)?,
        What::Materialize => materialize::run(options.quick)?,
        What::Plugins => plugins::run(options.quick)?,
        What::Projects => projects::run(options.quick)?,
    };
    conclude(&report, options.json.as_deref())
}

fn conclude(report: &Report, json: Option<&Path>) -> Result<()> {
    println!("\n{}", report.table());
    if let Some(file) = json {
        let text = serde_json::to_string_pretty(&report.json())?;
        fs::write(file, text + "\n")
            .with_context(|| format!("can't write `{}`", file.display()))?;
    }
    let mut problems = Vec::new();
    match (report.failed(), report.not_measured()) {
        (0, _) => {}
        (failed, 0) => problems.push(format!("{failed} targets are missed")),
        (failed, unmeasured) => problems.push(format!(
            "{failed} targets are missed, {unmeasured} of them as what they are about isn't there to be measured"
        )),
    }
    let broken = report.broken().iter();
    problems.extend(broken.map(|part| format!("not measured to its end: {part}")));
    match problems.is_empty() {
        true => Ok(()),
        false => bail!("{}", problems.join("\n")),
    }
}
