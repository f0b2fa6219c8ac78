use std::sync::{Mutex, PoisonError};

use feature_model::MaterializationInterval;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// Who wants to know how far a materialization has come.
pub(crate) trait Progress: Send + Sync {
    /// A view is begun.
    fn begin(&self, view: &str, interval: MaterializationInterval);
    /// So many rows of the source were looked at; `total` is 0 where nobody knows.
    fn scanned(&self, rows: u64, total: u64);
    /// So many of `total` rows are in the store.
    fn written(&self, rows: u64, total: u64);
    /// The view is done, or has failed.
    fn end(&self);
}

/// A bar on stderr for each view, with rows, rows/s and the time that is left. Draws nothing where stderr is
/// no terminal.
#[derive(Debug, Default)]
pub(crate) struct Bar {
    current: Mutex<Option<Stage>>,
}

#[derive(Debug)]
struct Stage {
    view: String,
    name: &'static str,
    bar: ProgressBar,
}

const BAR: &str = "{prefix} [{bar:30}] {human_pos}/{human_len} rows, {rate} rows/s, {eta} left";
const SPINNER: &str = "{prefix} {spinner} {human_pos} rows, {rate} rows/s";

impl Bar {
    /// One bar for reading, another for writing, so that each has its own rate.
    fn show(&self, name: &'static str, rows: u64, total: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stage) = current.as_mut() else {
            return;
        };
        if stage.name != name {
            stage.bar.finish_and_clear();
            *stage = Stage::new(&stage.view, name, total);
        }
        stage.bar.set_length(total.max(rows));
        stage.bar.set_position(rows);
    }
}

impl Stage {
    fn new(view: &str, name: &'static str, total: u64) -> Self {
        let bar = if total == 0 {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::new(total)
        };
        let template = if total == 0 { SPINNER } else { BAR };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
        }
        bar.set_prefix(format!("{view}: {name}"));
        Self {
            view: view.to_owned(),
            name,
            bar,
        }
    }
}

fn rate(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    // A bar that can't be drawn is no reason to fail.
    let _ = write!(out, "{:.0}", state.per_sec());
}

impl Progress for Bar {
    fn begin(&self, view: &str, _interval: MaterializationInterval) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Stage::new(view, "reading", 0));
    }

    fn scanned(&self, rows: u64, total: u64) {
        self.show("finding the latest rows", rows, total);
    }

    fn written(&self, rows: u64, total: u64) {
        self.show("writing", rows, total);
    }

    fn end(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stage) = current.take() {
            stage.bar.finish_and_clear();
        }
    }
}
