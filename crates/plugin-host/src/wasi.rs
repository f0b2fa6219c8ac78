//! A WASI (0.2) in which there is nothing: for toolchains that can't do without the imports.
//!
//! Nothing of it reaches the machine, because there is no code for it: no files, sockets, environment and arguments;
//! a clock that stands at 0; randomness from a fixed seed; pollables that are always ready, so that a guest that
//! sleeps goes on at once; output streams that go to the log. What isn't in [`answer`] traps.
//! Resources are numbers without anything behind them.

use wasmtime::{
    Engine, StoreContextMut,
    component::{
        Component, Linker, LinkerInstance, ResourceAny, ResourceType, Val,
        types::{ComponentInstance, ComponentItem},
    },
};

use crate::{guest::Level, log, split_mix::SplitMix, state::State};

/// What all resources are: nothing.
struct Nothing;

/// Bytes that an output stream says it takes at once.
const STREAM_ROOM: u64 = 1 << 20;
/// Random bytes that a guest gets at once.
const MOST_RANDOM_BYTES: u64 = 1 << 20;

/// Streams and pollables that a guest has at once: the host's tables of them are no part of its memory.
const MOST_RESOURCES: u32 = 4096;

/// The only thing about it that changes.
pub(crate) struct EmptyWasi {
    random: SplitMix,
    next_resource: u32,
    alive_resources: u32,
}

impl EmptyWasi {
    pub(crate) fn new() -> Self {
        Self {
            random: SplitMix(0x5a17_e125_eed0_f0ff),
            next_resource: 0,
            alive_resources: 0,
        }
    }

    /// The same numbers in each instance.
    fn random(&mut self) -> u64 {
        self.random.next()
    }
}

/// Defines each interface of WASI that a component imports.
pub(crate) fn define(
    linker: &mut Linker<State>,
    engine: &Engine,
    component: &Component,
) -> wasmtime::Result<()> {
    for (name, import) in component.component_type().imports(engine) {
        if let (true, ComponentItem::ComponentInstance(interface)) =
            (name.starts_with("wasi:"), import.ty)
        {
            define_interface(&mut linker.instance(name)?, engine, name, &interface)?;
        }
    }
    Ok(())
}

fn define_interface(
    linker: &mut LinkerInstance<'_, State>,
    engine: &Engine,
    interface: &str,
    items: &ComponentInstance,
) -> wasmtime::Result<()> {
    let interface = interface.split('@').next().unwrap_or(interface);
    for (name, item) in items.exports(engine) {
        match item.ty {
            ComponentItem::Resource(_) => {
                linker.resource(name, ResourceType::host::<Nothing>(), |mut store, _| {
                    let alive = &mut store.data_mut().wasi.alive_resources;
                    *alive = alive.saturating_sub(1);
                    Ok(())
                })?;
            }
            ComponentItem::ComponentFunc(_) => {
                let function = format!("{interface}#{name}");
                linker.func_new(name, move |store, _, parameters, results| {
                    call(store, &function, parameters, results)
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn call(
    mut store: StoreContextMut<'_, State>,
    function: &str,
    parameters: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    if store.data().is_past_deadline() {
        return Err(wasmtime::Trap::Interrupt.into());
    }
    let answer = answer(&mut store, function, parameters)?;
    for parameter in parameters {
        release(&mut store, parameter)?;
    }
    match (results, answer) {
        ([], None) => {}
        ([result], Some(value)) => *result = value,
        _ => return Err(absent(function)),
    }
    Ok(())
}

/// Gives back the handles that came as parameters: wasmtime counts those that are lent to the host.
fn release(store: &mut StoreContextMut<'_, State>, value: &Val) -> wasmtime::Result<()> {
    match value {
        Val::Resource(resource) => resource.resource_drop(store),
        Val::List(values) | Val::Tuple(values) => {
            values.iter().try_for_each(|value| release(store, value))
        }
        Val::Option(Some(value)) => release(store, value),
        _ => Ok(()),
    }
}

fn answer(
    store: &mut StoreContextMut<'_, State>,
    function: &str,
    parameters: &[Val],
) -> wasmtime::Result<Option<Val>> {
    let value = match function {
        "wasi:cli/environment#get-environment"
        | "wasi:cli/environment#get-arguments"
        | "wasi:filesystem/preopens#get-directories" => Val::List(Vec::new()),
        "wasi:cli/environment#initial-cwd"
        | "wasi:cli/terminal-stdin#get-terminal-stdin"
        | "wasi:cli/terminal-stdout#get-terminal-stdout"
        | "wasi:cli/terminal-stderr#get-terminal-stderr"
        | "wasi:filesystem/types#filesystem-error-code" => Val::Option(None),
        "wasi:cli/stdin#get-stdin"
        | "wasi:cli/stdout#get-stdout"
        | "wasi:cli/stderr#get-stderr"
        | "wasi:clocks/monotonic-clock#subscribe-duration"
        | "wasi:clocks/monotonic-clock#subscribe-instant"
        | "wasi:sockets/instance-network#instance-network"
        | "wasi:io/streams#[method]input-stream.subscribe"
        | "wasi:io/streams#[method]output-stream.subscribe" => resource(store)?,
        "wasi:clocks/monotonic-clock#now" => Val::U64(0),
        "wasi:clocks/monotonic-clock#resolution" => Val::U64(1),
        "wasi:clocks/wall-clock#now" => datetime(0, 0),
        "wasi:clocks/wall-clock#resolution" => datetime(0, 1),
        "wasi:random/random#get-random-u64" | "wasi:random/insecure#get-insecure-random-u64" => {
            Val::U64(store.data_mut().wasi.random())
        }
        "wasi:random/random#get-random-bytes"
        | "wasi:random/insecure#get-insecure-random-bytes" => random_bytes(store, parameters)?,
        "wasi:random/insecure-seed#insecure-seed" => {
            let mut next = || Val::U64(store.data_mut().wasi.random());
            Val::Tuple(vec![next(), next()])
        }
        "wasi:io/poll#[method]pollable.ready" => Val::Bool(true),
        "wasi:io/poll#poll" => all_indices(parameters),
        "wasi:io/streams#[method]output-stream.check-write" => {
            Val::Result(Ok(Some(Box::new(Val::U64(STREAM_ROOM)))))
        }
        "wasi:io/streams#[method]output-stream.write"
        | "wasi:io/streams#[method]output-stream.blocking-write-and-flush" => {
            log_output(store, parameters);
            Val::Result(Ok(None))
        }
        "wasi:io/streams#[method]output-stream.flush"
        | "wasi:io/streams#[method]output-stream.blocking-flush" => Val::Result(Ok(None)),
        "wasi:io/streams#[method]input-stream.read"
        | "wasi:io/streams#[method]input-stream.blocking-read"
        | "wasi:io/streams#[method]input-stream.skip"
        | "wasi:io/streams#[method]input-stream.blocking-skip" => {
            let closed = Val::Variant("closed".to_owned(), None);
            Val::Result(Err(Some(Box::new(closed))))
        }
        "wasi:sockets/tcp-create-socket#create-tcp-socket"
        | "wasi:sockets/udp-create-socket#create-udp-socket"
        | "wasi:sockets/ip-name-lookup#resolve-addresses" => {
            let denied = Val::Enum("access-denied".to_owned());
            Val::Result(Err(Some(Box::new(denied))))
        }
        "wasi:io/poll#[method]pollable.block" => return Ok(None),
        _ => return Err(absent(function)),
    };
    Ok(Some(value))
}

/// A number that nothing knows. Fresh each time, since a guest may own several at once.
fn resource(store: &mut StoreContextMut<'_, State>) -> wasmtime::Result<Val> {
    let wasi = &mut store.data_mut().wasi;
    if wasi.alive_resources == MOST_RESOURCES {
        return Err(wasmtime::Error::msg("too many resources at once"));
    }
    wasi.alive_resources += 1;
    wasi.next_resource = wasi.next_resource.wrapping_add(1);
    let resource = wasmtime::component::Resource::<Nothing>::new_own(wasi.next_resource);
    Ok(Val::Resource(ResourceAny::try_from_resource(
        resource, store,
    )?))
}

/// What a guest prints is a line of its log: its toolchain tells of panics and exceptions so.
fn log_output(store: &mut StoreContextMut<'_, State>, parameters: &[Val]) {
    let Some(Val::List(bytes)) = parameters.get(1) else {
        return;
    };
    let byte = |byte: &Val| match byte {
        Val::U8(byte) => *byte,
        _ => b'?',
    };
    let bytes: Vec<_> = bytes.iter().take(log::LONGEST_LINE).map(byte).collect();
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_end();
    if !text.is_empty() && store.data_mut().log.take() {
        log::write(store.data(), Level::Info, text);
    }
}

fn datetime(seconds: u64, nanoseconds: u32) -> Val {
    Val::Record(vec![
        ("seconds".to_owned(), Val::U64(seconds)),
        ("nanoseconds".to_owned(), Val::U32(nanoseconds)),
    ])
}

fn random_bytes(
    store: &mut StoreContextMut<'_, State>,
    parameters: &[Val],
) -> wasmtime::Result<Val> {
    let [Val::U64(length @ 0..=MOST_RANDOM_BYTES)] = parameters else {
        return Err(wasmtime::Error::msg("too many random bytes at once"));
    };
    let bytes = (0..*length).map(|_| Val::U8((store.data_mut().wasi.random() >> 56) as u8));
    Ok(Val::List(bytes.collect()))
}

fn all_indices(parameters: &[Val]) -> Val {
    let count = match parameters {
        [Val::List(pollables)] => pollables.len(),
        _ => 0,
    };
    let indices = (0..count).map(|index| Val::U32(u32::try_from(index).unwrap_or(u32::MAX)));
    Val::List(indices.collect())
}

fn absent(function: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!(
        "`{function}` is not there: the WASI of a plugin is empty"
    ))
}

#[cfg(test)]
mod tests;
