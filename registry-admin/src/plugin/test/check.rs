//! Cases against a component.

use std::collections::HashMap;

use feature_model::{DataType, Value};
use plugin_host::{
    BatchBuilder, BatchReader, CallError, Component, Description, Failure, Field, Plugin,
};
use settings::{
    Problems, did_you_mean,
    yaml::{Entry, Mapping, Mark},
};

use super::{
    cases::{Case, Expected, ExpectedError},
    equal::equal,
    show::show,
    typed,
};
use crate::plugin::component::{plain, plugin};

/// Differences of one case that are shown.
const MOST_DIFFERENCES: usize = 10;

/// A case whose values have the types of its columns.
pub(super) struct Prepared<'c> {
    case: &'c Case,
    ready: Ready,
}

enum Ready {
    /// It can't be called at all.
    Not(CallError),
    /// A call that is expected to compute or to fail.
    Call {
        plugin: Plugin,
        inputs: Vec<Vec<Value>>,
        outputs: Vec<Vec<Value>>,
    },
}

impl Prepared<'_> {
    pub(super) fn name(&self) -> &str {
        &self.case.name
    }
}

/// Reads the values of all cases by what their transforms describe.
///
/// # Errors
/// Everything in the cases that doesn't fit, by file and line; a component that can't tell its transforms.
pub(super) fn prepare<'c>(
    component: &Component,
    cases: &'c [Case],
) -> anyhow::Result<Vec<Prepared<'c>>> {
    let transforms = component.transforms()?;
    let mut plugins: HashMap<(&str, &str), Result<Plugin, CallError>> = HashMap::new();
    let mut problems = Problems::default();
    let mut prepared = Vec::new();
    for case in cases {
        if tell_unknown(case, &transforms, &mut problems) {
            continue;
        }
        let (transform, parameters) = (case.transform.as_str(), case.parameters.as_str());
        let known = plugins.entry((transform, parameters));
        let known = known.or_insert_with(|| plugin(component, transform, parameters, false));
        let ready = match known {
            Ok(plugin) => ready(case, plugin, &mut problems),
            Err(error) => Ready::Not(error.clone()),
        };
        prepared.push(Prepared { case, ready });
    }
    match problems.is_empty() {
        true => Ok(prepared),
        false => Err(problems.sorted().into()),
    }
}

/// Tells a transform that isn't there, unless the case is about that.
fn tell_unknown(case: &Case, transforms: &[String], problems: &mut Problems) -> bool {
    let is_expected = matches!(&case.expected, Expected::Error(error) if error.failure == Failure::UnknownTransform);
    if is_expected || transforms.contains(&case.transform) {
        return false;
    }
    let mut hint = did_you_mean(&case.transform, transforms.iter().map(String::as_str));
    if hint.is_empty() {
        hint = format!("; it has {}", listed(transforms.iter().map(String::as_str)));
    }
    let message = format!("the component has no transform `{}`{hint}", case.transform);
    problems.push(case.transform_mark.error(plain(&message)));
    true
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let quoted: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn ready(case: &Case, plugin: &Plugin, problems: &mut Problems) -> Ready {
    let Description {
        inputs, outputs, ..
    } = plugin.description();
    let given = Columns {
        case,
        kind: "input",
        mark: &case.inputs_mark,
        given: &case.inputs,
    };
    let inputs = given.read(inputs, problems);
    let outputs = match &case.expected {
        Expected::Error(_) => Vec::new(),
        Expected::Columns { mark, columns, .. } => Columns {
            case,
            kind: "output",
            mark,
            given: columns,
        }
        .read(outputs, problems),
    };
    Ready::Call {
        plugin: plugin.clone(),
        inputs,
        outputs,
    }
}

/// The columns that a case gives, in one direction.
struct Columns<'c> {
    case: &'c Case,
    kind: &'static str,
    mark: &'c Mark,
    given: &'c Mapping,
}

impl Columns<'_> {
    /// The values of all columns that are described.
    fn read(&self, described: &[Field], problems: &mut Problems) -> Vec<Vec<Value>> {
        let names = || described.iter().map(|field| field.name.as_str());
        for (name, entry) in self.given {
            if names().all(|known| known != name) {
                let missing = names().filter(|known| !self.given.contains_key(*known));
                let mut hint = did_you_mean(name, missing);
                if hint.is_empty() && !described.is_empty() {
                    hint = format!("; it has {}", listed(names()));
                }
                let (transform, kind) = (&self.case.transform, self.kind);
                let message =
                    format!("transform `{transform}` has no {kind} column `{name}`{hint}");
                problems.push(entry.mark.error(plain(&message)));
            }
        }
        let columns = described
            .iter()
            .map(|field| match self.given.get(&field.name) {
                Some(entry) => self.values(entry, field, problems),
                None => {
                    let (name, data_type) = (&field.name, &field.data_type);
                    let message =
                        format!("the {} column `{name}` ({data_type}) is missing", self.kind);
                    problems.push(self.mark.error(plain(&message)));
                    Vec::new()
                }
            });
        columns.collect()
    }

    fn values(&self, entry: &Entry, field: &Field, problems: &mut Problems) -> Vec<Value> {
        let (kind, name, rows) = (self.kind, &field.name, self.case.rows);
        let Some(nodes) = entry.value.list() else {
            let message = format!("the {kind} column `{name}` is a list: a value for each row");
            problems.push(entry.value.mark.error(message));
            return Vec::new();
        };
        if u32::try_from(nodes.len()) != Ok(rows) {
            let found = nodes.len();
            let message = format!("the {kind} column `{name}` has {found} values for {rows} rows");
            problems.push(entry.value.mark.error(message));
        }
        let value = |node| {
            typed::value(node, &field.data_type).unwrap_or_else(|mut problem| {
                problem.message = format!("`{name}`: {}", problem.message);
                problems.push(problem);
                Value::Null
            })
        };
        nodes.iter().map(value).collect()
    }
}

/// What differs from what the case expects, a line each.
pub(super) fn run(prepared: &Prepared<'_>) -> Vec<String> {
    let outcome = match &prepared.ready {
        Ready::Not(error) => Err(error.clone()),
        Ready::Call { plugin, inputs, .. } => call(prepared.case.rows, plugin, inputs),
    };
    match (&prepared.case.expected, &prepared.ready, outcome) {
        (Expected::Error(expected), _, Err(error)) => other_error(expected, &error),
        (Expected::Error(expected), _, Ok(_)) => vec![format!(
            "expected the error `{}`, found columns",
            failure(expected.failure)
        )],
        (Expected::Columns { .. }, _, Err(error)) => vec![plain(&error.to_string())],
        (
            Expected::Columns { tolerance, .. },
            Ready::Call {
                plugin, outputs, ..
            },
            Ok(found),
        ) => other_values(&plugin.description().outputs, outputs, &found, *tolerance),
        // Without a plugin there is no outcome but an error.
        (Expected::Columns { .. }, Ready::Not(error), Ok(_)) => vec![error.to_string()],
    }
}

fn call(rows: u32, plugin: &Plugin, inputs: &[Vec<Value>]) -> Result<BatchReader, CallError> {
    let unavailable = |detail: String| CallError::Unavailable {
        plugin: plugin.name().into(),
        detail,
    };
    let description = plugin.description();
    let fields = columns(&description.inputs);
    let mut builder = BatchBuilder::new(&fields, rows as usize);
    for values in inputs {
        builder
            .column(values)
            .map_err(|error| unavailable(error.to_string()))?;
    }
    let batch = builder.finish();
    let found = plugin.call_blocking(rows, &batch)?;
    BatchReader::new(
        found,
        columns(&description.outputs).as_slice().into(),
        rows as usize,
    )
    .map_err(|error| unavailable(error.to_string()))
}

fn columns(fields: &[Field]) -> Vec<(String, DataType)> {
    let column = |field: &Field| (field.name.clone(), field.data_type.clone());
    fields.iter().map(column).collect()
}

fn other_values(
    fields: &[Field],
    expected: &[Vec<Value>],
    found: &BatchReader,
    tolerance: f64,
) -> Vec<String> {
    let mut told = Vec::new();
    let mut untold = 0_usize;
    for (column, (field, values)) in fields.iter().zip(expected).enumerate() {
        for (row, expected) in values.iter().enumerate() {
            let found = found.value(column, row);
            if equal(expected, &found, tolerance) {
                continue;
            }
            if told.len() == MOST_DIFFERENCES {
                untold += 1;
                continue;
            }
            let name = plain(&field.name);
            let (expected, found) = (show(expected), show(&found));
            told.push(format!(
                "`{name}` row {row}: expected {expected}, found {found}"
            ));
        }
    }
    if untold > 0 {
        told.push(format!("and {untold} more values"));
    }
    told
}

fn other_error(expected: &ExpectedError, error: &CallError) -> Vec<String> {
    let CallError::Failed {
        failure: found,
        message,
        row,
        column,
        ..
    } = error
    else {
        let expected = failure(expected.failure);
        return vec![format!(
            "expected the error `{expected}`, found: {}",
            plain(&error.to_string())
        )];
    };
    let mut told = Vec::new();
    let mut tell = |part: &str, expected: String, found: Option<String>| {
        let found = found.map_or_else(|| "none".to_owned(), |found| format!("`{}`", plain(&found)));
        told.push(format!(
            "{part} of the error: expected `{expected}`, found {found}"
        ));
    };
    if *found != expected.failure {
        tell(
            "failure",
            failure(expected.failure).to_owned(),
            Some(failure(*found).to_owned()),
        );
    }
    if let Some(expected) = expected.row.filter(|expected| Some(*expected) != *row) {
        tell("row", expected.to_string(), row.map(|row| row.to_string()));
    }
    if let Some(expected) = &expected.column
        && Some(expected) != column.as_ref()
    {
        tell("column", expected.clone(), column.clone());
    }
    if let Some(part) = &expected.message
        && !message.contains(part.as_str())
    {
        tell("message", format!("…{part}…"), Some(message.clone()));
    }
    if !told.is_empty() {
        told.push(plain(&error.to_string()));
    }
    told
}

/// As the interface calls it.
fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::UnknownTransform => "unknown-transform",
        Failure::InvalidParameters => "invalid-parameters",
        Failure::InvalidInput => "invalid-input",
        Failure::Failed => "failed",
    }
}
