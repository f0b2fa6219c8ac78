use std::{path::PathBuf, time::Duration};

use super::{MINIMAL, told, with};
use crate::TrustedKey;

const PLUGINS: &str = "\
project: p
registry: data/registry.db
salver:
  plugins:
    cache_dir: cache
    trusted_keys: [keys/release.pub, 'ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']
    defaults: {deadline: 50ms, memory: 32MiB, log_lines: 0}
    maximum: {deadline: 1s, memory: 128 MiB, output: 1000000}
";

#[test]
fn plugins_are_set_up_with_limits_keys_and_a_cache() {
    let plugins = with(PLUGINS, &[]).salver.plugins;
    assert_eq!(plugins.cache_dir, Some(PathBuf::from("/repo/cache")));
    let key = "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned();
    assert_eq!(
        plugins.trusted_keys,
        [
            TrustedKey::File(PathBuf::from("/repo/keys/release.pub")),
            TrustedKey::Text(key)
        ]
    );
    assert_eq!(plugins.defaults.deadline, Duration::from_millis(50));
    assert_eq!(plugins.defaults.memory_bytes, 32 << 20);
    assert_eq!(plugins.defaults.stack_bytes, 512 << 10);
    assert_eq!(plugins.defaults.log_lines, 0);
    assert_eq!(plugins.maximum.deadline, Duration::from_secs(1));
    assert_eq!(plugins.maximum.memory_bytes, 128 << 20);
    // The default of the defaults is above what is said to be the maximum.
    assert_eq!(plugins.defaults.output_bytes, 1_000_000);
}

#[test]
fn the_cache_of_plugins_is_the_users_where_none_is_told() {
    let cache = |pairs: &[(&str, &str)]| with(MINIMAL, pairs).salver.plugins.cache_dir;
    assert_eq!(
        cache(&[("HOME", "/home/ann")]),
        Some(PathBuf::from("/home/ann/.cache/salver/plugins"))
    );
    let both = [("HOME", "/home/ann"), ("XDG_CACHE_HOME", "/var/cache")];
    assert_eq!(
        cache(&both),
        Some(PathBuf::from("/var/cache/salver/plugins"))
    );
    assert_eq!(cache(&[("XDG_CACHE_HOME", "relative")]), None);
}

#[test]
fn limits_of_plugins_come_from_the_environment_too() {
    let variables = [
        ("SALVER__SALVER__PLUGINS__DEFAULTS__DEADLINE", "20ms"),
        ("SALVER__SALVER__PLUGINS__MAXIMUM__STACK", "768KiB"),
        ("SALVER__SALVER__PLUGINS__TRUSTED_KEYS", "[release.pub]"),
    ];
    let plugins = with(MINIMAL, &variables).salver.plugins;
    assert_eq!(plugins.defaults.deadline, Duration::from_millis(20));
    assert_eq!(plugins.maximum.stack_bytes, 768 << 10);
    let key = TrustedKey::File(PathBuf::from("/repo/release.pub"));
    assert_eq!(plugins.trusted_keys, [key]);
}

#[test]
fn limits_of_plugins_that_make_no_sense_are_told() {
    let text = "\
project: p
registry: r.db
salver:
  plugins:
    cache: x
    defaults: {deadline: 30s, memory: 64M, stack: 0}
    maximum: {log_lines: -1, stack: 2MiB}
";
    assert_eq!(
        told(text, &[]),
        "\
/repo/feature_store.yaml:5: `cache` is no key of `salver.plugins`; it has `cache_dir`, `trusted_keys`, `defaults`, `maximum`
/repo/feature_store.yaml:6: `deadline` of `salver.plugins.defaults` is above `salver.plugins.maximum`, which is `10s`
/repo/feature_store.yaml:6: `memory` of `salver.plugins.defaults`: `64M` is no size; write whole bytes or a whole number \
and a unit, such as `64MiB` or `512KiB`
/repo/feature_store.yaml:6: `stack` of `salver.plugins.defaults`: `0` is not a size above zero, such as `64MiB` or `512KiB`
/repo/feature_store.yaml:7: `log_lines` of `salver.plugins.maximum`: `-1` is not an integer of at least 0
/repo/feature_store.yaml:7: `stack` of `salver.plugins.maximum` can't be above `1MiB`"
    );
}
