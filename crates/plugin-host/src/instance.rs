//! One instance of a component, and what its errors mean.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wasmtime::{
    PoolConcurrencyLimitError, Store, Trap, UpdateDeadline, WasmBacktrace, component::TypedFunc,
};

use crate::{
    CallError, Limits,
    batch_check::BadBatch,
    engine::{Engines, TICK},
    error::cut,
    guest::{GuestComputed, GuestDescription, GuestError, Level},
    link::{Linked, TransformParameters, TransformResults},
    log,
    state::{Owner, State},
};

/// Bytes of a guest's message that are kept.
const LONGEST_MESSAGE: usize = 1024;
/// Bytes of a guest's names that are kept in an error.
const LONGEST_NAME: usize = 128;
/// What a batch may have beyond the bytes of its columns: names, and the records around the lists.
const OUTPUT_FRAME: u64 = 64 << 10;

/// Ticks after which a guest that still runs looks at the clock, and falls behind others where nobody knows it yet. Until
/// then it has half of a core that requests want too: in 10 ms they pile up for 20.
const MOST_TICKS: u64 = 2;

/// A store with one instance in it. Used by one call at a time.
pub(crate) struct Instance {
    store: Store<State>,
    instance: wasmtime::component::Instance,
    transform: TypedFunc<TransformParameters<'static>, TransformResults>,
    limits: Limits,
    owner: Arc<Owner>,
}

impl Instance {
    pub(crate) fn new(
        linked: &Linked,
        engines: &Engines,
        owner: &Arc<Owner>,
        limits: Limits,
        deadline: Instant,
    ) -> Result<Self, CallError> {
        let state = State::new(owner.clone(), &limits, deadline);
        let mut store = Store::new(linked.pre.engine(), state);
        store.limiter(|state| &mut state.memory);
        store.epoch_deadline_callback(|store| {
            leftover::takes_long();
            let left = store
                .data()
                .deadline
                .saturating_duration_since(Instant::now());
            Ok(match left {
                Duration::ZERO => UpdateDeadline::Interrupt,
                left => UpdateDeadline::Continue(ticks(left)),
            })
        });
        engines.keep_ticking();
        store.set_epoch_deadline(ticks(limits.deadline));
        let fuel = limits.output_bytes.saturating_add(OUTPUT_FRAME);
        store.set_hostcall_fuel(usize::try_from(fuel).unwrap_or(usize::MAX));
        let made = linked.pre.instantiate(&mut store).and_then(|instance| {
            let transform = instance.get_typed_func(&mut store, linked.transform)?;
            Ok((instance, transform))
        });
        match made {
            Ok((instance, transform)) => Ok(Self {
                store,
                instance,
                transform,
                limits,
                owner: owner.clone(),
            }),
            Err(error) => Err(start_error(&error, &store, &limits, owner)),
        }
    }

    /// Bytes of its memories and tables.
    pub(crate) fn memory_used(&self) -> u64 {
        self.store.data().memory.used
    }

    pub(crate) fn names(
        &mut self,
        linked: &Linked,
        engines: &Engines,
        deadline: Instant,
    ) -> Result<Vec<String>, CallError> {
        self.begin(engines, Instant::now(), deadline);
        let called = self
            .instance
            .get_typed_func::<(), (Vec<String>,)>(&mut self.store, linked.names)
            .and_then(|names| names.call(&mut self.store, ()));
        let (names,) = called.map_err(|error| self.error(&error))?;
        Ok(names)
    }

    pub(crate) fn describe(
        &mut self,
        linked: &Linked,
        engines: &Engines,
        (transform, parameters): (&str, &str),
        deadline: Instant,
    ) -> Result<GuestDescription, CallError> {
        self.begin(engines, Instant::now(), deadline);
        let called = self
            .instance
            .get_typed_func::<(&str, &str), (Result<GuestDescription, GuestError>,)>(
                &mut self.store,
                linked.describe,
            )
            .and_then(|describe| describe.call(&mut self.store, (transform, parameters)));
        let (described,) = called.map_err(|error| self.error(&error))?;
        described.map_err(|error| self.failed(error))
    }

    /// Calls the transform. What it returns isn't looked at yet.
    pub(crate) fn transform(
        &mut self,
        engines: &Engines,
        parameters: TransformParameters<'_>,
        now: Instant,
        deadline: Instant,
    ) -> Result<GuestComputed, CallError> {
        self.begin(engines, now, deadline);
        let called = call_transform(&self.transform, &mut self.store, parameters);
        let lines = self.store.data_mut().log.reset();
        if lines > 0 {
            let text = format!("{lines} more lines of this call are left out");
            log::write(self.store.data(), Level::Warn, &text);
        }
        let (transformed,) = called.map_err(|error| self.error(&error))?;
        transformed.map_err(|error| self.failed(error))
    }

    /// The error for something that this instance has returned.
    pub(crate) fn bad_output(&self, problem: BadBatch) -> CallError {
        CallError::BadOutput {
            plugin: self.owner.plugin.clone(),
            problem,
        }
    }

    fn begin(&mut self, engines: &Engines, now: Instant, deadline: Instant) {
        engines.keep_ticking();
        let left = deadline.saturating_duration_since(now);
        let state = self.store.data_mut();
        state.deadline = deadline;
        // A trial has more time than the calls that follow it.
        state.time = left.max(self.limits.deadline);
        state.memory.refused = false;
        self.store.set_epoch_deadline(ticks(left));
    }

    fn failed(&self, error: GuestError) -> CallError {
        CallError::Failed {
            plugin: self.owner.plugin.clone(),
            failure: error.failure,
            message: cut(&error.message, LONGEST_MESSAGE),
            row: error.row,
            column: error.column.map(|column| cut(&column, LONGEST_NAME)),
        }
    }

    fn error(&self, error: &wasmtime::Error) -> CallError {
        call_error(error, &self.store, &self.limits, &self.owner)
    }
}

/// The typed function was looked up with parameters that live for ever; those of a call live shorter.
fn call_transform(
    transform: &TypedFunc<TransformParameters<'static>, TransformResults>,
    store: &mut Store<State>,
    parameters: TransformParameters<'_>,
) -> wasmtime::Result<TransformResults> {
    // `TypedFunc` is covariant in its parameters.
    let transform: &TypedFunc<TransformParameters<'_>, TransformResults> = transform;
    transform.call(store, parameters)
}

/// When the clock is looked at next: at the deadline, but soon. On a busy machine ticks are longer than they should be,
/// and a long deadline, counted in ticks alone, would come late or, once the ticker rests, never.
fn ticks(left: Duration) -> u64 {
    let ticks = left.as_nanos() / TICK.as_nanos();
    u64::try_from(ticks)
        .unwrap_or(MOST_TICKS)
        .clamp(1, MOST_TICKS)
}

fn start_error(
    error: &wasmtime::Error,
    store: &Store<State>,
    limits: &Limits,
    owner: &Arc<Owner>,
) -> CallError {
    let plugin = owner.plugin.clone();
    if error.is::<PoolConcurrencyLimitError>() {
        CallError::Busy { plugin }
    } else if store.data().memory.refused || error.is::<Trap>() {
        call_error(error, store, limits, owner)
    } else {
        let detail = cut(&format!("{error:#}"), LONGEST_MESSAGE);
        CallError::Unavailable { plugin, detail }
    }
}

fn call_error(
    error: &wasmtime::Error,
    store: &Store<State>,
    limits: &Limits,
    owner: &Arc<Owner>,
) -> CallError {
    let plugin = owner.plugin.clone();
    let trap = error.downcast_ref::<Trap>();
    match trap {
        Some(Trap::Interrupt) => CallError::Deadline {
            plugin,
            deadline: store.data().time,
        },
        _ if store.data().memory.refused => CallError::Memory {
            plugin,
            limit: limits.memory_bytes,
        },
        Some(trap) => CallError::Trapped {
            plugin,
            detail: trap_detail(trap, error),
        },
        None => host_side_error(error, limits, plugin),
    }
}

/// An error that wasmtime's own code found while it read what the guest returned.
fn host_side_error(error: &wasmtime::Error, limits: &Limits, plugin: Arc<str>) -> CallError {
    let text = error.root_cause().to_string();
    // wasmtime keeps the type of this error to itself. A test watches the text.
    if text.contains("fuel allocated for hostcalls") {
        return CallError::OutputTooLarge {
            plugin,
            limit: limits.output_bytes,
        };
    }
    if error.is::<WasmBacktrace>() {
        let detail = cut(&text, LONGEST_MESSAGE);
        return CallError::Trapped { plugin, detail };
    }
    let detail = cut(&text, LONGEST_MESSAGE);
    CallError::BadOutput {
        plugin,
        problem: BadBatch::Interface { detail },
    }
}

/// The trap, and the innermost functions that have a name.
fn trap_detail(trap: &Trap, error: &wasmtime::Error) -> String {
    let frames = error
        .downcast_ref::<WasmBacktrace>()
        .map_or(&[][..], WasmBacktrace::frames);
    let names: Vec<_> = frames
        .iter()
        .filter_map(|frame| frame.func_name())
        .take(3)
        .map(|name| cut(name, LONGEST_NAME))
        .collect();
    match names.is_empty() {
        true => trap.to_string(),
        false => format!("{trap} in {}", names.join(" < ")),
    }
}
