//! What was done with the write credentials, one JSON object on stderr for each command that changes something, under a
//! tracing target of its own: [`TARGET`]. Never tokens, keys, entity keys or values.

use std::fmt;

use feature_model::{ObjectId, ProjectName, Timestamp, escape_unseen_in_json, plan};
use serde_json::{Map, Value, json};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::{cli::Command, token::TokenCommand};

/// As the gateway's.
pub(crate) const TARGET: &str = "salver::audit";

/// Objects that one line names; of more, their number is told.
const MOST_OBJECTS: usize = 100;
/// The field of an event that holds a whole line, by the name that [`Deed::end`] gives it.
const LINE: &str = "line";

/// What a command does, to be told when it ends.
#[derive(Debug, Default)]
pub(crate) struct Deed {
    /// Absent for a command that changes nothing.
    action: Option<&'static str>,
    project: String,
    objects: Vec<Value>,
    details: Map<String, Value>,
}

impl Deed {
    /// That of a command in a repository of this project.
    pub(crate) fn of(command: &Command, project: &ProjectName) -> Self {
        let action = match command {
            Command::Apply(_) => Some("apply"),
            Command::Teardown { .. } => Some("teardown"),
            Command::Materialize { .. } => Some("materialize"),
            Command::MaterializeIncremental { .. } => Some("materialize_incremental"),
            Command::Token(TokenCommand::Mint(_)) => Some("token_mint"),
            _ => None,
        };
        Self {
            action,
            project: project.to_string(),
            ..Self::default()
        }
    }

    /// That of making a key (`token_keygen`, `plugin_keygen`), which is no project's.
    pub(crate) fn keygen(action: &'static str) -> Self {
        Self {
            action: Some(action),
            ..Self::default()
        }
    }

    /// Another project than the repository's.
    pub(crate) fn in_project(&mut self, project: &ProjectName) {
        self.project = project.to_string();
    }

    /// Something that is to be changed or made.
    pub(crate) fn on(&mut self, kind: &str, name: &str) {
        self.objects.push(json!({"kind": kind, "name": name}));
    }

    /// The changes of a plan that is to be carried out.
    pub(crate) fn on_changes(&mut self, changes: &[plan::Change]) {
        for plan::Change { object, action } in changes {
            let change = match action {
                plan::Action::Create => "create",
                plan::Action::Update { .. } => "update",
                plan::Action::Delete => "delete",
            };
            self.objects.push(object_of(object, change));
        }
    }

    /// Objects that are to be removed.
    pub(crate) fn on_removed<'o>(&mut self, objects: impl IntoIterator<Item = &'o ObjectId>) {
        let removed = objects
            .into_iter()
            .map(|object| object_of(object, "delete"));
        self.objects.extend(removed);
    }

    /// What else there is to say.
    pub(crate) fn note(&mut self, key: &str, value: impl Into<Value>) {
        self.details.insert(key.to_owned(), value.into());
    }

    /// Tells it. A command that failed may or may not have changed what the line names.
    pub(crate) fn end(self, is_done: bool) {
        let Some(action) = self.action else {
            return;
        };
        let mut line = json!({
            "time": Timestamp::now().to_string(),
            "target": TARGET,
            "request_id": uuid::Uuid::new_v4().to_string(),
            "project": self.project,
            "subject": registry_store::describe_writer(),
            "action": action,
            "object_count": self.objects.len(),
            "objects": self.objects.into_iter().take(MOST_OBJECTS).collect::<Vec<_>>(),
            "decision": if is_done { "done" } else { "failed" },
        });
        if let Some(fields) = line.as_object_mut() {
            fields.extend(self.details);
        }
        tracing::info!(target: TARGET, line = line.to_string());
    }
}

fn object_of(object: &ObjectId, change: &str) -> Value {
    json!({"kind": object.kind, "name": object.name, "change": change})
}

/// Writes the line of an event as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AuditLine;

impl<S, N> FormatEvent<S, N> for AuditLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Line(String::new());
        event.record(&mut line);
        writeln!(writer, "{}", escape_unseen_in_json(&line.0))
    }
}

struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == LINE {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(deed: Deed) -> String {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(AuditLine)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || deed.end(true));
        String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_deed_is_one_line_of_json_whatever_the_names() {
        let project = "rides".parse().unwrap();
        let mut deed = Deed::of(&Command::Teardown { yes: true }, &project);
        for number in 0..120 {
            deed.on("entity", &format!("a\nb\"{number}"));
        }
        deed.note("key", "k");
        let line = told(deed);
        assert_eq!(line.lines().count(), 1, "{line}");
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["target"], "salver::audit");
        assert_eq!(
            (&line["action"], &line["project"]),
            (&json!("teardown"), &json!("rides"))
        );
        assert_eq!(
            (&line["object_count"], &line["key"]),
            (&json!(120), &json!("k"))
        );
        assert_eq!(line["objects"].as_array().unwrap().len(), MOST_OBJECTS);
        assert_eq!(line["objects"][3]["name"], "a\nb\"3");
    }

    #[test]
    fn a_command_that_changes_nothing_is_not_told() {
        let project = "rides".parse().unwrap();
        assert_eq!(told(Deed::of(&Command::Validate, &project)), "");
    }
}
