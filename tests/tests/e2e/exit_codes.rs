//! Exit codes: 0 done, 1 failed, 64 usage; what failed is said on stderr, never by a backtrace.

use e2e::{Invocation, Repo, binary, now};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 64;

fn gateway(repo: &Repo) -> Invocation {
    Invocation::new(&binary("gateway"), repo.path())
        .arg("-c")
        .arg(repo.path())
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let repo = Repo::init();
    for args in [
        &["frobnicate"][..],
        &[],
        &["describe"],
        &["materialize", "2024-01-01"],
        &["materialize", "yesterday", "2024-01-01"],
        &["feature-views", "list", "--output", "xml"],
        &["plan", "--no-such-option"],
    ] {
        let outcome = repo.admin(args).run().exits(USAGE);
        assert!(outcome.stdout.is_empty(), "{outcome}");
    }
    let _ = gateway(&repo).arg("frobnicate").run().exits(USAGE);
    let _ = gateway(&repo)
        .args(["serve", "--port", "seventy"])
        .run()
        .exits(USAGE);
}

#[test]
fn help_and_version_are_no_errors() {
    let repo = Repo::empty();
    for args in [["--help"], ["--version"]] {
        let _ = repo.admin(args).run().exits(DONE);
        let _ = gateway(&repo).args(args).run().exits(DONE);
    }
}

#[test]
fn a_folder_without_a_configuration_is_a_failure_that_names_the_file() {
    let repo = Repo::empty();
    let _ = repo
        .admin(["plan"])
        .run()
        .exits(FAILED)
        .complains("feature_store.yaml");
    let _ = gateway(&repo)
        .args(["serve", "--port", "0"])
        .run()
        .exits(FAILED)
        .complains("feature_store.yaml");
}

#[test]
fn all_problems_of_a_configuration_are_told_at_once_with_their_lines() {
    let repo = Repo::init();
    let bad = "project: my project\nregistry: data/registry.db\nprovider: local\nonline_stroe:\n  type: sqlite\n";
    repo.write("feature_store.yaml", bad);
    for outcome in [
        repo.admin(["validate"]).run(),
        gateway(&repo).args(["serve", "--port", "0"]).run(),
    ] {
        let outcome = outcome.exits(FAILED);
        let outcome = outcome
            .complains("feature_store.yaml:1: ")
            .complains("feature_store.yaml:4: ");
        let _ = outcome.complains("online_store");
    }
}

#[test]
fn an_end_before_the_start_is_a_failure() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let backwards = ["materialize", "2024-01-02", "2024-01-01"];
    let _ = repo.admin(backwards).run().exits(FAILED);
}

#[test]
fn a_name_that_the_registry_does_not_have_is_a_failure() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let describe = ["feature-views", "describe", "driver_hourly_stat"];
    let _ = repo
        .admin(describe)
        .run()
        .exits(FAILED)
        .complains("driver_hourly_stat");
    let unknown_view = ["materialize-incremental", &now(), "-v", "nope"];
    let _ = repo
        .admin(unknown_view)
        .run()
        .exits(FAILED)
        .complains("nope");
}

#[test]
fn definitions_that_are_wrong_fail_with_file_and_line() {
    let repo = Repo::init();
    repo.write(
        "features/more.yaml",
        "entities:\n  - name: rider\n    join_kye: rider_id\n",
    );
    let _ = repo
        .admin(["validate"])
        .run()
        .exits(FAILED)
        .complains("more.yaml:3: ");
    let _ = repo
        .admin(["plan", "--detailed-exitcode"])
        .run()
        .exits(FAILED);
    let _ = repo.admin(["apply"]).run().exits(FAILED);
}

#[test]
fn init_does_not_touch_a_folder_that_holds_something() {
    let repo = Repo::empty();
    repo.write("precious.txt", "mine");
    let _ = repo.admin(["init", "."]).run().exits(FAILED);
    assert_eq!(repo.read("precious.txt"), "mine");
    assert!(!repo.at("feature_store.yaml").exists());
}

#[test]
fn a_registry_file_that_is_no_registry_is_a_clear_failure_at_start() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let whole = repo.bytes("data/registry.db");
    let cut_short = &whole[..whole.len() / 2];
    for bytes in [b"not a registry at all".as_slice(), cut_short] {
        repo.write("data/registry.db", bytes);
        let _ = repo
            .admin(["plan"])
            .run()
            .exits(FAILED)
            .complains("registry.db");
        let served = gateway(&repo).args(["serve", "--port", "0"]).run();
        let _ = served.exits(FAILED).complains("registry.db");
    }
}
