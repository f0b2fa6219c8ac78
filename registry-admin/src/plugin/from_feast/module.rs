//! The text of `plugin.py`.

use anyhow::bail;
use feature_model::OnDemandFeatureView;

use super::{
    columns::{Columns, Input},
    hints::quoted,
    source::Function,
};

/// For the mode `python`: the function as it is, called as Feast calls it.
pub(crate) fn python(
    view: &OnDemandFeatureView,
    function: &Function,
    columns: &Columns,
    left_to_do: &[String],
) -> String {
    let imports = columns.hints.imports(&[]);
    let imports = imports.trim_end_matches("\nfrom salver_transform import ");
    let inputs = columns
        .inputs
        .iter()
        .map(|input| (&input.name, format!("{} | None", input.hint)));
    let outputs = columns
        .outputs
        .iter()
        .map(|(name, hint)| (name, format!("{hint} | None")));
    let also = columns.inputs.iter().filter(|input| !input.also.is_empty());
    let also = also.map(|input| (&input.name, list(&input.also)));
    let kind = if view.singleton {
        "one row"
    } else {
        "a list for each column"
    };
    format!(
        "\"\"\"Feast's on-demand feature view {name} as a plugin, made by `registry-admin plugin from-feast`.

The function is as Feast's registry keeps it, without its decorators. It is given a dict with {kind}.
\"\"\"

from __future__ import annotations

{imports}
from salver_transform.feast import serve as _serve

_inputs = {inputs}
_outputs = {outputs}


{notes}{text}


_serve(
    {function},
    name={quoted_name},
    documentation={documentation},
    inputs=_inputs,
    outputs=_outputs,
    # Feast gives the features of views under their full names, too.
    also={also},
    singleton={singleton},
)
",
        name = doc(&view.name),
        notes = notes(left_to_do),
        text = function.text,
        function = function.name,
        quoted_name = quoted(&view.name),
        documentation = quoted(&view.description),
        inputs = dict(inputs),
        outputs = dict(outputs),
        also = dict(also),
        singleton = if view.singleton { "True" } else { "False" },
    )
}

fn notes(left_to_do: &[String]) -> String {
    let lines = left_to_do
        .iter()
        .map(|left| format!("# Left to do: {}.\n", left.replace(['\n', '\r'], " ")));
    lines.collect()
}

/// For the mode `pandas`: the columns, and the text to go by.
pub(crate) fn pandas(
    view: &OnDemandFeatureView,
    function: &Function,
    columns: &Columns,
) -> anyhow::Result<String> {
    let arguments = columns
        .inputs
        .iter()
        .map(argument)
        .collect::<anyhow::Result<String>>()?;
    let outputs = columns
        .outputs
        .iter()
        .map(|(name, hint)| (name, format!("{hint} | None")));
    let text = function
        .text
        .lines()
        .map(|line| format!("    # {line}").trim_end().to_owned());
    let mut hints_imports = columns.hints.imports(&["TransformError", "transform"]);
    hints_imports = with_typed_dict(&hints_imports);
    Ok(format!(
        "\"\"\"Feast's on-demand feature view {name} as a plugin, made by `registry-admin plugin from-feast`.\"\"\"

{hints_imports}

Outputs = TypedDict(
    \"Outputs\",
    {outputs},
)


@transform(name={quoted_name}, documentation={documentation})
def {function}({arguments}
) -> Outputs:
    # Left to do: compute one row, and return a dict of the outputs. This is what Feast runs, for all rows at once and with
    # pandas, which a plugin doesn't have:
    #
{text}
    raise TransformError({todo})
",
        name = doc(&view.name),
        outputs = dict(outputs),
        quoted_name = quoted(&view.name),
        documentation = quoted(&view.description),
        function = function.name,
        text = text.collect::<Vec<_>>().join("\n"),
        todo = quoted(&format!("`{}` isn't written yet: see plugin.py", function.name)),
    ))
}

fn with_typed_dict(imports: &str) -> String {
    imports
        .replace(
            "from typing import Any, TypedDict",
            "from typing import TypedDict",
        )
        .replace("from typing import Any", "from typing import TypedDict")
}

fn argument(input: &Input) -> anyhow::Result<String> {
    let Input { name, hint, .. } = input;
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    if !name.chars().all(is_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        bail!("its input `{name}` can't be the name of an argument in Python");
    }
    Ok(format!("\n    {name}: {hint} | None,"))
}

fn dict<'n>(entries: impl Iterator<Item = (&'n String, String)>) -> String {
    let lines = entries.map(|(name, value)| format!("        {}: {value},\n", quoted(name)));
    let lines: String = lines.collect();
    if lines.is_empty() {
        return "{}".to_owned();
    }
    format!("{{\n{lines}    }}")
}

fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

/// A name within a doc string.
fn doc(name: &str) -> String {
    format!("`{}`", name.replace(['"', '\\'], "'"))
}
