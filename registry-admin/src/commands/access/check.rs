use access::{Decision, Principal, Scopes};
use serde_json::{Value, json};

use crate::{
    cli::{AccessCheckArgs, Output},
    exit::Exit,
    printer::{Printer, note},
    rights::{Found, Rights},
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
    let is_allowed = decided.iter().all(|(_, decision)| decision.is_allowed());
    tell_doubts(rights, args, &decided);
    match args.output {
        Output::Json => printer.json(&described(rights, args, &decided))?,
        Output::Table => print(&decided, printer)?,
    }
    Ok(if is_allowed { Exit::Done } else { Exit::Denied })
}

fn print(decided: &[(Found<'_>, Decision)], printer: &mut Printer) -> anyhow::Result<()> {
    if let [(_, decision)] = decided {
        return printer.line(decision.to_string());
    }
    for (found, decision) in decided {
        printer.line(format!("{}: {decision}", found.resource.id()))?;
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
    let malformed = args
        .scopes
        .iter()
        .filter(|scope| scope.parse::<access::Scope>().is_err());
    for scope in malformed {
        note(format!(
            "warning: `{scope}` is no scope: one that begins with `salver:` allows nothing, any other is not looked at"
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
        "allowed": decided.iter().all(|(_, decision)| decision.is_allowed()),
        "decisions": decisions.collect::<Vec<_>>(),
        "warnings": rights.warnings(),
    })
}
