use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, BufRead as _, IsTerminal as _, Write},
};

use anyhow::{Context as _, bail};
use comfy_table::{ContentArrangement, Table, presets};
use feature_model::{escape_unseen, escape_unseen_in_json};

use crate::cli::Output;

/// Where results go. A reader that went away (`| head`) ends the program's output, not the program.
pub(crate) struct Printer {
    out: Box<dyn Write>,
}

impl Printer {
    pub(crate) fn stdout() -> Self {
        Self {
            out: Box::new(io::stdout()),
        }
    }

    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> anyhow::Result<()> {
        match writeln!(self.out, "{}", seen(text.as_ref())) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.context("could not write to stdout"),
        }
    }

    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        self.line(escape_unseen_in_json(&serde_json::to_string_pretty(value)?))
    }

    /// A table for people, or an array of objects for programs.
    pub(crate) fn rows(
        &mut self,
        output: Output,
        columns: &[(&str, &str)],
        rows: &[serde_json::Value],
    ) -> anyhow::Result<()> {
        if output == Output::Json {
            return self.json(&rows);
        }
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(|(title, _)| *title));
        for row in rows {
            table.add_row(columns.iter().map(|(_, key)| {
                row.pointer(&format!("/{key}"))
                    .map(cell)
                    .unwrap_or_default()
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in table.lines() {
            self.line(line.trim_end())?;
        }
        Ok(())
    }

    /// One object: `key: value` lines for people, or the object for programs.
    pub(crate) fn object(
        &mut self,
        output: Output,
        object: &serde_json::Value,
    ) -> anyhow::Result<()> {
        match output {
            Output::Json => self.json(object),
            Output::Table => self.outline(object, 0),
        }
    }

    fn outline(&mut self, value: &serde_json::Value, depth: usize) -> anyhow::Result<()> {
        let indent = "  ".repeat(depth);
        let Some(object) = value.as_object() else {
            return self.line(format!("{indent}{}", cell(value)));
        };
        for (key, value) in object {
            match value {
                serde_json::Value::Object(inner) if !inner.is_empty() => {
                    self.line(format!("{indent}{key}:"))?;
                    self.outline(value, depth + 1)?;
                }
                serde_json::Value::Array(items)
                    if items.iter().any(serde_json::Value::is_object) =>
                {
                    self.line(format!("{indent}{key}:"))?;
                    for item in items {
                        self.line(format!("{indent}  -"))?;
                        self.outline(item, depth + 2)?;
                    }
                }
                _ if cell(value).is_empty() => {}
                _ => self.line(format!("{indent}{key}: {}", cell(value)))?,
            }
        }
        Ok(())
    }
}

fn cell(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        // a line end would begin what looks like another row
        serde_json::Value::String(text) => escape_unseen(text, &[]).into_owned(),
        serde_json::Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// One line on stderr: progress, warnings, hints.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{}", seen(&text.to_string()));
}

/// Names come from tokens, registries and definitions: none of them steers the terminal, or turns text around.
fn seen(text: &str) -> Cow<'_, str> {
    escape_unseen(text, &['\n', '\t'])
}

/// Asks on stderr and reads one line from stdin; passes only where it is exactly `expected`.
pub(crate) fn confirm(question: &str, expected: &str) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        bail!("{question}; pass `--yes` to do it without being asked");
    }
    note(format!("{question}.\nType `{expected}` to go on:"));
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .context("could not read the answer")?;
    if answer.trim() == expected {
        Ok(())
    } else {
        bail!("not confirmed: nothing was changed")
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use serde_json::json;

    use super::{Output, Printer};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn printed(print: impl FnOnce(&mut Printer) -> anyhow::Result<()>) -> String {
        let written = Written::default();
        let out = Box::new(written.clone());
        print(&mut Printer { out }).unwrap();
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn no_name_steers_the_terminal_or_makes_a_line_of_its_own() {
        let object = json!({"name": "a\u{1b}[2J\u{202e}b\nverdict: taken"});
        for output in [Output::Table, Output::Json] {
            let text = printed(|printer| printer.object(output, &object));
            let unseen = |c: char| c != '\n' && feature_model::is_unseen(c);
            assert!(!text.contains(unseen), "{text}");
            assert!(
                !text.lines().any(|line| line.starts_with("verdict")),
                "{text}"
            );
        }
        let rows = [object];
        let text = printed(|printer| printer.rows(Output::Table, &[("NAME", "name")], &rows));
        assert_eq!(text.lines().count(), 2, "{text}");
        let text = printed(|printer| printer.line("a\u{9b}\u{2066}\tb\nc"));
        assert_eq!(text, "a\\u{9b}\\u{2066}\tb\nc\n");
    }
}
