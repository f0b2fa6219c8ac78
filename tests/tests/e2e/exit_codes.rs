//! Exit codes: 0 done, 1 failed, 64 usage.

use e2e::Repo;

#[test]
fn a_command_that_does_not_exist_is_a_usage_error() {
    let repo = Repo::empty();
    let _ = repo.admin(["frobnicate"]).run().exits(64);
}
