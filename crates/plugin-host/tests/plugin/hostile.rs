//! One guest for each way to misbehave. After each, the process lives, the error names the plugin, and the same
//! plugin answers the next call with a new instance.

use std::time::{Duration, Instant};

use feature_model::PluginLimits;
use plugin_host::{Array, CallError, Failure, Host, HostOptions, Limits, Plugin, Values};

use crate::fixture::{HOSTILE, batch, call, hasty, hostile, numbers, options, plugin};

/// Calls a transform that is well behaved on its first call and not on its second; what the second says.
fn second_call(transform: &str) -> CallError {
    let options = match transform {
        "spin" => hasty(transform),
        _ => options(transform),
    };
    let plugin = Plugin::new(hostile(), options).unwrap();
    let error = call(&plugin).unwrap_err();
    assert_eq!(error.plugin(), format!("view_of_{transform}"));
    assert!(error.to_string().contains(error.plugin()), "{error}");
    call(&plugin).unwrap();
    error
}

#[test]
fn an_endless_loop_ends_at_its_deadline() {
    let started = Instant::now();
    let error = second_call("spin");
    assert!(matches!(error, CallError::Deadline { .. }), "{error}");
    assert_eq!(error.code(), "plugin_deadline");
    assert!(started.elapsed() >= Limits::DEFAULT.deadline);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_endless_loop_in_describe_ends() {
    let host = Host::new(HostOptions {
        trial_deadline: Duration::from_millis(50),
        ..HostOptions::default()
    })
    .unwrap();
    let component = host.compile(&HOSTILE, feature_model::Wasi::None).unwrap();
    let error = component.describe("spin_in_describe", "{}").unwrap_err();
    assert!(matches!(error, CallError::Deadline { .. }), "{error}");
    assert!(
        error.to_string().contains("longer than its 50ms"),
        "{error}"
    );
    let error = Plugin::new(&component, options("spin_in_describe"))
        .err()
        .unwrap();
    assert_eq!(error.plugin(), "view_of_spin_in_describe");
    assert!(Plugin::new(&component, options("add")).is_ok());
}

#[test]
fn memory_that_grows_without_end_is_refused() {
    let error = second_call("grow");
    assert!(matches!(error, CallError::Memory { .. }), "{error}");
    assert_eq!(error.code(), "plugin_memory");
}

#[test]
fn a_stack_overflow_and_a_trap_are_told_apart() {
    for (transform, expected) in [
        ("overflow", "call stack exhausted"),
        ("trap", "unreachable"),
    ] {
        let error = second_call(transform);
        assert_eq!(error.code(), "plugin_trapped");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_smaller_stack_overflows_sooner() {
    for stack_bytes in [64 << 10, 1 << 20] {
        let mut options = options("overflow");
        options.limits.stack_bytes = Some(stack_bytes);
        let plugin = Plugin::new(hostile(), options).unwrap();
        assert_eq!(plugin.limits().stack_bytes, stack_bytes);
        let error = call(&plugin).unwrap_err();
        assert!(error.to_string().contains("exhausted"), "{error}");
        call(&plugin).unwrap();
    }
}

#[test]
fn outputs_that_break_a_rule_are_refused() {
    for (transform, expected) in [
        ("wrong_length", "has 2 values, where 1 are due"),
        ("wrong_type", "has float64, where `Int64` is due"),
        (
            "wrong_name",
            "is called `other`, where `value` is described",
        ),
        ("no_columns", "it has 0 columns, where 1 are described"),
        ("no_names", "it has 0 columns, where 1 are described"),
        ("beyond", "its last offset isn't the length"),
        ("not_utf8", "a text is not UTF-8"),
        ("validity_of_two", "neither 0 nor 1"),
        ("short_validity", "hasn't a byte for each value"),
        ("boolean_of_two", "a boolean is neither 0 nor 1"),
        ("own_child", "a child refers to one that isn't after it"),
        ("shared_child", "a child is referred to twice"),
        ("unused_child", "child 2 is referred to by nothing"),
        ("multiplied", "positions in an alternative don't ascend"),
        ("empty_structs", "has 4294967295 values, where 0 are due"),
    ] {
        // Those that have children to offer don't know when they are tried: they fail the trial already.
        let error = match Plugin::new(hostile(), options(transform)) {
            Ok(_) => second_call(transform),
            Err(error) => error,
        };
        assert_eq!(error.code(), "plugin_output", "{transform}: {error}");
        assert!(error.to_string().contains(expected), "{transform}: {error}");
    }
}

#[test]
fn what_goes_wrong_with_a_row_of_plain_values_is_kept_in_mind() {
    let doubt = |transform: &str| {
        let plugin = plugin(transform);
        plugin.doubt().map(plugin_host::CallError::code)
    };
    assert_eq!(doubt("fail_loudly"), Some("plugin_failed"));
    // It may be right to refuse these values.
    assert_eq!(doubt("fail"), None);
    assert_eq!(doubt("add"), None);
}

#[test]
fn parameters_that_a_transform_refuses_when_it_runs_are_refused_when_it_is_tried() {
    let refused = Plugin::new(hostile(), options("refuse_parameters"));
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("not with these parameters"), "{error}");
}

#[test]
fn offsets_that_run_backwards_are_refused() {
    let plugin = plugin("backwards");
    let two_rows = || plugin.call_blocking(2, &plugin_host::Batch::default());
    let error = two_rows().unwrap_err();
    assert!(
        error.to_string().contains("its offsets run backwards"),
        "{error}"
    );
    two_rows().unwrap();
}

#[test]
fn a_component_that_needs_more_memory_than_there_may_be_is_told_so() {
    let maximum = Limits {
        memory_bytes: 64 << 10,
        ..Limits::MAXIMUM
    };
    let host = Host::new(HostOptions {
        maximum,
        ..HostOptions::default()
    })
    .unwrap();
    let error = host
        .compile(&HOSTILE, feature_model::Wasi::None)
        .err()
        .unwrap();
    let told = error.to_string();
    assert!(
        told.contains("`salver.plugins.maximum.memory` is 64KiB"),
        "{told}"
    );
}

#[test]
fn descriptions_that_make_no_sense_are_refused() {
    for (transform, expected) in [
        ("bad_type_in_describe", "`Integer` is no type"),
        ("same_name_in_describe", "`value` stands there twice"),
    ] {
        let error = hostile().describe(transform, "{}").unwrap_err();
        assert_eq!(error.code(), "plugin_output");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = hostile().describe("absent", "{}").unwrap_err();
    let unknown = Failure::UnknownTransform;
    assert!(matches!(error, CallError::Failed { failure, .. } if failure == unknown));
}

fn bytes(count: i64) -> plugin_host::Batch {
    batch(vec![Values::Int64(vec![count])])
}

#[test]
fn more_output_than_the_limit_is_refused_before_it_is_copied() {
    let plugin = plugin("many_bytes");
    let error = plugin.call_blocking(1, &bytes(20 << 20)).unwrap_err();
    assert!(matches!(error, CallError::OutputTooLarge { .. }), "{error}");
    assert_eq!(error.code(), "plugin_output");
    plugin.call_blocking(1, &bytes(1 << 20)).unwrap();
}

#[test]
fn a_gigabyte_is_refused_whether_or_not_the_guest_may_have_the_memory() {
    let error = plugin("gigabyte").call_blocking(1, &bytes(1 << 30));
    assert!(matches!(error, Err(CallError::Memory { .. })), "{error:?}");

    let maximum = Limits {
        memory_bytes: 3 << 30,
        ..Limits::MAXIMUM
    };
    let host = Host::new(HostOptions {
        maximum,
        ..HostOptions::default()
    })
    .unwrap();
    let component = host.compile(&HOSTILE, feature_model::Wasi::None).unwrap();
    let limits = PluginLimits {
        memory_bytes: Some(3 << 30),
        deadline: Some(Duration::from_secs(10)),
        ..PluginLimits::default()
    };
    let options = plugin_host::PluginOptions {
        limits,
        ..options("gigabyte")
    };
    let plugin = Plugin::new(&component, options).unwrap();
    let error = plugin.call_blocking(1, &bytes(1 << 30)).unwrap_err();
    assert!(matches!(error, CallError::OutputTooLarge { .. }), "{error}");
}

#[test]
fn nan_payloads_are_passed_on() {
    let plugin = plugin("nan");
    let outputs = call(&plugin).unwrap();
    let Values::Float64(numbers) = &outputs.columns[0].values else {
        panic!("{outputs:?}");
    };
    assert!(numbers[0].is_nan());
    call(&plugin).unwrap();
}

#[test]
fn a_guest_that_fails_in_a_row_and_a_column_that_are_not_there_is_told_without_them() {
    let plugin = plugin("fail");
    // An error of its own doesn't cost the instance, however often.
    for _ in 0..100 {
        let error = call(&plugin).unwrap_err();
        assert_eq!(error.code(), "plugin_failed");
        assert_eq!(
            error.to_string(),
            "plugin `view_of_fail` failed: it is too cold"
        );
    }
}

#[test]
fn a_guest_s_message_is_cut() {
    let error = call(&plugin("fail_loudly")).unwrap_err();
    assert!(
        error.to_string().len() < 1200,
        "{}",
        error.to_string().len()
    );
}

#[test]
fn an_error_about_nulls_is_no_reason_not_to_serve() {
    let plugin = plugin("refuse_nulls");
    assert_eq!(call(&plugin).unwrap_err().code(), "plugin_failed");
}

#[test]
fn a_column_of_another_type_is_not_given_to_a_guest() {
    let plugin = plugin("add");
    let mut wrong = numbers(1);
    wrong.columns[0] = Array::of(Values::Int64(vec![1]));
    for (rows, inputs) in [(1, &wrong), (2, &numbers(1)), (1, &batch(vec![]))] {
        let error = plugin.call_blocking(rows, inputs).unwrap_err();
        assert_eq!(error.code(), "plugin_input", "{error}");
    }
    plugin.call_blocking(1, &numbers(1)).unwrap();
}
