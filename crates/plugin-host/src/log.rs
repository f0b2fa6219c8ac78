//! The one import that every plugin may have.

use wasmtime::{
    StoreContextMut, Trap,
    component::{Linker, WasmList, WasmStr},
};

use crate::{error::cut, guest::Level, state::State};

pub(crate) const INTERFACE: &str = "salver:transform/log@1.0.0";

/// Bytes of a line; the rest is cut.
pub(crate) const LONGEST_LINE: usize = 4096;
const MOST_FIELDS: usize = 32;

/// How many lines one call may still log.
pub(crate) struct LogBudget {
    lines: u32,
    left: u32,
    dropped: u64,
}

impl LogBudget {
    pub(crate) fn new(lines: u32) -> Self {
        Self {
            lines,
            left: lines,
            dropped: 0,
        }
    }

    /// Counts a line; whether it may be written.
    pub(crate) fn take(&mut self) -> bool {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            true
        } else {
            self.dropped += 1;
            false
        }
    }

    /// Begins a new call. The number of lines that the last one lost.
    pub(crate) fn reset(&mut self) -> u64 {
        self.left = self.lines;
        std::mem::take(&mut self.dropped)
    }
}

type Line = (Level, WasmStr, WasmList<(WasmStr, WasmStr)>);

pub(crate) fn define(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker
        .instance(INTERFACE)?
        .func_wrap("log", |store, line: Line| log(store, &line))
}

fn log(mut store: StoreContextMut<'_, State>, line: &Line) -> wasmtime::Result<()> {
    // The host's time counts too: a guest could spend it all on texts that are looked through and cut.
    if store.data().is_past_deadline() {
        return Err(Trap::Interrupt.into());
    }
    if !store.data_mut().log.take() {
        return Ok(());
    }
    let (level, message, fields) = line;
    let mut text = cut(&message.to_str(&store)?, LONGEST_LINE);
    let fields: Vec<_> = fields.iter(&mut store)?.take(MOST_FIELDS).collect();
    for field in fields {
        let (key, value) = field?;
        if text.len() > LONGEST_LINE {
            break;
        }
        let key = cut(&key.to_str(&store)?, LONGEST_LINE);
        let value = cut(&value.to_str(&store)?, LONGEST_LINE);
        text.push_str(&format!(" {key}={value:?}"));
    }
    write(store.data(), *level, &cut(&text, LONGEST_LINE));
    Ok(())
}

/// Writes a line of a guest.
pub(crate) fn write(state: &State, level: Level, text: &str) {
    let (plugin, project) = (&*state.owner.plugin, &*state.owner.project);
    match level {
        Level::Debug => tracing::debug!(target: "plugin", plugin, project, "{text}"),
        Level::Info => tracing::info!(target: "plugin", plugin, project, "{text}"),
        Level::Warn => tracing::warn!(target: "plugin", plugin, project, "{text}"),
        Level::Error => tracing::error!(target: "plugin", plugin, project, "{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_above_the_limit_are_counted() {
        let mut budget = LogBudget::new(2);
        let taken: Vec<_> = (0..5).map(|_| budget.take()).collect();
        assert_eq!(taken, [true, true, false, false, false]);
        assert_eq!(budget.reset(), 3);
        assert!(budget.take());
        assert_eq!(budget.reset(), 0);
    }
}
