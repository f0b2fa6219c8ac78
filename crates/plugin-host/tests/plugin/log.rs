//! What guests log comes out as events of the host, up to a limit.

use std::sync::{Arc, Mutex};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::fixture::{call, plugin};

/// Keeps the messages of events whose target is `plugin`.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "plugin"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}

#[test]
fn a_flood_is_cut_off_at_the_limit() {
    let plugin = plugin("flood");
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || call(&plugin).unwrap());
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 101);
    assert!(lines[99].contains("line 99"), "{}", lines[99]);
    assert!(
        lines[99].contains(r#"plugin="view_of_flood""#),
        "{}",
        lines[99]
    );
    assert!(lines[99].contains(r#"project="test""#), "{}", lines[99]);
    assert!(lines[100].contains("99900 more lines"), "{}", lines[100]);
}
