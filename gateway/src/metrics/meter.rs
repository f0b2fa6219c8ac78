use std::{fmt, hash::Hash, time::Duration};

use prometheus_client::metrics::{counter::Counter, family::Family, histogram::Histogram};

/// Counts and times calls of one kind by their outcome. Looking a counter up takes longer than a warm plugin does for a
/// row, so that of the usual outcome is looked up once.
pub struct Meter<K, O> {
    calls: Family<(K, O), Counter>,
    durations: Histogram,
    kind: K,
    usual: O,
    usually: Counter,
}

impl<K, O> Meter<K, O>
where
    K: Clone + Eq + Hash,
    O: Copy + Eq + Hash,
{
    pub(super) fn new(
        calls: &Family<(K, O), Counter>,
        durations: Histogram,
        kind: K,
        usual: O,
    ) -> Self {
        Self {
            usually: calls.get_or_create_owned(&(kind.clone(), usual)),
            calls: calls.clone(),
            durations,
            kind,
            usual,
        }
    }

    /// A call has ended.
    pub fn called(&self, outcome: O, took: Duration) {
        if outcome == self.usual {
            self.usually.inc();
        } else {
            self.calls
                .get_or_create(&(self.kind.clone(), outcome))
                .inc();
        }
        self.durations.observe(took.as_secs_f64());
    }

    /// A call was not made.
    pub fn refused(&self, outcome: O) {
        let kind = self.kind.clone();
        self.calls.get_or_create(&(kind, outcome)).inc();
    }
}

impl<K: fmt::Debug, O> fmt::Debug for Meter<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Meter").field(&self.kind).finish()
    }
}
