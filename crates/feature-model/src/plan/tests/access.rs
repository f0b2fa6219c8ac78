use super::*;
use crate::access::{self, Permission, ResourceType, Role, RoleBinding};

fn binding() -> RoleBinding {
    RoleBinding {
        name: "team".to_owned(),
        role: Role::Consumer,
        subjects: vec!["ann".to_owned(), "bob".to_owned()],
        groups: Vec::new(),
        token_roles: vec!["a, b".to_owned()],
    }
}

fn permission() -> Permission {
    Permission {
        name: "readers".to_owned(),
        types: ResourceType::KNOWN.to_vec(),
        name_patterns: vec!["driver_.*".to_owned()],
        required_tags: Tags::new(),
        actions: vec![access::Action::ReadOnline, access::Action::Describe],
        policy: Policy::RoleBased(vec!["reader".to_owned()]),
        tags: Tags::new(),
    }
}

fn with_rules(binding: RoleBinding, permission: Permission) -> Project {
    Project {
        role_bindings: [("team".to_owned(), binding)].into(),
        permissions: [("readers".to_owned(), permission)].into(),
        ..Project::default()
    }
}

fn changes(current: &Project, desired: &Project) -> Plan {
    let managed = everything_is_managed(&with_rules(binding(), permission()));
    plan(current, desired, &managed, false)
}

#[test]
fn what_a_rule_gives_and_to_whom_is_told() {
    let changed = RoleBinding {
        role: Role::Admin,
        subjects: vec!["bob".to_owned()],
        groups: vec!["rides".to_owned()],
        token_roles: vec!["a".to_owned(), "b".to_owned()],
        ..binding()
    };
    let widened = Permission {
        types: vec![ResourceType::Entity],
        name_patterns: Vec::new(),
        required_tags: [("team".to_owned(), "rides".to_owned())].into(),
        actions: vec![access::Action::Describe],
        policy: Policy::AllowAll,
        ..permission()
    };
    let before = with_rules(binding(), permission());
    let plan = changes(&before, &with_rules(changed, widened));
    let lines = plan.changes.iter().flat_map(|change| match &change.action {
        Action::Update { fields } => fields.as_slice(),
        _ => panic!("{change:?}"),
    });
    let lines = lines.map(|field| {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        let (before, after) = (side(&field.before), side(&field.after));
        format!("{}: {before} -> {after}", field.path)
    });
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "types: - -> [entity]",
            "name_patterns: [driver_.*] -> -",
            "required_tags.team: - -> rides",
            "actions: [describe, read_online] -> [describe]",
            "policy: roles [reader] -> everybody who is authenticated",
            "role: consumer -> admin",
            "subjects: [ann, bob] -> [bob]",
            "groups: - -> [rides]",
            "token_roles: [\"a, b\"] -> [a, b]",
        ]
    );
}

#[test]
fn the_order_of_names_and_all_types_told_one_by_one_are_no_change() {
    let mut reordered = binding();
    reordered.subjects.reverse();
    let mut shorter = permission();
    shorter.types.clear();
    shorter.actions.reverse();
    let before = with_rules(binding(), permission());
    let plan = changes(&before, &with_rules(reordered, shorter));
    assert_eq!(plan, Plan::default());
}

#[test]
fn what_no_file_declares_any_more_is_deleted() {
    let before = with_rules(binding(), permission());
    let deleted = changes(&before, &Project::default()).changes;
    let deleted: Vec<String> = deleted
        .iter()
        .map(|change| format!("{}: {:?}", change.object, change.action))
        .collect();
    assert_eq!(
        deleted,
        [
            "role binding `team`: Delete",
            "permission `readers`: Delete"
        ]
    );
}

#[test]
fn a_rule_that_is_not_understood_is_left_alone() {
    let mut current = with_rules(binding(), permission());
    current.permissions["readers"].policy = Policy::Unknown;
    current.role_bindings.clear();
    let team = ObjectId::new(ObjectKind::RoleBinding, "team");
    current.others.push(team.clone());
    let plan = changes(&current, &with_rules(binding(), permission()));
    assert!(plan.is_empty(), "{plan:#?}");
    let readers = ObjectId::new(ObjectKind::Permission, "readers");
    assert_eq!(plan.unmanaged, [readers, team]);
}
