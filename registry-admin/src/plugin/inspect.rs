//! `plugin inspect`: what a component is, its transforms and their columns.

use clap::Args;
use plugin_host::{CallError, Component, Description, Field, Inspection};
use serde_json::{Value, json};

use super::component::{ComponentArgs, Read, host, json_object, plain};
use crate::{cli::Output, printer::Printer};

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    #[command(flatten)]
    component: ComponentArgs,
    /// Only this transform.
    #[arg(long, value_name = "NAME")]
    transform: Option<String>,
    /// What the transforms are told, a JSON object: their columns may depend on it.
    #[arg(long, value_name = "JSON", default_value = "{}", value_parser = json_object)]
    parameters: String,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

/// A transform and its description, or why it has none.
type Described = (String, Result<Description, CallError>);

pub(super) fn run(args: &InspectArgs, printer: &mut Printer) -> anyhow::Result<()> {
    let read = args.component.read()?;
    let described = describe(args, &read);
    let shown = described.as_ref().map_or(&[][..], Vec::as_slice);
    match args.output {
        Output::Json => printer.json(&json(&read.inspection, shown))?,
        Output::Table => print(&read.inspection, shown, printer)?,
    }
    described.map(|_| ())
}

fn describe(args: &InspectArgs, read: &Read) -> anyhow::Result<Vec<Described>> {
    let component = args.component.compile(read, &host()?)?;
    let names = match &args.transform {
        Some(name) => vec![name.clone()],
        None => component.transforms()?,
    };
    let describe = |component: &Component, name: String| {
        let described = component.describe(&name, &args.parameters);
        (name, described)
    };
    let described = names.into_iter().map(|name| describe(&component, name));
    Ok(described.collect())
}

fn json(inspection: &Inspection, described: &[Described]) -> Value {
    let transforms: Vec<_> = described.iter().map(json_transform).collect();
    json!({
        "digest": inspection.digest.to_string(),
        "size": inspection.size,
        "world_version": inspection.world_version,
        "imports": inspection.imports,
        "exports": inspection.exports,
        "needs_wasi": inspection.needs_wasi,
        "transforms": transforms,
    })
}

fn json_transform((name, described): &Described) -> Value {
    match described {
        Ok(description) => json!({
            "name": name,
            "documentation": description.documentation,
            "deterministic": description.deterministic,
            "inputs": json_fields(&description.inputs),
            "outputs": json_fields(&description.outputs),
        }),
        Err(error) => json!({
            "name": name,
            "error": {"code": error.code(), "message": message(error)},
        }),
    }
}

fn json_fields(fields: &[Field]) -> Vec<Value> {
    let field = |field: &Field| {
        json!({
            "name": field.name,
            "type": field.data_type.to_string(),
            "documentation": field.documentation,
        })
    };
    fields.iter().map(field).collect()
}

/// What the guest itself says, where it does.
fn message(error: &CallError) -> String {
    match error {
        CallError::Failed { message, .. } => message.clone(),
        other => other.to_string(),
    }
}

fn print(
    inspection: &Inspection,
    described: &[Described],
    printer: &mut Printer,
) -> anyhow::Result<()> {
    let interface = match &inspection.world_version {
        Some(version) => format!("salver:transform@{version}"),
        None => "none: this is no plugin".to_owned(),
    };
    let wasi = match inspection.needs_wasi {
        true => "needed: a view's plugin must say `wasi: empty`",
        false => "not needed",
    };
    let listed = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    for (key, value) in [
        ("digest", inspection.digest.to_string()),
        ("size", format!("{} bytes", inspection.size)),
        ("interface", interface),
        ("imports", listed(&inspection.imports)),
        ("exports", listed(&inspection.exports)),
        ("WASI", wasi.to_owned()),
    ] {
        printer.line(format!("{:11}{}", format!("{key}:"), plain(&value)))?;
    }
    described
        .iter()
        .try_for_each(|described| print_transform(described, printer))
}

fn print_transform((name, described): &Described, printer: &mut Printer) -> anyhow::Result<()> {
    printer.line("")?;
    let name = plain(name);
    let description = match described {
        Ok(description) => description,
        Err(error) => {
            printer.line(format!("transform {name}"))?;
            return printer.line(indented("error: ", &message(error)));
        }
    };
    let deterministic = match description.deterministic {
        true => "deterministic",
        false => "not deterministic",
    };
    printer.line(format!("transform {name} ({deterministic})"))?;
    if !description.documentation.trim().is_empty() {
        printer.line(indented("", &description.documentation))?;
    }
    let fields = || description.inputs.iter().chain(&description.outputs);
    let widths = Widths {
        name: fields()
            .map(|field| plain(&field.name).chars().count())
            .max(),
        data_type: fields()
            .map(|field| field.data_type.to_string().chars().count())
            .max(),
    };
    print_fields("takes", &description.inputs, &widths, printer)?;
    print_fields("returns", &description.outputs, &widths, printer)
}

struct Widths {
    name: Option<usize>,
    data_type: Option<usize>,
}

fn print_fields(
    title: &str,
    fields: &[Field],
    widths: &Widths,
    printer: &mut Printer,
) -> anyhow::Result<()> {
    if fields.is_empty() {
        return printer.line(format!("  {title:8} nothing"));
    }
    let (name_width, type_width) = (
        widths.name.unwrap_or_default(),
        widths.data_type.unwrap_or_default(),
    );
    for (position, field) in fields.iter().enumerate() {
        let title = if position == 0 { title } else { "" };
        let (name, data_type) = (plain(&field.name), plain(&field.data_type.to_string()));
        let documentation = plain(&field.documentation.replace('\n', " "));
        let line =
            format!("  {title:8} {name:name_width$}  {data_type:type_width$}  {documentation}");
        printer.line(line.trim_end())?;
    }
    Ok(())
}

fn indented(title: &str, text: &str) -> String {
    let text = plain(text.trim());
    let lines: Vec<_> = text
        .lines()
        .map(|line| format!("  {title}{}", line.trim()))
        .collect();
    lines.join("\n")
}
