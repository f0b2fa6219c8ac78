//! Components beside the registry, and plans that name them.

use super::{FILE, component, described, digest, repo, stored};

#[test]
fn a_component_that_is_stored_is_named_by_its_digest() {
    let repo = repo();
    let _ = repo.admin(["apply"]).run().succeeds();
    let by_digest = format!("digest: sha256:{}", digest(&repo));
    let text = repo
        .read(FILE)
        .replace("path: plugins/adder.wasm", &by_digest);
    repo.write(FILE, text);
    std::fs::remove_file(repo.at("plugins/adder.wasm")).expect("the file is there");
    let _ = repo.admin(["plan"]).run().succeeds().says("No changes");
    std::fs::remove_file(repo.at(&stored(&repo))).expect("it is stored");
    let _ = repo
        .admin(["apply"])
        .run()
        .exits(1)
        .complains("has no component sha256:");
}

#[test]
fn a_saved_plan_is_applied_with_the_component_it_was_made_with() {
    let repo = repo();
    let _ = repo.admin(["plan", "--out", "plan.json"]).run().succeeds();
    let mut other = component();
    other.extend(b"\0\x05\x04test");
    repo.write("plugins/adder.wasm", other);
    let _ = repo
        .admin(["apply", "plan.json"])
        .run()
        .exits(1)
        .complains("`plugins/adder.wasm` is another one than the plan was made with");
    assert!(!repo.at("data/registry.db").exists());
    repo.write("plugins/adder.wasm", component());
    let _ = repo.admin(["apply", "plan.json"]).run().succeeds();
    assert_eq!(repo.bytes(&stored(&repo)), component());
}

#[test]
fn a_saved_plan_is_refused_where_a_component_has_changed_that_is_stored_already() {
    let repo = repo();
    let _ = repo.admin(["apply"]).run().succeeds();
    repo.replace(FILE, "deadline: 50ms", "deadline: 60ms");
    let _ = repo.admin(["plan", "--out", "plan.json"]).run().succeeds();
    let mut other = component();
    other.extend(b"\0\x05\x04test");
    repo.write("plugins/adder.wasm", other);
    let apply = || repo.admin(["apply", "plan.json"]).run();
    let _ = apply()
        .exits(1)
        .complains("`plugins/adder.wasm` is another one than the plan was made with");
    std::fs::remove_file(repo.at("plugins/adder.wasm")).expect("the file is there");
    let _ = apply()
        .exits(1)
        .complains("a plugin of the plan is gone: `");
    assert_eq!(
        described(&repo, "again")["plugin"]["limits"]["deadline"],
        "50ms"
    );
}

#[test]
fn artefacts_are_stored_beside_the_component_for_each_target() {
    let repo = repo();
    let _ = repo
        .admin(["apply", "--precompile"])
        .run()
        .exits(1)
        .complains("SALVER_SIGNING_KEY");
    assert!(!repo.at("data/registry.db").exists());
    // 32 bytes are a key.
    let key = format!("ed25519-secret:{}=\n", "A".repeat(43));
    repo.write("signing.key", &key);
    let apply = ["apply", "--precompile", "--signing-key"];
    let signed = repo.admin(apply).arg(repo.at("signing.key")).run();
    let _ = signed.succeeds().says("for x86-64-v2").says("for aarch64");
    let folder = stored(&repo).replace(".wasm", "");
    let artefacts = |target: &str| {
        let files = std::fs::read_dir(repo.at(&folder)).expect("a folder");
        let names = files.map(|file| file.expect("a file").file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with(target))
            .count()
    };
    assert_eq!((artefacts("x86-64-v2"), artefacts("aarch64")), (1, 1));
    let from_environment = repo.admin(["apply", "--precompile=aarch64"]);
    let _ = from_environment
        .env("SALVER_SIGNING_KEY", &key)
        .run()
        .succeeds();
}
