use access::{Decision, Principal, Scopes};
use serde_json::{Value, json};

use crate::{
    cli::{AccessCheckArgs, Output},
    exit::Exit,
    printer::{Printer, note},
    rights::{Found, ObjectName, Rights},
};

/// The decision for each object that the action needs, as the gateway would make it.
pub(super) fn run(
    rights: &Rights,
    args: &AccessCheckArgs,
    printer: &mut Printer,
) -> anyhow::Result<Exit> {
    let principal = Principal::new(&args.subject)
        .with_groups(&args.groups)
        .with_roles(&args.roles)
        .with_scopes(Scopes::of(args.scopes.iter().map(String::as_str)));
    let needed = rights.needed(args.action, &args.object);
    let decided: Vec<(Found<'_>, Decision)> = needed
        .into_iter()
        .map(|found| {
            let decision = rights
                .rules
                .decide(&principal, args.action, &found.resource);
            (found, decision)
        })
        .collect();
    let is_allowed = is_allowed(&decided);
    tell_doubts(rights, args, &decided);
    match args.output {
        Output::Json => printer.json(&described(rights, args, &decided))?,
        Output::Table => print(&decided, printer)?,
    }
    Ok(if is_allowed { Exit::Done } else { Exit::Denied })
}

/// A view that is computed from one that isn't there can't be read.
fn is_allowed(decided: &[(Found<'_>, Decision)]) -> bool {
    let mut sources = decided.iter().skip(1);
    sources.all(|(found, _)| found.exists)
        && decided.iter().all(|(_, decision)| decision.is_allowed())
}

fn print(decided: &[(Found<'_>, Decision)], printer: &mut Printer) -> anyhow::Result<()> {
    if let [(_, decision)] = decided {
        return printer.line(decision.to_string());
    }
    for (index, (found, decision)) in decided.iter().enumerate() {
        let object = found.resource.id();
        if index > 0 && !found.exists {
            printer.line(format!(
                "{object}: denied: the project has none of that name"
            ))?;
        } else {
            printer.line(format!("{object}: {decision}"))?;
        }
    }
    Ok(())
}

fn tell_doubts(rights: &Rights, args: &AccessCheckArgs, decided: &[(Found<'_>, Decision)]) {
    let project = rights.rules.project();
    for (found, _) in decided.iter().filter(|(found, _)| !found.exists) {
        let object = found.resource.id();
        note(format!(
            "warning: project `{project}` has no {object}; this is what the rules would say of it"
        ));
    }
    if let (ObjectName::Of(kind, name), Some((found, _))) = (&args.object, decided.first())
        && found.resource.kind != *kind
    {
        note(format!(
            "warning: `{name}` is no {kind} but the {} of that name; this is about that",
            found.resource.kind
        ));
    }
    let words = args.scopes.iter().flat_map(|text| text.split(' '));
    let malformed = words.filter(|word| !word.is_empty() && word.parse::<access::Scope>().is_err());
    for scope in malformed {
        note(format!(
            "warning: `{scope}` is no scope: one that holds `salver:` allows nothing, any other is not looked at"
        ));
    }
    for warning in rights.warnings() {
        note(format!("warning: {warning}"));
    }
}

fn described(rights: &Rights, args: &AccessCheckArgs, decided: &[(Found<'_>, Decision)]) -> Value {
    let decisions = decided.iter().map(|(found, decision)| {
        json!({
            "object": {"kind": found.resource.kind.as_str(), "name": found.resource.name},
            "exists": found.exists,
            "allowed": decision.is_allowed(),
            "decision": decision.to_string(),
        })
    });
    json!({
        "project": rights.rules.project().as_str(),
        "subject": args.subject,
        "action": args.action.as_str(),
        "allowed": is_allowed(decided),
        "decisions": decisions.collect::<Vec<_>>(),
        "warnings": rights.warnings(),
    })
}
