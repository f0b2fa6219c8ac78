//! What one call, view or project can see of another.

use plugin_host::{Plugin, Values};

use crate::fixture::{HOSTILE, call, host, hostile, options};

fn count(plugin: &Plugin) -> i64 {
    let outputs = call(plugin).unwrap();
    match outputs.columns[0].values {
        Values::Int64(ref counts) => counts[0],
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn no_state_passes_between_two_projects_or_two_views() {
    let view = |project: &str, name: &str| {
        let mut options = options("count");
        options.project = project.to_owned();
        options.name = name.to_owned();
        Plugin::new(hostile(), options).unwrap()
    };
    let (one, other, third) = (view("a", "v"), view("b", "v"), view("a", "w"));
    // Each has seen its own trial, and nothing else.
    assert_eq!([count(&one), count(&one), count(&one)], [2, 3, 4]);
    assert_eq!(count(&other), 2);
    assert_eq!(count(&third), 2);
    // The same holds for a component that was compiled a second time.
    let again = host().compile(&HOSTILE, feature_model::Wasi::None).unwrap();
    assert_eq!(count(&Plugin::new(&again, options("count")).unwrap()), 2);
}

#[test]
fn a_fresh_instance_has_seen_no_call() {
    let mut options = options("count");
    options.fresh_instance = true;
    let plugin = Plugin::new(hostile(), options).unwrap();
    for _ in 0..3 {
        assert_eq!(count(&plugin), 0);
    }
}

#[test]
fn an_instance_past_its_memory_mark_is_dropped() {
    let plugin = Plugin::new(hostile(), options("grow_and_keep")).unwrap();
    let before = plugin.memory_used().unwrap();
    // 20 MiB are above the mark, 64 MiB are the limit: each call must find a new instance.
    for _ in 0..10 {
        call(&plugin).unwrap();
        assert!(plugin.memory_used().is_none_or(|used| used <= before));
        assert_eq!(call(&plugin).unwrap().columns.len(), 1);
    }
}
