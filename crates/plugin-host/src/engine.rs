//! The engines: how guests are compiled, and the pools of memory that their instances live in.
//!
//! All engines compile alike, so one compiled form fits all of them. They differ in what they set aside for an
//! instance (interpreters need much) and in the size of the stack, which wasmtime has per engine.

mod config;
mod ticker;

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;

use crate::{HostError, Limits, Target, inspect::Shape};

pub(crate) use ticker::TICK;

/// The release of wasmtime in this program. A test compares it with `Cargo.lock`.
pub(crate) const WASMTIME_VERSION: &str = "48.0.8";

/// What an instance gets set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pool {
    /// For plugins that were compiled from a language without a runtime.
    Small,
    /// For plugins that carry an interpreter.
    Interpreter,
}

impl Pool {
    /// The smallest pool that holds a component.
    pub(crate) fn of(shape: &Shape) -> Self {
        let small = shape.core_instances <= config::SMALL_CORE_INSTANCES
            && shape.table_elements <= config::SMALL_TABLE_ELEMENTS as u64
            && shape.memory_pages <= config::SMALL_INITIAL_MEMORY_PAGES;
        if small {
            Self::Small
        } else {
            Self::Interpreter
        }
    }
}

/// A hash of all settings that compiled code depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettingsHash([u8; 32]);

impl SettingsHash {
    pub(crate) fn of(engine: &Engine) -> Self {
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self(hasher.0.finalize().into())
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Enough of it for a file name.
    pub(crate) fn short(&self) -> String {
        self.0[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// `std`'s own hashers have 64 bits and no promise to stay as they are.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let bytes: [u8; 32] = self.0.clone().finalize().into();
        u64::from_le_bytes(std::array::from_fn(|index| bytes[index]))
    }
}

/// All engines of a host, made as they are needed.
pub(crate) struct Engines {
    maximum: Limits,
    parallel_compilation: bool,
    made: Mutex<HashMap<(Pool, u64), Engine>>,
    ticker: ticker::Ticker,
    baseline: SettingsHash,
}

impl Engines {
    pub(crate) fn new(maximum: Limits, parallel_compilation: bool) -> Result<Self, HostError> {
        let baseline = baseline_engine(Target::of_this_machine())?;
        Ok(Self {
            maximum,
            parallel_compilation,
            made: Mutex::default(),
            ticker: ticker::Ticker::start(maximum.deadline)?,
            baseline: SettingsHash::of(&baseline),
        })
    }

    /// The engine whose instances have this pool and at least this much stack.
    pub(crate) fn get(&self, pool: Pool, stack_bytes: u64) -> Result<Engine, HostError> {
        let stack = config::stack_size(stack_bytes, self.maximum.stack_bytes);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(engine) = made.get(&(pool, stack)) {
            return Ok(engine.clone());
        }
        let engine = config::pooled_engine(
            pool,
            stack,
            self.maximum.memory_bytes,
            self.parallel_compilation,
        )?;
        self.ticker.add(&engine);
        made.insert((pool, stack), engine.clone());
        Ok(engine)
    }

    /// Must be called before each call of a guest, so that its deadline comes.
    pub(crate) fn keep_ticking(&self) {
        self.ticker.wake();
    }

    /// The hash that an artefact for this machine's baseline must have.
    pub(crate) fn baseline_hash(&self) -> SettingsHash {
        self.baseline
    }
}

/// An engine that compiles for a target and runs nothing.
pub(crate) fn baseline_engine(target: Target) -> Result<Engine, HostError> {
    config::compiling_engine(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_wasmtime_is_that_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let entry = format!("name = \"wasmtime\"\nversion = \"{WASMTIME_VERSION}\"\n");
        assert!(lock.contains(&entry));
    }

    #[test]
    fn a_pool_is_chosen_by_what_an_instance_needs() {
        let small = Shape {
            core_instances: 4,
            memory_pages: 17,
            table_elements: 100,
        };
        assert_eq!(Pool::of(&small), Pool::Small);
        let many_elements = Shape {
            table_elements: 30_000,
            ..small
        };
        assert_eq!(Pool::of(&many_elements), Pool::Interpreter);
    }

    #[test]
    fn engines_of_all_pools_and_stacks_share_compiled_code() {
        let engines = Engines::new(Limits::MAXIMUM, false).unwrap();
        let hashes = [
            (Pool::Small, 1),
            (Pool::Small, 1 << 20),
            (Pool::Interpreter, 1 << 19),
        ]
        .map(|(pool, stack)| SettingsHash::of(&engines.get(pool, stack).unwrap()));
        assert!(hashes.iter().all(|hash| *hash == hashes[0]));
    }
}
