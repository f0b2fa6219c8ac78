use serde_json::{Value, json};

use crate::{
    cli::Output,
    describe,
    exit::Exit,
    printer::{Printer, note},
    rights::Rights,
};

/// Each rule on a line: what it gives, on what, to whom.
pub(super) fn run(rights: &Rights, output: Output, printer: &mut Printer) -> anyhow::Result<Exit> {
    let rows = rows(rights);
    for warning in rights.warnings() {
        note(format!("warning: {warning}"));
    }
    if rows.is_empty() {
        let project = rights.rules.project();
        note(format!(
            "project `{project}` has no access rules: with authentication on, nobody may do anything there"
        ));
    }
    let columns = [
        ("RULE", "rule"),
        ("NAME", "name"),
        ("GIVES", "gives"),
        ("ON", "on"),
        ("TO", "to"),
    ];
    if output == Output::Json || !rows.is_empty() {
        printer.rows(output, &columns, &rows)?;
    }
    Ok(Exit::Done)
}

fn rows(rights: &Rights) -> Vec<Value> {
    let bindings = rights.project.role_bindings.values().map(|binding| {
        let to = [
            ("subjects", &binding.subjects),
            ("groups", &binding.groups),
            ("token roles", &binding.token_roles),
        ];
        row(
            ("role binding", &binding.name),
            binding.role.as_str(),
            "everything",
            &to.into_iter()
                .filter(|(_, names)| !names.is_empty())
                .map(|(what, names)| format!("{what} {}", names.join(", ")))
                .collect::<Vec<_>>()
                .join("; "),
            describe::role_binding(binding),
        )
    });
    let permissions = rights.project.permissions.values().map(|permission| {
        let actions: Vec<&str> = permission.actions.iter().map(|one| one.as_str()).collect();
        row(
            ("permission", &permission.name),
            &actions.join(", "),
            &describe::permission_objects(permission),
            &permission.policy.to_string(),
            describe::permission(permission),
        )
    });
    bindings.chain(permissions).collect()
}

fn row((rule, name): (&str, &str), gives: &str, on: &str, to: &str, definition: Value) -> Value {
    json!({
        "rule": rule,
        "name": name,
        "gives": gives,
        "on": on,
        "to": to,
        "definition": definition,
    })
}
