use std::collections::{BTreeMap, BTreeSet};

/// A text with environment variables put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text with values in place of references.
    pub text: String,
    /// Names that were referred to as `${NAME}` and aren't set; the reference is still in the text.
    pub unset: BTreeSet<String>,
    /// Line of the original for each line of `text`; empty where they are the same.
    pub(crate) lines: Vec<usize>,
}

impl Expanded {
    /// The original's line of a line of `text`, both from 1.
    pub(super) fn original_line(&self, line: usize) -> usize {
        let last = self.lines.last().copied().unwrap_or(line);
        let index = line.saturating_sub(1);
        self.lines.get(index).copied().unwrap_or(last)
    }
}

/// Puts environment variables into the text of a file, before it is read as YAML, as Feast does: `$NAME` and
/// `${NAME}` where the variable is set, else they stay. `${NAME:default}`, which Feast's documentation
/// knows and its Python code leaves as it is, gives `default` where the variable isn't set.
#[must_use]
pub fn expand(text: &str, environment: &BTreeMap<String, String>) -> Expanded {
    let mut expanded = Expanded::default();
    let mut rest = text;
    let mut line = 1;
    while let Some(dollar) = rest.find('$') {
        let (before, reference) = rest.split_at(dollar);
        expanded.copy(before, &mut line);
        let (length, value) = resolve(reference, environment, &mut expanded.unset);
        match value {
            Some(value) => expanded.insert(value, line),
            None => expanded.copy(&reference[..length], &mut line),
        }
        rest = &reference[length..];
    }
    expanded.copy(rest, &mut line);
    expanded.lines.push(line);
    expanded
}

impl Expanded {
    fn copy(&mut self, text: &str, line: &mut usize) {
        for _ in text.matches('\n') {
            self.lines.push(*line);
            *line += 1;
        }
        self.text.push_str(text);
    }

    fn insert(&mut self, value: &str, line: usize) {
        self.lines.extend(value.matches('\n').map(|_| line));
        self.text.push_str(value);
    }
}

/// Length of the reference that `text` begins with, and what stands for it; `None` where it stays.
fn resolve<'t>(
    text: &'t str,
    environment: &'t BTreeMap<String, String>,
    unset: &mut BTreeSet<String>,
) -> (usize, Option<&'t str>) {
    let after_dollar = &text[1..];
    let Some(inner) = after_dollar.strip_prefix('{') else {
        let length = name_length(after_dollar);
        let value = environment.get(&after_dollar[..length]);
        return (1 + length, value.map(String::as_str));
    };
    let length = name_length(inner);
    let (name, tail) = inner.split_at(length);
    if name.is_empty() {
        return (1, None);
    }
    let value = environment.get(name).map(String::as_str);
    if tail.starts_with('}') {
        if value.is_none() {
            unset.insert(name.to_owned());
        }
        return (length + 3, value);
    }
    let default = tail
        .strip_prefix(':')
        .and_then(|tail| tail.split_once('}'))
        .map(|(default, _)| default)
        .filter(|default| !default.contains('\n'));
    match default {
        Some(default) => (length + default.len() + 4, value.or(Some(default))),
        None => (1, None),
    }
}

fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len())
}
