//! What the log is told of replies that lack something.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use crate::{
    encode::{Corrupt, Encoded},
    online_features::report,
    transform::{Computed, Failure},
};

use super::house::House;

/// A log that is kept.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The lines that are written meanwhile.
    fn during(work: impl FnOnce()) -> Vec<String> {
        let log = Self::default();
        let kept = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || kept.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, work);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

fn encoded(view: &str, values: usize) -> Encoded {
    let corrupt = Corrupt {
        view: view.to_owned(),
        feature: "trips".to_owned(),
        reason: "torn".to_owned(),
        values,
    };
    Encoded {
        body: Vec::new(),
        corrupt: vec![corrupt],
    }
}

#[tokio::test(start_paused = true)]
async fn values_that_can_not_be_decoded_are_counted_and_told_of_now_and_then() {
    let house = House::new().await;
    let met = |view: &str, values| report::corrupt(house.project(), &encoded(view, values));
    let lines = Log::during(|| {
        for _ in 0..100 {
            met("stats", 2);
        }
        met("zones", 1);
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    for told in [
        "project=\"prj\"",
        "feature=\"trips\"",
        "values=2",
        "replies=1",
    ] {
        assert!(lines[0].contains(told), "{told}: {}", lines[0]);
    }
    tokio::time::advance(std::time::Duration::from_secs(10)).await;
    let lines = Log::during(|| met("stats", 5));
    assert!(lines[0].contains("values=203 replies=100"), "{lines:?}");
    let counter = r#"salver_corrupt_values_total{project="prj",feature_view="stats"} 205"#;
    assert!(house.tells(counter).await);
}

#[tokio::test(start_paused = true)]
async fn plugins_that_fail_are_told_of_now_and_then() {
    let house = House::new().await;
    let failure = Failure {
        view: "computed".to_owned(),
        code: "plugin_trapped",
        reason: "unreachable".to_owned(),
    };
    let mut computed = Computed::default();
    computed.failures.push(failure);
    let lines = Log::during(|| {
        for _ in 0..100 {
            report::failures(house.project(), &computed);
        }
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("plugin_trapped"), "{lines:?}");
}
