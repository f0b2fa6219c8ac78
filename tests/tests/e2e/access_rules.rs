//! Role bindings and permissions from Git to the registry and out of it again; Feast reads along.

use e2e::{Repo, feast};
use serde_json::{Value, json};

const FILE: &str = "features/access.yaml";

const RULES: &str = r#"
role_bindings:
  - name: ranking
    role: producer
    subjects: [ann, "b, c"]
    groups: [ranking]
permissions:
  - name: model_inputs
    types: [feature_service, feature_view]
    name_patterns: ["driver_.*"]
    required_tags: {stage: production}
    actions: [read_online, describe]
    policy: {roles: [model]}
    tags: {team: ranking}
  - name: everything
    actions: [describe]
    policy: {groups: [g], namespaces: [n]}
  - name: in_kubernetes
    types: [entity]
    actions: [describe]
    policy: {namespaces: [prod]}
  - name: by_group
    types: [project]
    actions: [describe]
    policy: {groups: [ranking]}
"#;

fn with_rules() -> Repo {
    let repo = Repo::init();
    repo.write(FILE, RULES);
    repo
}

fn stored_bindings(repo: &Repo) -> Value {
    let dump = repo.admin(["registry-dump"]).run().succeeds().json();
    dump["salver"]["projects"][0]["roleBindings"].clone()
}

#[test]
fn rules_are_planned_applied_and_removed_like_any_other_object() {
    let repo = with_rules();
    let _ = repo.admin(["validate"]).run().succeeds();
    let planned = repo.admin(["plan"]).run().succeeds();
    let planned = planned
        .says("+ role binding `ranking`")
        .says("    role: producer")
        .says(r#"    subjects: ["ann","b, c"]"#)
        .says("+ permission `model_inputs`")
        .says("    policy: roles [model]");
    assert!(
        planned
            .stderr
            .contains("no token proves a Kubernetes namespace")
    );
    let _ = repo.admin(["apply"]).run().succeeds();
    let unchanged = ["plan", "--detailed-exitcode"];
    let _ = repo.admin(unchanged).run().succeeds();
    assert_eq!(
        stored_bindings(&repo),
        json!([{
            "name": "ranking",
            "role": "PRODUCER",
            "subjects": ["ann", "b, c"],
            "groups": ["ranking"],
        }])
    );

    repo.replace(FILE, "role: producer", "role: admin");
    repo.replace(FILE, r#"[ann, "b, c"]"#, "[b, c, ann]");
    repo.replace(FILE, "{roles: [model]}", "{groups: [model]}");
    let _ = repo
        .admin(["plan"])
        .run()
        .succeeds()
        .says("~ role binding `ranking`\n    role: producer -> admin")
        .says(r#"    subjects: ["b, c", ann] -> [ann, b, c]"#)
        .says("~ permission `model_inputs`\n    policy: roles [model] -> groups [model]");
    let _ = repo.admin(["apply"]).run().succeeds();
    let _ = repo.admin(unchanged).run().succeeds();

    std::fs::remove_file(repo.at(FILE)).unwrap();
    let _ = repo
        .admin(["apply"])
        .run()
        .succeeds()
        .says("- role binding `ranking`")
        .says("- permission `in_kubernetes`");
    assert_eq!(stored_bindings(&repo), Value::Null);
    let dump = repo.admin(["registry-dump"]).run().succeeds().json();
    assert_eq!(dump["permissions"], Value::Null);
}

#[test]
fn feast_opens_the_registry_and_lists_the_permissions() {
    let repo = with_rules();
    let _ = repo.admin(["apply"]).run().succeeds();
    let listed = feast::run(repo.path(), "permissions.py", &Value::Null);
    let policies: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["policy"])
        .collect();
    assert_eq!(
        json!(policies),
        json!([
            ["GroupBasedPolicy", {"groups": ["ranking"]}],
            ["CombinedGroupNamespacePolicy", {"groups": ["g"], "namespaces": ["n"]}],
            ["NamespaceBasedPolicy", {"namespaces": ["prod"]}],
            ["RoleBasedPolicy", {"roles": ["model"]}],
        ])
    );
    assert_eq!(
        listed[3],
        json!({
            "name": "model_inputs",
            "types": ["FeatureService", "FeatureView"],
            "name_patterns": ["driver_.*"],
            "required_tags": {"stage": "production"},
            "actions": ["describe", "read_online"],
            "policy": ["RoleBasedPolicy", {"roles": ["model"]}],
            "tags": {"team": "ranking"},
        })
    );
    // Without types, all of them.
    assert_eq!(listed[1]["types"].as_array().unwrap().len(), 12);
    let _ = feast::cli(repo.path(), ["permissions", "list"])
        .run()
        .succeeds()
        .says("model_inputs");
}

/// Feast applies one permission that no file declares, and one that a file declares otherwise.
#[test]
fn what_feast_applied_is_left_alone_until_it_is_adopted() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let theirs = r#"
from feast.permissions.action import AuthzedAction
from feast.permissions.permission import Permission
from feast.permissions.policy import GroupBasedPolicy

one = Permission(name="by_group", actions=[AuthzedAction.DESCRIBE], policy=GroupBasedPolicy(groups=["theirs"]))
other = Permission(name="other", actions=[AuthzedAction.DESCRIBE], policy=GroupBasedPolicy(groups=["theirs"]))
"#;
    repo.write("permissions.py", theirs);
    let _ = feast::cli(repo.path(), ["apply"]).run().succeeds();
    repo.write(FILE, RULES);
    let planned = repo.admin(["plan"]).run().succeeds();
    let unmanaged = planned.stdout.split("left alone").last().unwrap();
    assert!(unmanaged.contains("permission `by_group`"), "{planned}");
    assert!(unmanaged.contains("permission `other`"), "{planned}");
    let _ = repo.admin(["apply", "--adopt"]).run().succeeds();
    let listed = feast::run(repo.path(), "permissions.py", &Value::Null);
    let groups: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["policy"][1]["groups"])
        .collect();
    assert_eq!(
        json!(groups),
        json!([["ranking"], ["g"], null, null, ["theirs"]])
    );
    assert_eq!(stored_bindings(&repo)[0]["name"], "ranking");
}

#[test]
fn everything_that_is_wrong_with_rules_is_told_at_once_with_its_line() {
    let repo = Repo::init();
    repo.write(
        FILE,
        "role_bindings:\n  - name: a\n    role: owner\npermissions:\n  - name: p\n    actions: [read]\n    name_patterns: [\"(\"]\n",
    );
    let told = repo.admin(["validate"]).run().exits(1);
    for (line, what) in [
        (3, "`owner` is not one of `consumer`"),
        (5, "a permission needs the key `policy`"),
        (6, "`read` is not one of `describe`"),
        (7, "`(` can't be a name pattern"),
    ] {
        let place = format!("access.yaml:{line}: ");
        let mut lines = told.stderr.lines();
        assert!(
            lines.any(|told| told.contains(&place) && told.contains(what)),
            "{place}{what}: {told}"
        );
    }
}
