use std::fmt;

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
        writeln!(writer, "{}", Value::Object(line.0))
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
        let written = Written::default();
        let writer = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(AuditLine)
            .with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), write);
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
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
    fn a_line_is_bounded_however_much_was_asked_for() {
        let objects = (0..5_000).map(|n| view(format!("{n}{}", "x".repeat(1_000))));
        let told = lines(|| audit::denied(&decided(objects.collect())));
        assert_eq!(told[0]["objects"].as_array().unwrap().len(), 100);
        assert_eq!(told[0]["object_count"], 5_000);
        assert!(told[0].to_string().len() < 20_000);
    }
}
