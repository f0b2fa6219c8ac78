//! Many calls that go wrong: memory comes back, others go on, and the breaker opens and closes.

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use feature_model::Wasi;
use plugin_host::{BackOff, CallError, Host, HostOptions, Limits, Plugin, Values};

use crate::fixture::{HOSTILE, batch, hasty, numbers, options, plugin};

fn value(number: i64) -> plugin_host::Batch {
    batch(vec![Values::Int64(vec![number])])
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// A host whose breakers never open.
fn tireless_host() -> Host {
    let back_off = BackOff {
        failures: u32::MAX,
        ..BackOff::default()
    };
    Host::new(HostOptions {
        back_off,
        ..HostOptions::default()
    })
    .unwrap()
}

#[test]
fn memory_comes_back_after_ten_thousand_traps() {
    let component = tireless_host().compile(&HOSTILE, Wasi::None).unwrap();
    let plugin = Plugin::new(&component, options("trap_on_one")).unwrap();
    let trap = || {
        let error = plugin.call_blocking(1, &value(1)).unwrap_err();
        assert_eq!(error.code(), "plugin_trapped", "{error}");
    };
    (0..100).for_each(|_| trap());
    let before = resident();
    (0..10_000).for_each(|_| trap());
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 20, "{grown} bytes");
    plugin.call_blocking(1, &value(0)).unwrap();
}

#[test]
fn memory_comes_back_after_guests_that_took_all_they_could() {
    let component = tireless_host().compile(&HOSTILE, Wasi::None).unwrap();
    let plugin = Plugin::new(&component, options("grow")).unwrap();
    let before = resident();
    for _ in 0..20 {
        // A new instance is good for as many calls as a trial has.
        let calls = [0, 1, 2].map(|_| crate::fixture::call(&plugin).err());
        assert!(calls.iter().flatten().count() == 1, "{calls:?}");
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes");
}

#[test]
fn other_plugins_go_on_while_one_spins() {
    let component = tireless_host().compile(&HOSTILE, Wasi::None).unwrap();
    let spinning = Plugin::new(&component, hasty("spin")).unwrap();
    let healthy = plugin("add");
    let latencies = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let spin = scope.spawn(|| {
            (0..10).for_each(|_| drop(crate::fixture::call(&spinning)));
        });
        while !spin.is_finished() {
            let started = Instant::now();
            healthy.call_blocking(1, &numbers(1)).unwrap();
            latencies.lock().unwrap().push(started.elapsed());
        }
    });
    let mut latencies = latencies.into_inner().unwrap();
    latencies.sort();
    let median = latencies[latencies.len() / 2];
    assert!(latencies.len() > 100);
    assert!(median < Duration::from_millis(1), "{median:?}");
}

static SECONDS: AtomicU64 = AtomicU64::new(0);

/// A clock that the test moves.
fn now() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    start + Duration::from_secs(SECONDS.load(Ordering::Relaxed))
}

#[test]
fn a_plugin_that_keeps_trapping_is_left_alone_for_a_while() {
    let back_off = BackOff {
        now,
        ..BackOff::default()
    };
    let host = Host::new(HostOptions {
        back_off,
        ..HostOptions::default()
    })
    .unwrap();
    let component = host.compile(&HOSTILE, Wasi::None).unwrap();
    let plugin = Plugin::new(&component, options("trap_on_one")).unwrap();
    for _ in 0..back_off.failures {
        let error = plugin.call_blocking(1, &value(1)).unwrap_err();
        assert_eq!(error.code(), "plugin_trapped");
    }
    let error = plugin.call_blocking(1, &value(0)).unwrap_err();
    assert_eq!(error.code(), "plugin_failing");
    let CallError::Failing { retry_after, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(retry_after, back_off.first);
    // Another view of the component has a breaker of its own.
    let other = Plugin::new(&component, options("trap_on_one")).unwrap();
    other.call_blocking(1, &value(0)).unwrap();

    SECONDS.fetch_add(1, Ordering::Relaxed);
    plugin.call_blocking(1, &value(0)).unwrap();
    plugin.call_blocking(1, &value(0)).unwrap();
}

/// How many calls of a component run at once.
fn share() -> usize {
    let cores = std::thread::available_parallelism().unwrap().get();
    (cores / 2).max(1)
}

/// What becomes of so many calls at once that never end by themselves.
async fn codes_of_endless_calls(plugin: &Plugin, count: usize) -> Vec<&'static str> {
    let call = |_| {
        let plugin = plugin.clone();
        tokio::spawn(async move { plugin.call(1, value(i64::MAX)).await })
    };
    let calls: Vec<_> = (0..count).map(call).collect();
    let mut codes = Vec::new();
    for call in calls {
        codes.push(call.await.unwrap().unwrap_err().code());
    }
    codes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_waits_for_a_core_longer_than_it_may_run() {
    let component = tireless_host().compile(&HOSTILE, Wasi::None).unwrap();
    let plugin = Plugin::new(&component, hasty("slow")).unwrap();
    let began = Instant::now();
    let codes = codes_of_endless_calls(&plugin, 6 * share()).await;
    // One after the other on each core. If they waited no longer than they may run, all would be over after two.
    assert!(began.elapsed() > 5 * Limits::DEFAULT.deadline, "{codes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_wait_for_a_core_are_told_that_it_is_busy() {
    let component = tireless_host().compile(&HOSTILE, Wasi::None).unwrap();
    let mut slow = options("slow");
    slow.limits.deadline = Some(Duration::from_secs(1));
    let plugin = Plugin::new(&component, slow).unwrap();
    let codes = codes_of_endless_calls(&plugin, 2 * share() + 2).await;
    let share = share();
    let deadlines = codes.iter().filter(|code| **code == "plugin_deadline");
    // As many may still get a core at the moment at which the first have to leave theirs, and their patience ends.
    assert!(deadlines.count() <= 2 * share, "{codes:?}");
    assert!(codes.contains(&"plugin_busy"), "{codes:?}");
    plugin.call(1, value(5)).await.unwrap();
}

#[tokio::test]
async fn a_short_call_runs_where_it_is_made_and_a_long_one_elsewhere() {
    let component = tireless_host().compile(&HOSTILE, Wasi::None).unwrap();
    let plugin = Plugin::new(&component, hasty("slow")).unwrap();
    for count in [0, 10, 100_000_000, 0] {
        let called = plugin.call(1, value(count)).await;
        assert!(called.is_ok() || called.is_err_and(|error| error.code() == "plugin_deadline"));
    }
}
