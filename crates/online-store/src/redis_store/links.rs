use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread::available_parallelism,
};

use super::{
    address::Address,
    link::{LastFailure, Link},
};

/// Connections for reads: each parses its answers in one task, so one connection is one core's worth.
const MOST_LINKS: usize = 4;

/// The connections on which one server is read from, used in turn.
pub(super) struct Links {
    links: Box<[Link]>,
    turn: AtomicUsize,
}

impl Links {
    pub(super) fn for_reads(address: &Address, last_failure: &LastFailure) -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self {
            links: (0..cores.min(MOST_LINKS))
                .map(|_| Link::for_reads(address.clone(), last_failure))
                .collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Host and port.
    pub(super) fn name(&self) -> &str {
        self.links.first().map_or("redis", Link::name)
    }

    /// The server is known to be there, whatever was seen of it.
    pub(super) fn forget_failure(&self) {
        // they share it
        if let Some(link) = self.links.first() {
            link.forget_failure();
        }
    }

    pub(super) fn next(&self) -> &Link {
        &self.links[self.turn.fetch_add(1, Ordering::Relaxed) % self.links.len()]
    }
}
