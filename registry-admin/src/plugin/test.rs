//! `plugin test`: what a component computes, against what a file of cases says.

mod cases;
mod check;
mod equal;
mod shape;
mod show;
mod typed;

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::component::ComponentArgs;
use crate::printer::Printer;

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    #[command(flatten)]
    component: ComponentArgs,
    /// The file of cases.
    #[arg(long, value_name = "FILE")]
    cases: PathBuf,
}

pub(super) fn run(args: &TestArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let cases = cases::read(&args.cases)?;
    let component = args.component.open()?;
    let prepared = check::prepare(&component, &cases)?;
    let mut failed = 0_usize;
    for case in &prepared {
        let differences = check::run(case);
        let verdict = if differences.is_empty() {
            "ok"
        } else {
            "FAILED"
        };
        printer.line(format!("{verdict:6} {}", case.name()))?;
        for difference in &differences {
            printer.line(format!("         {difference}"))?;
        }
        failed += usize::from(!differences.is_empty());
    }
    let all = prepared.len();
    if failed > 0 {
        bail!("{failed} of {all} cases failed");
    }
    printer.line(format!("{all} cases passed"))
}
