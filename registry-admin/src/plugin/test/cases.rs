//! A file of cases, as far as it can be understood without the component.

use std::{collections::HashMap, io, path::Path};

use plugin_host::Failure;
use settings::{
    Problem, Problems, shape,
    yaml::{self, Mapping, Mark, Node},
};

use super::shape::CASE;
use crate::definitions::parameters;

/// One case. Its values have no types yet.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) transform: String,
    pub(super) transform_mark: Mark,
    /// A JSON object.
    pub(super) parameters: String,
    pub(super) inputs: Mapping,
    /// Where the inputs stand, or the case where it has none.
    pub(super) inputs_mark: Mark,
    pub(super) rows: u32,
    pub(super) expected: Expected,
}

pub(super) enum Expected {
    Columns {
        mark: Mark,
        columns: Mapping,
        tolerance: f64,
    },
    Error(ExpectedError),
}

pub(super) struct ExpectedError {
    pub(super) failure: Failure,
    pub(super) row: Option<u32>,
    pub(super) column: Option<String>,
    pub(super) message: Option<String>,
}

/// Reads all cases.
///
/// # Errors
/// Everything that is wrong with them, by file and line.
pub(super) fn read(file: &Path) -> Result<Vec<Case>, Problems> {
    let unreadable =
        |error: &io::Error| Problem::error(file, 0, format!("it can't be read: {error}"));
    let is_file = std::fs::metadata(file)
        .map_err(|error| unreadable(&error))?
        .is_file();
    // A pipe would be waited for.
    if !is_file {
        return Err(Problem::error(file, 0, "this is no file").into());
    }
    let bytes = std::fs::read(file).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::error(file, 0, "this is no text in UTF-8"))?;
    parse(&text, file)
}

pub(super) fn parse(text: &str, file: &Path) -> Result<Vec<Case>, Problems> {
    let root = yaml::parse(text, file)?;
    let items = root.list().unwrap_or_default();
    if items.is_empty() {
        let message = "this is no list of cases: begin each with `- name: …`";
        return Err(root.mark.error(message).into());
    }
    let mut problems = Problems::default();
    items
        .iter()
        .for_each(|item| shape::check(item, &CASE, &mut problems));
    tell_equal_names(items, &mut problems);
    if problems.is_empty() {
        let cases: Vec<_> = items
            .iter()
            .filter_map(|item| case(item, &mut problems))
            .collect();
        if problems.is_empty() {
            return Ok(cases);
        }
    }
    Err(problems.sorted())
}

fn tell_equal_names(items: &[Node], problems: &mut Problems) {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for name in items.iter().filter_map(|item| item.get("name")) {
        let Some(text) = name.text() else {
            continue;
        };
        if let Some(line) = known.get(text) {
            let message = format!("the case at line {line} is called `{text}` too");
            problems.push(name.mark.error(message));
        } else {
            known.insert(text, name.mark.line);
        }
    }
}

/// Reads an item that has passed the table.
fn case(item: &Node, problems: &mut Problems) -> Option<Case> {
    let present = |key: &str| item.entry(key).filter(|entry| !entry.value.is_null());
    let mapping = |key: &str| present(key).and_then(|entry| entry.value.mapping().cloned());
    let parameters = present("parameters").map(|given| parameters::json(&given.value, problems));
    let inputs = mapping("inputs").unwrap_or_default();
    let inputs_mark = present("inputs")
        .map_or(&item.mark, |entry| &entry.mark)
        .clone();
    let rows = rows(item, &inputs, problems);
    let expected = expected(item, problems);
    let transform = item.get("transform")?;
    Some(Case {
        name: item.string_at("name"),
        transform: transform.text()?.to_owned(),
        transform_mark: transform.mark.clone(),
        parameters: parameters.unwrap_or_else(|| "{}".to_owned()),
        inputs,
        inputs_mark,
        rows: rows?,
        expected: expected?,
    })
}

/// The length of all input columns; where there are none, what the case says.
fn rows(item: &Node, inputs: &Mapping, problems: &mut Problems) -> Option<u32> {
    let told = item
        .integer_at("rows")
        .map(|rows| u32::try_from(rows).unwrap_or(u32::MAX));
    let mut first: Option<(&str, usize)> = None;
    for (column, entry) in inputs {
        let Some(values) = entry.value.list() else {
            let message = format!("the input `{column}` is a list: a value for each row");
            problems.push(entry.value.mark.error(message));
            continue;
        };
        match first {
            None => first = Some((column, values.len())),
            Some((other, rows)) if rows != values.len() => {
                let message = format!(
                    "the input `{column}` has {} values, and `{other}` has {rows}",
                    values.len()
                );
                problems.push(entry.value.mark.error(message));
            }
            Some(_) => {}
        }
    }
    let rows = match (first, told) {
        (Some((_, rows)), _) => u32::try_from(rows).unwrap_or(u32::MAX),
        (None, Some(told)) => told,
        (None, None) if !inputs.is_empty() || item.get("expected_error").is_some() => 0,
        (None, None) => {
            let message = "a case without inputs needs the key `rows`: the number of rows";
            problems.push(item.mark.error(message));
            return None;
        }
    };
    if let Some(told) = told.filter(|told| *told != rows) {
        let mark = item.get("rows").map_or(&item.mark, |given| &given.mark);
        let message = format!("`rows` is {told}, and the inputs have {rows}; leave `rows` away");
        problems.push(mark.error(message));
    }
    Some(rows)
}

fn expected(item: &Node, problems: &mut Problems) -> Option<Expected> {
    let present = |key: &str| item.entry(key).filter(|entry| !entry.value.is_null());
    let tolerance = tolerance(item, problems);
    match (present("expected"), present("expected_error")) {
        (Some(columns), None) => Some(Expected::Columns {
            mark: columns.mark.clone(),
            columns: columns.value.mapping()?.clone(),
            tolerance,
        }),
        (None, Some(error)) => expected_error(&error.value).map(Expected::Error),
        (Some(_), Some(error)) => {
            let message = "a case has `expected` or `expected_error`, not both";
            problems.push(error.mark.error(message));
            None
        }
        (None, None) => {
            let message =
                "a case needs the key `expected`, or `expected_error` where the call fails";
            problems.push(item.mark.error(message));
            None
        }
    }
}

fn tolerance(item: &Node, problems: &mut Problems) -> f64 {
    let Some(given) = item.get("tolerance").filter(|given| !given.is_null()) else {
        return 0.0;
    };
    let number = given.text().and_then(|text| text.parse::<f64>().ok());
    let usable = number.filter(|number| number.is_finite() && *number >= 0.0);
    usable.unwrap_or_else(|| {
        let message = "`tolerance` is a number of 0 or more, such as `1e-9`";
        problems.push(given.mark.error(message));
        0.0
    })
}

fn expected_error(node: &Node) -> Option<ExpectedError> {
    let row = node.integer_at("row");
    Some(ExpectedError {
        failure: match node.text_at("failure")? {
            "unknown-transform" => Failure::UnknownTransform,
            "invalid-parameters" => Failure::InvalidParameters,
            "invalid-input" => Failure::InvalidInput,
            _ => Failure::Failed,
        },
        row: row.map(|row| u32::try_from(row).unwrap_or(u32::MAX)),
        column: node.text_at("column").map(str::to_owned),
        message: node.text_at("message").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests;
