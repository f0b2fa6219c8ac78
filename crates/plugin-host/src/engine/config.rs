use std::num::NonZeroUsize;

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::Pool;
use crate::{HostError, Target, native};

pub(super) const SMALL_CORE_INSTANCES: usize = 8;
pub(super) const SMALL_TABLE_ELEMENTS: usize = 10_000;
pub(super) const SMALL_INITIAL_MEMORY_PAGES: u64 = 128;
const LEAST_STACK: u64 = 64 << 10;
const PAGE: u64 = 64 << 10;

/// What a pool has room for.
struct Room {
    components: u32,
    core_instances_each: u32,
    memories_each: u32,
    table_elements: usize,
    instance_size: usize,
}

const fn room(pool: Pool) -> Room {
    match pool {
        Pool::Small => Room {
            components: 1024,
            core_instances_each: SMALL_CORE_INSTANCES as u32,
            memories_each: 2,
            table_elements: SMALL_TABLE_ELEMENTS,
            instance_size: 1 << 20,
        },
        Pool::Interpreter => Room {
            components: 128,
            core_instances_each: 64,
            memories_each: 4,
            table_elements: 50_000,
            instance_size: 4 << 20,
        },
    }
}

/// What all engines have in common, and all that compiled code depends on.
fn shared() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_backtrace_max_frames(NonZeroUsize::new(8));
    config
}

/// The next power of two, so that there are few engines.
pub(super) fn stack_size(asked: u64, maximum: u64) -> u64 {
    asked
        .clamp(LEAST_STACK, maximum.max(LEAST_STACK))
        .next_power_of_two()
}

pub(super) fn pooled_engine(
    pool: Pool,
    stack: u64,
    memory_bytes: u64,
    parallel_compilation: bool,
) -> Result<Engine, HostError> {
    let room = room(pool);
    let mut components = room.components;
    loop {
        let mut config = shared();
        config.parallel_compilation(parallel_compilation);
        config.max_wasm_stack(usize::try_from(stack).unwrap_or(usize::MAX));
        let pooling = pooling(&room, components, memory_bytes);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling));
        match Engine::new(&config) {
            Ok(engine) => return Ok(engine),
            // Where address space is scarce, fewer instances are better than none.
            Err(_) if components > 16 => components /= 2,
            Err(error) => return Err(engine_error(&error)),
        }
    }
}

fn pooling(room: &Room, components: u32, memory_bytes: u64) -> PoolingAllocationConfig {
    let mut pooling = PoolingAllocationConfig::new();
    let whole_pages = memory_bytes.div_ceil(PAGE) * PAGE;
    let core_instances = components.saturating_mul(room.core_instances_each);
    pooling
        .total_component_instances(components)
        .max_component_instance_size(room.instance_size)
        .total_core_instances(core_instances)
        .max_core_instance_size(room.instance_size)
        .max_core_instances_per_component(room.core_instances_each)
        .total_memories(components.saturating_mul(room.memories_each))
        .max_memories_per_component(room.memories_each)
        .max_memory_size(usize::try_from(whole_pages.min(1 << 32)).unwrap_or(usize::MAX))
        .total_tables(core_instances)
        .max_tables_per_component(room.core_instances_each)
        .table_elements(room.table_elements);
    pooling
}

pub(super) fn compiling_engine(target: Target) -> Result<Engine, HostError> {
    let mut config = shared();
    config
        .target(target.triple())
        .map_err(|error| engine_error(&error))?;
    native::enable_processor_features(&mut config, target.processor_features());
    Engine::new(&config).map_err(|error| engine_error(&error))
}

fn engine_error(error: &wasmtime::Error) -> HostError {
    HostError::Engine {
        detail: format!("{error:#}"),
    }
}
