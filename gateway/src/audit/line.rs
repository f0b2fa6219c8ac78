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
