use feature_model::access::{Action, Permission, Policy, ResourceType, Role, RoleBinding};

use super::{good, told};

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn rules_are_read_with_all_their_keys() {
    let definitions = good(
        "\
role_bindings:
- {name: team, role: producer, subjects: [ann, 17], groups: [rides], token_roles: [writer]}
permissions:
- name: readers
  types: [feature_view, project]
  name_patterns: ['driver_.*', 'x{1,2}']
  required_tags: {team: rides}
  actions: [describe, read_online]
  policy: {roles: [reader]}
  tags: {why: test}
- {name: group, actions: [describe], policy: {groups: [g]}}
- {name: either, actions: [describe], policy: {groups: [g], namespaces: [n]}}
",
    );
    let project = &definitions.project;
    assert_eq!(
        project.role_bindings["team"],
        RoleBinding {
            name: "team".to_owned(),
            role: Role::Producer,
            subjects: texts(&["ann", "17"]),
            groups: texts(&["rides"]),
            token_roles: texts(&["writer"]),
        }
    );
    assert_eq!(
        project.permissions["readers"],
        Permission {
            name: "readers".to_owned(),
            types: vec![ResourceType::FeatureView, ResourceType::Project],
            name_patterns: texts(&["driver_.*", "x{1,2}"]),
            required_tags: [("team".to_owned(), "rides".to_owned())].into(),
            actions: vec![Action::Describe, Action::ReadOnline],
            policy: Policy::RoleBased(texts(&["reader"])),
            tags: [("why".to_owned(), "test".to_owned())].into(),
        }
    );
    let policy = |name: &str| project.permissions[name].policy.clone();
    assert_eq!(policy("group"), Policy::GroupBased(texts(&["g"])));
    let (groups, namespaces) = (texts(&["g"]), texts(&["n"]));
    let either = Policy::CombinedGroupNamespace { groups, namespaces };
    assert_eq!(policy("either"), either);
    assert!(definitions.warnings.is_empty());
}

#[test]
fn what_no_rule_can_say_is_told_with_its_line() {
    insta::assert_snapshot!(told(
        r"
role_bindings:
- {name: a, role: owner, subjects: [ann]}
- {name: A, role: admin, subjects: [ann, ann, '']}
- {role: admin, subject: [ann]}
permissions:
- {name: p, actions: [manage_access, read], policy: {roles: [r]}}
- {name: q, actions: [], policy: {roles: [r], groups: [g]}}
- {name: r, actions: [describe], policy: {}}
- {name: s, actions: [describe]}
- {name: t, types: [feature-view], actions: [describe], policy: {groups: [' ']}}
- name: u
  name_patterns: ['driver_.*', '(', ' a', '\pL+', '(?=a)b', '[a-z&&b]']
  required_tags: {team: ' rides'}
  actions: [describe]
  policy: {groups: [g]}
- {name: v, policy: {roles: [a], namespaces: [n]}}
"
    ));
}

#[test]
fn a_rule_for_nobody_is_doubtful() {
    let definitions = good(
        "\
role_bindings: [{name: a, role: admin}]
permissions:
- {name: p, actions: [describe], policy: {namespaces: [n]}}
- {name: q, actions: [describe], policy: {roles: []}}
- {name: r, actions: [describe], policy: {groups: [], namespaces: [n]}}
",
    );
    let warnings: Vec<String> = definitions
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    insta::assert_snapshot!(warnings.join("\n"));
}
