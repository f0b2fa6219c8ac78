//! The plugins of this repository, built anew by the toolchains of this machine, compute what the committed ones do: the
//! cases of each plugin, whatever its language.

use std::path::{Path, PathBuf};

use e2e::{Repo, admin_at, rebuilt_plugins};

fn cases(plugin: &str) -> PathBuf {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    plugins.join(plugin).join("cases.yaml")
}

fn check(plugin: &str, language: &str) {
    let component = rebuilt_plugins().join(format!("{plugin}.{language}.wasm"));
    let (component, cases) = (
        component.display().to_string(),
        cases(plugin).display().to_string(),
    );
    let repo = Repo::empty();
    let test = ["plugin", "test", &component, "--cases", &cases];
    let _ = admin_at(repo.path(), test).run().succeeds();
}

#[test]
fn driver_conv_rate_is_the_same_in_rust() {
    check("driver_conv_rate", "rust");
}

#[test]
fn driver_conv_rate_is_the_same_in_python() {
    check("driver_conv_rate", "python");
}

#[test]
fn driver_conv_rate_is_the_same_in_javascript() {
    check("driver_conv_rate", "javascript");
}

#[test]
fn the_others_are_the_same() {
    for plugin in [
        "geo_distance",
        "risk_ratios",
        "text_hash",
        "time_features",
        "vector_similarity",
    ] {
        check(plugin, "rust");
    }
}
