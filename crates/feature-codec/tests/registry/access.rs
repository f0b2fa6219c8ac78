//! Access rules: Feast's permissions, and Salver's role bindings in the extension.

use feature_codec::registry::{ApplyError, RegistryDocument, decode_snapshot};
use feature_model::{
    ObjectId, ObjectKind, Project, Tags,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
    plan::{Change, Plan},
};

use crate::{
    EVERYTHING, PERMISSIONS, apply, current, now, planned, rides,
    unknown_fields::{marked_where, marks},
};

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn binding() -> RoleBinding {
    RoleBinding {
        name: "team".to_owned(),
        role: Role::Producer,
        subjects: texts(&["ann", "a, b"]),
        groups: texts(&["rides"]),
        token_roles: texts(&["writer"]),
    }
}

pub(crate) fn permission() -> Permission {
    Permission {
        name: "stats_readers".to_owned(),
        types: vec![ResourceType::FeatureView],
        name_patterns: texts(&["driver_.*"]),
        required_tags: [("team".to_owned(), "rides".to_owned())].into(),
        actions: vec![Action::ReadOnline],
        policy: Policy::GroupBased(texts(&["rides"])),
        tags: Tags::new(),
    }
}

fn rules() -> Project {
    let (team, readers) = (binding(), permission());
    Project {
        role_bindings: [(team.name.clone(), team)].into(),
        permissions: [(readers.name.clone(), readers)].into(),
        ..Project::default()
    }
}

/// A registry with [`rules`], in which the messages at that path hold an unknown field.
fn newer(path: &str) -> RegistryDocument {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &rules(), false);
    let bytes = marked_where(&document.encode(), |known| known == path);
    assert!(!marks(&bytes).is_empty(), "{path}");
    RegistryDocument::decode(&bytes).unwrap()
}

#[test]
fn what_feast_wrote_is_read_with_every_kind_of_policy() {
    let snapshot = decode_snapshot(PERMISSIONS).unwrap();
    let permissions = &snapshot.projects["rides"].permissions;
    let policies = permissions
        .iter()
        .map(|(name, one)| (name.as_str(), one.policy.clone()));
    assert_eq!(
        policies.collect::<Vec<_>>(),
        [
            ("by_role", Policy::RoleBased(texts(&["reader", "writer"]))),
            ("by_group", Policy::GroupBased(texts(&["rides"]))),
            ("by_namespace", Policy::NamespaceBased(texts(&["prod"]))),
            (
                "by_either",
                Policy::CombinedGroupNamespace {
                    groups: texts(&["g"]),
                    namespaces: texts(&["n"]),
                }
            ),
            ("for_everybody", Policy::AllowAll),
        ]
    );
    let whole = Permission {
        name: "by_role".to_owned(),
        types: vec![ResourceType::FeatureView, ResourceType::FeatureService],
        name_patterns: texts(&["driver_.*", "x{1,2}"]),
        required_tags: [("team".to_owned(), "rides".to_owned())].into(),
        actions: permissions["by_role"].actions.clone(),
        policy: Policy::RoleBased(texts(&["reader", "writer"])),
        tags: [("why".to_owned(), "test".to_owned())].into(),
    };
    assert_eq!(permissions["by_role"], whole);
    let actions = whole.actions.iter().map(|action| action.as_str());
    assert_eq!(
        actions.collect::<Vec<_>>(),
        [
            "create",
            "describe",
            "update",
            "delete",
            "read_online",
            "read_offline",
            "write_online",
            "write_offline",
        ]
    );
    // Feast writes all types where a definition names none.
    let types = &permissions["by_group"].types;
    assert!(
        ResourceType::KNOWN
            .iter()
            .all(|known| types.contains(known))
    );
}

#[test]
fn rules_are_read_as_they_were_applied_and_feast_finds_its_own_message() {
    let mut document = RegistryDocument::empty();
    apply(&mut document, &rules(), false);
    let read = current(&document);
    assert_eq!(read.role_bindings, rules().role_bindings);
    assert_eq!(read.permissions, rules().permissions);
    let json = document.to_json().unwrap();
    assert_eq!(
        json["permissions"][0]["spec"],
        serde_json::json!({
            "name": "stats_readers",
            "project": "rides",
            "types": ["FEATURE_VIEW"],
            "namePatterns": ["driver_.*"],
            "requiredTags": {"team": "rides"},
            "actions": ["READ_ONLINE"],
            "policy": {"groupBasedPolicy": {"groups": ["rides"]}},
        })
    );
    assert_eq!(
        json["salver"]["projects"][0]["roleBindings"],
        serde_json::json!([{
            "name": "team",
            "role": "PRODUCER",
            "subjects": ["ann", "a, b"],
            "groups": ["rides"],
            "tokenRoles": ["writer"],
        }])
    );
}

#[test]
fn what_feast_applied_from_equal_definitions_needs_no_change() {
    let document = RegistryDocument::decode(PERMISSIONS).unwrap();
    let mut desired = current(&document);
    desired.permissions["by_group"].types.clear();
    let plan = planned(&document, &desired, false);
    assert!(plan.is_empty() && plan.unmanaged.is_empty(), "{plan:#?}");
}

#[test]
fn one_policy_takes_the_place_of_another() {
    let mut document = RegistryDocument::empty();
    apply(&mut document, &rules(), false);
    for policy in [
        Policy::RoleBased(texts(&["r"])),
        Policy::AllowAll,
        Policy::NamespaceBased(texts(&["n"])),
        Policy::CombinedGroupNamespace {
            groups: texts(&["g"]),
            namespaces: texts(&["n"]),
        },
        Policy::GroupBased(texts(&["g"])),
    ] {
        let mut desired = rules();
        desired.permissions["stats_readers"].policy = policy.clone();
        apply(&mut document, &desired, false);
        assert_eq!(
            current(&document).permissions["stats_readers"].policy,
            policy
        );
    }
}

#[test]
fn rules_that_are_removed_leave_nothing() {
    let mut document = RegistryDocument::decode(EVERYTHING).unwrap();
    apply(&mut document, &rules(), false);
    apply(&mut document, &Project::default(), false);
    assert!(current(&document).role_bindings.is_empty());
    // Feast made this one.
    assert!(current(&document).permissions.keys().eq(["readers"]));
}

#[test]
fn a_torn_down_project_takes_its_rules_along_also_those_that_are_not_understood() {
    let mut document = newer("/salver/projects/role_bindings");
    document.remove_project(&rides()).unwrap();
    let after = current(&document);
    assert!(after.role_bindings.is_empty());
    assert!(after.permissions.keys().eq(["readers"]));
    let team = ObjectId::new(ObjectKind::RoleBinding, "team");
    assert!(!after.others.contains(&team));
}

#[test]
fn a_policy_with_anything_unknown_in_it_is_unknown() {
    for path in [
        "/permissions/spec/policy",
        "/permissions/spec/policy/group_based_policy",
    ] {
        let policies = current(&newer(path)).permissions;
        assert_eq!(policies["stats_readers"].policy, Policy::Unknown, "{path}");
    }
    let elsewhere = current(&newer("/permissions/spec")).permissions;
    assert_eq!(elsewhere["stats_readers"], permission());
}

/// The last field of `Registry.permissions[].spec.policy` is one that a newer Feast made up.
#[test]
fn a_policy_of_an_unknown_kind_is_not_for_everybody() {
    // field 16 of `Registry`: {spec: {name: "p", project: "rides", actions: [READ_ONLINE], policy: {7: {}}}}
    let spec = b"\x0a\x01p\x12\x05rides\x32\x01\x04\x3a\x02\x3a\x00";
    let mut bytes = vec![0x82, 0x01, spec.len() as u8 + 2, 0x0a, spec.len() as u8];
    bytes.extend(spec);
    let snapshot = decode_snapshot(&bytes).unwrap();
    let read = &snapshot.projects["rides"].permissions["p"];
    assert_eq!(read.actions, [Action::ReadOnline]);
    assert_eq!(read.policy, Policy::Unknown);
}

/// Protobuf takes a message that comes in parts for one message.
#[test]
fn a_policy_in_two_parts_is_read_as_one() {
    // {..., policy: {role_based_policy: {roles: ["a"]}}, policy: {7: {}}}, and the same without the unknown part
    let head = b"\x0a\x01p\x12\x05rides\x3a\x05\x1a\x03\x0a\x01a";
    for (rest, policy) in [
        (&b"\x3a\x02\x3a\x00"[..], Policy::Unknown),
        (
            &b"\x3a\x05\x1a\x03\x0a\x01b"[..],
            Policy::RoleBased(texts(&["a", "b"])),
        ),
    ] {
        let spec = [&head[..], rest].concat();
        let mut bytes = vec![0x82, 0x01, spec.len() as u8 + 2, 0x0a, spec.len() as u8];
        bytes.extend(spec);
        let snapshot = decode_snapshot(&bytes).unwrap();
        assert_eq!(snapshot.projects["rides"].permissions["p"].policy, policy);
        let document = RegistryDocument::decode(&bytes).unwrap();
        assert_eq!(document.snapshot().unwrap().projects, snapshot.projects);
    }
}

#[test]
fn a_type_that_is_not_known_stays_one_that_is_unknown() {
    // {..., types: [99]}, packed
    let spec = b"\x0a\x01p\x12\x05rides\x1a\x01\x63";
    let mut bytes = vec![0x82, 0x01, spec.len() as u8 + 2, 0x0a, spec.len() as u8];
    bytes.extend(spec);
    let snapshot = decode_snapshot(&bytes).unwrap();
    let read = &snapshot.projects["rides"].permissions["p"];
    assert_eq!(read.types, [ResourceType::Unknown]);
    assert_eq!(read.policy, Policy::AllowAll);
}

#[test]
fn a_role_binding_that_is_not_understood_binds_nobody_and_stays_as_it_is() {
    let document = newer("/salver/projects/role_bindings");
    let read = current(&document);
    let team = ObjectId::new(ObjectKind::RoleBinding, "team");
    assert!(read.role_bindings.is_empty());
    assert!(read.others.contains(&team));
    for desired in [rules(), Project::default()] {
        let plan = planned(&document, &desired, false);
        assert!(plan.unmanaged.contains(&team));
        let mut after = document.clone();
        apply(&mut after, &desired, false);
        assert_eq!(
            after.to_json().unwrap()["salver"]["projects"][0]["roleBindings"],
            document.to_json().unwrap()["salver"]["projects"][0]["roleBindings"],
        );
        assert_eq!(marks(&after.encode()), marks(&document.encode()));
    }
}

#[test]
fn a_permission_that_is_not_understood_stays_as_it_is_even_when_it_is_adopted() {
    let document = newer("/permissions/spec/policy");
    let mut desired = rules();
    let mut readers = permission();
    readers.name = "readers".to_owned();
    desired.permissions.insert(readers.name.clone(), readers);
    for adopt in [false, true] {
        let mut after = document.clone();
        let plan = apply(&mut after, &desired, adopt);
        assert!(plan.is_empty(), "{plan:#?}");
        assert_eq!(after.encode(), document.encode());
    }
}

/// What a newer release says elsewhere in the same message is kept when a rule changes.
#[test]
fn a_rule_that_changes_keeps_what_is_unknown_around_it() {
    let document = newer("/permissions/spec");
    let mut desired = rules();
    desired.permissions["stats_readers"].actions = vec![Action::Describe];
    desired.role_bindings["team"].role = Role::Consumer;
    let mut after = document.clone();
    let plan = apply(&mut after, &desired, false);
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(marks(&after.encode()), marks(&document.encode()));
}

#[test]
fn a_plan_that_does_not_fit_is_refused() {
    let change = |action| Plan {
        changes: vec![Change {
            object: ObjectId::new(ObjectKind::RoleBinding, "team"),
            action,
        }],
        unmanaged: Vec::new(),
    };
    let create = feature_model::plan::Action::Create;
    let delete = feature_model::plan::Action::Delete;
    let mut empty = RegistryDocument::empty();
    let refused = empty.apply(&rides(), &rules(), &change(delete), false, now());
    assert!(matches!(refused, Err(ApplyError::Outdated { .. })));
    let refused = empty.apply(
        &rides(),
        &Project::default(),
        &change(create.clone()),
        false,
        now(),
    );
    assert!(matches!(refused, Err(ApplyError::Undeclared { .. })));
    apply(&mut empty, &rules(), false);
    let refused = empty.apply(&rides(), &rules(), &change(create), false, now());
    assert!(matches!(refused, Err(ApplyError::Outdated { .. })));
}

#[test]
fn what_feast_has_no_words_for_is_not_written() {
    let unwritable = [
        Permission {
            actions: vec![Action::ManageAccess],
            ..permission()
        },
        Permission {
            policy: Policy::Unknown,
            ..permission()
        },
        Permission {
            types: vec![ResourceType::Unknown],
            ..permission()
        },
    ];
    for permission in unwritable {
        let desired = Project {
            permissions: [(permission.name.clone(), permission)].into(),
            ..Project::default()
        };
        let mut document = RegistryDocument::empty();
        let plan = planned(&document, &desired, false);
        let refused = document.apply(&rides(), &desired, &plan, false, now());
        assert!(matches!(refused, Err(ApplyError::Undeclared { .. })));
    }
}
