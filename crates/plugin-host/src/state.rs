//! What the host keeps beside each instance.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wasmtime::ResourceLimiter;

use crate::{Limits, log::LogBudget, wasi::EmptyWasi};

/// Bytes of a table's element.
const TABLE_ELEMENT: u64 = 8;

/// One instance's account.
pub(crate) struct State {
    pub(crate) owner: Arc<Owner>,
    pub(crate) memory: MemoryAccount,
    pub(crate) log: LogBudget,
    /// When the call that runs must end.
    pub(crate) deadline: Instant,
    /// How long it may take in all, for its error.
    pub(crate) time: Duration,
    pub(crate) wasi: EmptyWasi,
}

/// Whose instance it is: for log lines and errors.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) plugin: Arc<str>,
    pub(crate) project: Arc<str>,
}

impl State {
    pub(crate) fn new(owner: Arc<Owner>, limits: &Limits, deadline: Instant) -> Self {
        Self {
            owner,
            memory: MemoryAccount {
                used: 0,
                limit: limits.memory_bytes,
                refused: false,
            },
            log: LogBudget::new(limits.log_lines),
            deadline,
            time: limits.deadline,
            wasi: EmptyWasi::new(),
        }
    }

    pub(crate) fn is_past_deadline(&self) -> bool {
        Instant::now() >= self.deadline
    }
}

/// All memories and tables of one instance, in bytes.
pub(crate) struct MemoryAccount {
    pub(crate) used: u64,
    pub(crate) limit: u64,
    /// The guest was denied memory in this call. What it does next is its own affair, but a trap is put down to it.
    pub(crate) refused: bool,
}

impl MemoryAccount {
    fn grow(&mut self, from: u64, to: u64, maximum: Option<u64>) -> bool {
        let used = self.used.saturating_add(to.saturating_sub(from));
        let allowed = used <= self.limit && maximum.is_none_or(|maximum| to <= maximum);
        if allowed {
            self.used = used;
        } else {
            self.refused = true;
        }
        allowed
    }
}

impl ResourceLimiter for MemoryAccount {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let maximum = maximum.map(|bytes| bytes as u64);
        Ok(self.grow(current as u64, desired as u64, maximum))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| (elements as u64).saturating_mul(TABLE_ELEMENT);
        Ok(self.grow(bytes(current), bytes(desired), maximum.map(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_share_one_limit() {
        let mut account = MemoryAccount {
            used: 0,
            limit: 100,
            refused: false,
        };
        assert!(account.memory_growing(0, 60, None).unwrap());
        assert!(account.table_growing(0, 5, None).unwrap());
        assert_eq!((account.used, account.refused), (100, false));
        assert!(!account.table_growing(5, 6, None).unwrap());
        assert!(account.refused);
        assert_eq!(account.used, 100);
    }
}
