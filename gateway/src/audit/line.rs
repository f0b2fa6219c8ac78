use std::fmt;

use feature_model::escape_unseen_in_json;
use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::names::field;

/// Writes an event of the audit log as one JSON object, whatever the format of the other lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditLine;

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
        let mut line = Line(Map::new());
        line.put(field::TIME, Timestamp::now().to_string().into());
        line.put(field::TARGET, event.metadata().target().into());
        event.record(&mut line);
        let line = Value::Object(line.0).to_string();
        writeln!(writer, "{}", escape_unseen_in_json(&line))
    }
}

struct Line(Map<String, Value>);

impl Line {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        let value = match field.name() {
            // a list, which no field of an event can be
            field::OBJECTS => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
            field::RULE if value.is_empty() => Value::Null,
            _ => value.into(),
        };
        self.put(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    /// What comes here is the event's message only, which the decision says as well.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            return;
        }
        self.put(field.name(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use access::{ResourceId, ResourceKind};
    use feature_model::access::Action;
    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt;

    use super::AuditLine;
    use crate::audit::{self, Decided};

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

    fn lines(write: impl FnOnce()) -> Vec<Value> {
        let text = text(write);
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn text(write: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(AuditLine)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), write);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    fn decided(objects: Vec<ResourceId>) -> Decided<'static> {
        Decided {
            request_id: "r-1",
            project: "prj",
            subject: "a \"quoted\"\nname",
            action: Action::ReadOnline,
            objects,
            rule: None,
        }
    }

    fn view(name: String) -> ResourceId {
        let kind = ResourceKind::FeatureView;
        ResourceId { kind, name }
    }

    #[test]
    fn a_decision_is_one_line_whatever_its_names_hold() {
        let name = "x\"}\n{".to_owned();
        let told = lines(|| audit::denied(&decided(vec![view(name.clone())])));
        let [line] = &*told else {
            panic!("{told:?}");
        };
        assert_eq!(line["subject"], "a \"quoted\"\nname");
        assert_eq!(
            line["objects"],
            json!([{"kind": "feature_view", "name": name}])
        );
        assert_eq!(line["object_count"], 1);
        assert_eq!(line["decision"], "denied");
        assert_eq!(line["rule"], Value::Null);
        let members: Vec<_> = line.as_object().unwrap().keys().collect();
        assert_eq!(
            members,
            [
                "time",
                "target",
                "request_id",
                "project",
                "subject",
                "action",
                "objects",
                "object_count",
                "decision",
                "rule"
            ]
        );
    }

    #[test]
    fn no_name_makes_a_line_look_like_another() {
        let text = text(|| {
            audit::denied(&Decided {
                subject: "a\u{202e}\u{2028}\u{85}\u{7f}b",
                ..decided(vec![view("\u{2066}x".to_owned())])
            });
        });
        let line = text.trim_end_matches('\n');
        assert!(!line.contains(feature_model::is_unseen), "{line}");
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["subject"], "a\u{202e}\u{2028}\u{85}\u{7f}b");
        assert_eq!(line["objects"][0]["name"], "\u{2066}x");
    }

    #[test]
    fn no_two_subjects_are_told_alike() {
        let told = |subject: &str| {
            let told = lines(|| {
                audit::denied(&Decided {
                    subject,
                    ..decided(Vec::new())
                });
            });
            told[0]["subject"].as_str().unwrap().to_owned()
        };
        let account = |name: &str| format!("{}:serviceaccount:{name}", "spiffe".repeat(30));
        assert_eq!(told(&account("a")), account("a"));
        let long = |name: &str| format!("{}{name}", "é".repeat(5_000));
        assert_ne!(told(&long("a")), told(&long("b")));
        assert_eq!(told(&long("a")), told(&long("a")));
        assert!(told(&long("a")).len() < 1_200);
    }

    #[test]
    fn a_line_is_bounded_however_much_was_asked_for() {
        let objects = (0..5_000).map(|n| view(format!("{n}{}", "x".repeat(1_000))));
        let told = lines(|| audit::denied(&decided(objects.collect())));
        assert_eq!(told[0]["objects"].as_array().unwrap().len(), 100);
        assert_eq!(told[0]["object_count"], 5_000);
        assert!(told[0].to_string().len() < 20_000);
    }
}
