use anyhow::bail;
use feature_model::{EntityKeyVersion, Timestamp};

use crate::{
    audit::Deed,
    cli::{MaterializeArgs, Output},
    materialize::{self, Bar, Outcome, Request, Span, ViewReport},
    printer::{Printer, note},
    repository::Repository,
};

pub(super) async fn run(
    repository: &Repository,
    span: Span,
    args: &MaterializeArgs,
    deed: &mut Deed,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let request = Request {
        views: args.views.clone(),
        span,
        strict: args.strict,
        now: Timestamp::now(),
    };
    if repository.config.entity_key_version == EntityKeyVersion::V2 {
        note(
            "warning: rows are written under keys of `entity_key_serialization_version: 2`, which Feast 0.67 \
             only reads; set 3 and load everything again when all readers can",
        );
    }
    let outcome = materialize::run(repository, &request, &Bar::default()).await?;
    for report in &outcome.loaded {
        deed.on("feature_view", &report.view);
        tell_rejected(report);
    }
    if !outcome.loaded.is_empty() || outcome.failed.is_empty() {
        print(&outcome.loaded, args.output, printer)?;
    }
    failure(outcome)
}

/// What the command ends with when some views could not be loaded.
fn failure(outcome: Outcome) -> anyhow::Result<()> {
    let views = outcome.loaded.len() + outcome.failed.len();
    let failed = outcome.failed.len();
    match failed {
        0 => Ok(()),
        1 if views == 1 => Err(outcome.failed.into_iter().next().expect("there is one")),
        _ => {
            let told: Vec<String> = outcome
                .failed
                .iter()
                .map(|error| format!("\n  {error:#}"))
                .collect();
            bail!(
                "{failed} of {views} feature views were not loaded:{}",
                told.concat()
            )
        }
    }
}

fn tell_rejected(report: &ViewReport) {
    if report.rejected == 0 {
        return;
    }
    let (view, count) = (&report.view, report.rejected);
    note(format!(
        "warning: {count} rows of feature view `{view}` can't be read and were left out:"
    ));
    for row in &report.first_rejected {
        note(format!("  {row}"));
    }
    if report.rejected > report.first_rejected.len() as u64 {
        note("  ...");
    }
}

fn print(reports: &[ViewReport], output: Output, printer: &mut Printer) -> anyhow::Result<()> {
    let rows: Vec<_> = reports
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<_, _>>()?;
    let columns = [
        ("VIEW", "view"),
        ("FROM", "start"),
        ("TO", "end"),
        ("READ", "read"),
        ("WRITTEN", "written"),
        ("STALE", "stale"),
        ("REJECTED", "rejected"),
    ];
    printer.rows(output, &columns, &rows)
}
