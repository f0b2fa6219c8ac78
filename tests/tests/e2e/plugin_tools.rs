//! `registry-admin plugin inspect`, `test`, `bench` and `keygen`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use e2e::{GatewayCommand, Repo};
use serde_json::Value;

const CACHE: &str = "SALVER__SALVER__PLUGINS__CACHE_DIR";
const TRUSTED_KEYS: &str = "SALVER__SALVER__PLUGINS__TRUSTED_KEYS";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn plugin(name: &str) -> PathBuf {
    root().join(format!("plugins/{name}/{name}.wasm"))
}

/// A component whose transforms misbehave, and some that don't.
fn hostile() -> PathBuf {
    root().join("crates/plugin-host/tests/fixtures/hostile.wasm")
}

#[test]
fn all_committed_plugins_pass_their_cases() {
    let repo = Repo::empty();
    let folders = fs::read_dir(root().join("plugins")).expect("the plugins");
    let folders = folders.map(|folder| folder.expect("a folder").path());
    let mut tested = 0;
    for folder in folders.filter(|folder| folder.join("cases.yaml").is_file()) {
        let name = folder.file_name().expect("a name").to_string_lossy();
        let test = repo.admin(["plugin", "test"]).arg(plugin(&name));
        let cases = folder.join("cases.yaml");
        let _ = test
            .arg("--cases")
            .arg(cases)
            .run()
            .succeeds()
            .says("cases passed");
        tested += 1;
    }
    assert!(tested >= 6, "only {tested} plugins were found");
}

#[test]
fn what_differs_is_shown_and_fails() {
    let repo = Repo::empty();
    repo.write(
        "cases.yaml",
        "\
- name: adds
  transform: driver_conv_rate
  inputs: {conv_rate: [0.5, null], val_to_add: [1, 1], val_to_add_2: [2, 2]}
  expected: {conv_rate_plus_val1: [1.5, 1.0], conv_rate_plus_val2: [2.25, null]}
- name: is near
  transform: driver_conv_rate
  inputs: {conv_rate: [0.5], val_to_add: [1], val_to_add_2: [2]}
  expected: {conv_rate_plus_val1: [1.6], conv_rate_plus_val2: [2.4]}
  tolerance: 0.2
- name: refuses
  transform: driver_conv_rate
  inputs: {conv_rate: [0.5], val_to_add: [1], val_to_add_2: [2]}
  expected_error: {failure: invalid-input}
",
    );
    let test = repo
        .admin(["plugin", "test"])
        .arg(plugin("driver_conv_rate"));
    let _ = test
        .args(["--cases", "cases.yaml"])
        .run()
        .exits(1)
        .says("FAILED adds")
        .says("`conv_rate_plus_val1` row 1: expected 1.0, found null")
        .says("`conv_rate_plus_val2` row 0: expected 2.25, found 2.5")
        .says("ok     is near")
        .says("expected the error `invalid-input`, found columns")
        .complains("2 of 3 cases failed");
}

#[test]
fn cases_that_do_not_fit_the_component_are_told_with_their_lines() {
    let repo = Repo::empty();
    repo.write(
        "cases.yaml",
        "\
- name: types
  transform: driver_conv_rate
  inputs:
    conv_rate: [half]
    val_to_add: [1.5]
    val_to_add2: [2]
  expected: {conv_rate_plus_val1: [1.5, 2], conv_rate_plus_val2: [2.5]}
- name: unknown
  transform: driver_conv_rat
  rows: 1
  expected: {}
",
    );
    let test = repo
        .admin(["plugin", "test"])
        .arg(plugin("driver_conv_rate"));
    let _ = test
        .args(["--cases", "cases.yaml"])
        .run()
        .exits(1)
        .complains("cases.yaml:3: the input column `val_to_add_2` (Int64) is missing")
        .complains("cases.yaml:4: `conv_rate`: `half` is no `Float64`")
        .complains("cases.yaml:5: `val_to_add`: `1.5` is no `Int64`")
        .complains("cases.yaml:6: transform `driver_conv_rate` has no input column `val_to_add2`; did you mean `val_to_add_2`?")
        .complains("cases.yaml:7: the output column `conv_rate_plus_val1` has 2 values for 1 rows")
        .complains("cases.yaml:9: the component has no transform `driver_conv_rat`; did you mean `driver_conv_rate`?");
}

#[test]
fn what_is_no_component_is_told_and_fails() {
    let repo = Repo::empty();
    let whole = fs::read(plugin("driver_conv_rate")).expect("it is committed");
    repo.write("cut.wasm", &whole[..whole.len() / 2]);
    repo.write("empty.wasm", "");
    repo.write("garbage.wasm", "garbage");
    repo.write("core.wasm", b"\0asm\x01\0\0\0");
    repo.write("cases.yaml", "[]");
    for (file, told) in [
        ("cut.wasm", "the component is not valid"),
        ("empty.wasm", "an empty file"),
        ("garbage.wasm", "something else"),
        ("core.wasm", "a core module"),
        ("missing.wasm", "can't be read"),
        (".", "is no file"),
    ] {
        for command in ["inspect", "bench"] {
            let run = repo.admin(["plugin", command, file]).run();
            let outcome = run.exits(1).complains(told);
            assert!(outcome.stdout.is_empty(), "{outcome}");
        }
    }
    for arguments in [
        &["plugin"][..],
        &["plugin", "inspect"],
        &["plugin", "test", "core.wasm"],
        &["plugin", "bench", "core.wasm", "--rows", "0"],
        &["plugin", "inspect", "core.wasm", "--parameters", "[1]"],
    ] {
        let _ = repo.admin(arguments).run().exits(64);
    }
}

#[test]
fn an_error_of_one_transform_does_not_hide_the_others() {
    let repo = Repo::empty();
    let inspect = repo.admin(["plugin", "inspect", "--output", "json"]);
    let inspected = inspect.arg(hostile()).run().succeeds().json();
    assert_eq!(inspected["world_version"], "1.0.0");
    assert_eq!(inspected["needs_wasi"], false);
    let transforms = inspected["transforms"].as_array().expect("transforms");
    let named = |name: &str| -> &Value {
        let found = transforms
            .iter()
            .find(|transform| transform["name"] == name);
        found.unwrap_or_else(|| panic!("`{name}` isn't told"))
    };
    assert_eq!(
        named("spin_in_describe")["error"]["code"],
        "plugin_deadline"
    );
    assert_eq!(
        named("same_name_in_describe")["error"]["code"],
        "plugin_output"
    );
    assert_eq!(named("add")["inputs"][2]["name"], "c");
    assert_eq!(named("add")["inputs"][2]["type"], "Int64");
    assert_eq!(named("add")["outputs"][0]["name"], "sum");
}

#[test]
fn misbehaving_transforms_end_with_an_error() {
    let repo = Repo::empty();
    let mut cases = String::new();
    let misbehaving = [
        ("spin", "took longer"),
        ("trap", "trapped"),
        ("overflow", "call stack exhausted"),
        ("wrong_length", "has 2 values"),
    ];
    for (transform, _) in misbehaving {
        cases += &format!(
            "- {{name: {transform}, transform: {transform}, rows: 1, expected: {{value: [1]}}}}\n"
        );
    }
    repo.write("cases.yaml", cases);
    let test = repo.admin(["plugin", "test", "--cases", "cases.yaml"]);
    let mut tested = test.arg(hostile()).run().exits(1);
    for (_, told) in misbehaving {
        tested = tested.says(told);
    }
    let bench = repo.admin(["plugin", "bench", "--transform", "trap"]);
    let _ = bench.arg(hostile()).run().exits(1).complains("trapped");
}

#[test]
fn a_component_is_measured() {
    let repo = Repo::empty();
    let bench = repo.admin(["plugin", "bench", "--rows", "10", "--output", "json"]);
    let measured = bench
        .arg(plugin("driver_conv_rate"))
        .run()
        .succeeds()
        .json();
    assert_eq!(measured["transform"], "driver_conv_rate");
    assert_eq!(measured["rows"], 10);
    for number in [
        "/ns_per_row",
        "/call/median_ns",
        "/call/p99_ns",
        "/call_of_one_row/median_ns",
        "/first_call_us",
        "/start_us",
        "/load_us",
        "/compile_us",
        "/memory_bytes",
    ] {
        let found = measured.pointer(number).and_then(Value::as_f64);
        assert!(
            found.is_some_and(|found| found > 0.0),
            "{number}: {measured}"
        );
    }
}

#[test]
fn a_gateway_that_trusts_the_key_loads_what_was_compiled_for_it_and_compiles_nothing() {
    let repo = Repo::init();
    let _ = repo
        .admin(["plugin", "keygen", "plugins.key"])
        .run()
        .succeeds()
        .says("trusted_keys: [\"ed25519:");
    let _ = repo
        .admin(["plugin", "keygen", "plugins.key"])
        .run()
        .exits(1);
    let apply = ["apply", "--precompile", "--signing-key", "plugins.key"];
    let _ = repo.admin(apply).run().succeeds();
    let text = repo.read("plugins.key.pub");
    for (folder, keys, compiled) in [
        ("file", "[plugins.key.pub]".to_owned(), 0),
        ("text", format!("['{}']", text.trim()), 0),
        ("nobody", "[]".to_owned(), 1),
    ] {
        let gateway = GatewayCommand::new(repo.path())
            .env(CACHE, folder)
            .env(TRUSTED_KEYS, &keys)
            .start();
        gateway.wait_ready();
        let files = fs::read_dir(repo.at(folder)).expect("the gateway's cache");
        let files = files.map(|file| file.expect("a file").file_name());
        let found = files
            .filter(|name| name.to_string_lossy().ends_with(".compiled"))
            .count();
        assert_eq!(found, compiled, "{keys}: {}", gateway.log());
    }
}
