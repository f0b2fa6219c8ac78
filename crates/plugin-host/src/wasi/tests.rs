use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wasmtime::{
    Engine, Store,
    component::{Component, Linker},
};

use super::define;
use crate::{
    Limits,
    state::{Owner, State},
};

/// Imports what guests of today's toolchains do, and exports a function for each thing to try.
const GUEST: &str = r#"(component
    (import "wasi:io/poll@0.2.6" (instance $poll
        (export "pollable" (type $pollable (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $pollable))))
        (export "[method]pollable.ready" (func (param "self" (borrow $pollable)) (result bool)))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type $pollable (eq $outer)))
        (export "now" (func (result u64)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
    (import "wasi:random/random@0.2.9" (instance $random
        (export "get-random-u64" (func (result u64)))))
    (import "wasi:cli/exit@0.2.0" (instance $exit
        (export "exit" (func (param "status" (result))))))

    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $ready (canon lower (func $poll "[method]pollable.ready")))
    (core func $now (canon lower (func $clock "now")))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core func $random-u64 (canon lower (func $random "get-random-u64")))
    (core func $leave (canon lower (func $exit "exit")))
    (core func $drop (canon resource.drop $pollable))
    (core module $m
        (import "" "block" (func $block (param i32)))
        (import "" "ready" (func $ready (param i32) (result i32)))
        (import "" "now" (func $now (result i64)))
        (import "" "subscribe" (func $subscribe (param i64) (result i32)))
        (import "" "random" (func $random (result i64)))
        (import "" "exit" (func $exit (param i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "sleep") (result i64) (local $pollable i32)
            (local.set $pollable (call $subscribe (i64.const 3600000000000)))
            (call $block (local.get $pollable))
            (if (i32.eqz (call $ready (local.get $pollable))) (then unreachable))
            (call $drop (local.get $pollable))
            (call $now))
        (func (export "hoard") (result i64)
            (loop $again (drop (call $subscribe (i64.const 1))) (br $again))
            (call $now))
        (func (export "come-and-go") (result i64) (local $left i32)
            (local.set $left (i32.const 10000))
            (loop $again
                (call $drop (call $subscribe (i64.const 1)))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $again (local.get $left)))
            (call $now))
        (func (export "random") (result i64) (call $random))
        (func (export "exit") (result i64) (call $exit (i32.const 0)) (call $now)))
    (core instance $i (instantiate $m (with "" (instance
        (export "block" (func $block))
        (export "ready" (func $ready))
        (export "now" (func $now))
        (export "subscribe" (func $subscribe))
        (export "random" (func $random-u64))
        (export "exit" (func $leave))
        (export "drop" (func $drop))))))
    (func (export "sleep") (result u64) (canon lift (core func $i "sleep")))
    (func (export "hoard") (result u64) (canon lift (core func $i "hoard")))
    (func (export "come-and-go") (result u64) (canon lift (core func $i "come-and-go")))
    (func (export "random") (result u64) (canon lift (core func $i "random")))
    (func (export "exit") (result u64) (canon lift (core func $i "exit"))))"#;

/// Calls one of the guest's functions in an instance of its own.
fn call(function: &str, time_left: Duration) -> wasmtime::Result<u64> {
    let engine = Engine::default();
    let component = Component::from_binary(&engine, &wat::parse_str(GUEST)?)?;
    let mut linker = Linker::new(&engine);
    define(&mut linker, &engine, &component)?;
    let owner = Arc::new(Owner {
        plugin: "p".into(),
        project: "q".into(),
    });
    let state = State::new(owner, &Limits::DEFAULT, Instant::now() + time_left);
    let mut store = Store::new(&engine, state);
    let instance = linker.instantiate(&mut store, &component)?;
    let function = instance.get_typed_func::<(), (u64,)>(&mut store, function)?;
    Ok(function.call(&mut store, ())?.0)
}

const ENOUGH: Duration = Duration::from_secs(60);

#[test]
fn a_guest_that_sleeps_for_an_hour_goes_on_at_once_at_the_same_time() {
    let started = Instant::now();
    assert_eq!(call("sleep", ENOUGH).unwrap(), 0);
    assert!(started.elapsed() < ENOUGH);
}

#[test]
fn every_instance_has_the_same_randomness() {
    let (one, other) = (call("random", ENOUGH), call("random", ENOUGH));
    assert_eq!(one.unwrap(), other.unwrap());
}

#[test]
fn what_is_not_there_traps_with_its_name() {
    let error = call("exit", ENOUGH).unwrap_err();
    assert!(format!("{error:?}").contains("`wasi:cli/exit#exit` is not there"));
}

#[test]
fn a_call_of_the_host_is_no_way_past_the_deadline() {
    let error = call("sleep", Duration::ZERO).unwrap_err();
    let trap = error.downcast_ref::<wasmtime::Trap>();
    assert_eq!(trap, Some(&wasmtime::Trap::Interrupt));
}

#[test]
fn a_guest_can_t_fill_the_host_with_handles() {
    let error = call("hoard", ENOUGH).unwrap_err();
    assert!(
        format!("{error:?}").contains("too many resources"),
        "{error:?}"
    );
    assert_eq!(call("come-and-go", ENOUGH).unwrap(), 0);
}
