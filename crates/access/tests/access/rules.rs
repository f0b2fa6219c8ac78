//! Rules of both kinds, what they allow, and what is said about it.

use access::{AccessRules, Principal, Resource, ResourceKind, Scopes, Warning};
use feature_model::access::{Action, Permission, Policy, ResourceType, Role, RoleBinding};

use crate::project::{binding, names, permission, prj, tags};

#[test]
fn without_a_rule_nothing_is_allowed() {
    let rules = AccessRules::new(prj(), [], []);
    let alice = Principal::new("alice");
    assert!(!rules.admits(&alice));
    for kind in ResourceKind::ALL {
        for action in Action::ALL {
            assert!(
                !rules
                    .decide(&alice, action, &Resource::new(kind, "x"))
                    .is_allowed()
            );
        }
    }
    let denied = rules.decide(
        &alice,
        Action::ReadOnline,
        &Resource::new(ResourceKind::FeatureView, "a"),
    );
    assert_eq!(
        denied.to_string(),
        "denied: `read_online` on feature view `a` is missing; no rule comes near it"
    );
}

#[test]
fn a_binding_is_for_its_subjects_groups_and_token_roles() {
    let rules = AccessRules::new(
        prj(),
        [RoleBinding {
            name: "team".into(),
            role: Role::Producer,
            subjects: names(&["alice"]),
            groups: names(&["/fraud"]),
            token_roles: names(&["ml"]),
        }],
        [],
    );
    let view = Resource::new(ResourceKind::FeatureView, "a");
    for (principal, via) in [
        (Principal::new("alice"), "subject `alice`"),
        (
            Principal::new("bob").with_groups(["/fraud"]),
            "group `/fraud`",
        ),
        (
            Principal::new("bob").with_roles(["x", "ml"]),
            "token role `ml`",
        ),
    ] {
        let decision = rules
            .decide(&principal, Action::WriteOnline, &view)
            .to_string();
        assert_eq!(
            decision,
            format!("allowed: role binding `team` (producer) names {via}")
        );
    }
    for principal in [
        Principal::new("Alice"),
        Principal::new("/fraud").with_roles(["alice", "/fraud", "producer"]),
        Principal::new("ml").with_groups(["alice", "ml", "producer"]),
    ] {
        let decision = rules.decide(&principal, Action::WriteOnline, &view);
        assert!(!decision.is_allowed(), "{principal:?}");
        assert!(!rules.admits(&principal));
        assert!(
            decision
                .to_string()
                .ends_with("would allow it, but does not name the principal")
        );
    }
}

#[test]
fn the_nearest_rule_is_told_with_what_it_lacks() {
    let rules = AccessRules::new(
        prj(),
        [
            binding("readers", Role::Consumer, &["alice"]),
            binding("owners", Role::Admin, &["root"]),
        ],
        [Permission {
            types: vec![ResourceType::FeatureService],
            policy: Policy::GroupBased(names(&["g"])),
            ..permission("services")
        }],
    );
    let view = Resource::new(ResourceKind::FeatureView, "a");
    let told = |principal: &Principal, action| rules.decide(principal, action, &view).to_string();
    let scoped = Principal::new("alice").with_scopes(Scopes::of(["salver:prj:*:describe"]));
    assert_eq!(
        told(&scoped, Action::ReadOnline),
        "denied: `read_online` on feature view `a` is missing; role binding `readers` (consumer) allows it, but the \
         token's scopes do not"
    );
    assert_eq!(
        told(&Principal::new("alice"), Action::Delete),
        "denied: `delete` on feature view `a` is missing; role binding `readers` (consumer) names the principal, but \
         allows other actions only"
    );
    assert_eq!(
        told(
            &Principal::new("bob").with_groups(["g"]),
            Action::ReadOnline
        ),
        "denied: `read_online` on feature view `a` is missing; permission `services` names the principal and the \
         action, but not the object"
    );
    assert_eq!(
        told(&Principal::new("bob"), Action::Delete),
        "denied: `delete` on feature view `a` is missing; role binding `owners` (admin) would allow it, but does not \
         name the principal"
    );
}

#[test]
fn a_policy_names_whom_it_is_for() {
    let anybody = Principal::new("x");
    let member = Principal::new("x").with_roles(["r"]).with_groups(["g"]);
    let namespaced = Principal::new("system:serviceaccount:ns:x").with_groups(["ns"]);
    let all = |list: &[&str]| names(list);
    for (policy, taken) in [
        (Policy::AllowAll, [true, true, true]),
        (Policy::RoleBased(all(&["q", "r"])), [false, true, false]),
        (Policy::RoleBased(all(&[])), [false, false, false]),
        (Policy::GroupBased(all(&["g"])), [false, true, false]),
        (Policy::NamespaceBased(all(&["ns"])), [false, false, false]),
        (
            Policy::CombinedGroupNamespace {
                groups: all(&["g"]),
                namespaces: all(&["ns"]),
            },
            [false, true, false],
        ),
        (Policy::Unknown, [false, false, false]),
    ] {
        let rules = AccessRules::new(
            prj(),
            [],
            [Permission {
                policy: policy.clone(),
                ..permission("p")
            }],
        );
        let view = Resource::new(ResourceKind::FeatureView, "a");
        let principals = [&anybody, &member, &namespaced];
        let found = principals.map(|one| rules.decide(one, Action::ReadOnline, &view).is_allowed());
        assert_eq!(found, taken, "{policy:?}");
        assert_eq!(principals.map(|one| rules.admits(one)), taken, "{policy:?}");
    }
}

#[test]
fn a_permission_is_for_its_types_names_tags_and_actions() {
    let one = |change: fn(&mut Permission)| {
        let mut permission = permission("p");
        change(&mut permission);
        AccessRules::new(prj(), [], [permission])
    };
    let team = tags(&[("team", "fraud"), ("tier", "1")]);
    let driver = Resource::tagged(ResourceKind::FeatureView, "driver_stats", &team);
    let stream = Resource::new(ResourceKind::StreamFeatureView, "driver_events");
    let label = Resource::new(ResourceKind::LabelView, "driver_labels");
    let computed = Resource::new(ResourceKind::OnDemandFeatureView, "driver_rate");
    let resources = [&driver, &stream, &label, &computed];
    let check = |rules: &AccessRules, expected: [bool; 4]| {
        let alice = Principal::new("alice");
        let found = resources.map(|one| rules.decide(&alice, Action::ReadOnline, one).is_allowed());
        assert_eq!(found, expected, "{rules:?}");
    };
    check(&one(|_| {}), [true; 4]);
    check(
        &one(|p| p.types = vec![ResourceType::FeatureView]),
        [true, true, false, false],
    );
    check(
        &one(|p| p.types = vec![ResourceType::StreamFeatureView]),
        [false, true, false, false],
    );
    check(
        &one(|p| p.types = vec![ResourceType::LabelView]),
        [false, false, true, false],
    );
    check(
        &one(|p| p.types = vec![ResourceType::OnDemandFeatureView]),
        [false, false, false, true],
    );
    check(
        &one(|p| p.types = vec![ResourceType::BatchFeatureView]),
        [false; 4],
    );
    check(&one(|p| p.types = vec![ResourceType::Unknown]), [false; 4]);
    check(
        &one(|p| p.name_patterns = vec!["driver_s.*".into()]),
        [true, false, false, false],
    );
    check(
        &one(|p| p.name_patterns = vec!["driver".into()]),
        [false; 4],
    );
    check(
        &one(|p| p.name_patterns = vec!["(".into(), ".*s".into()]),
        [true, true, true, false],
    );
    check(&one(|p| p.name_patterns = vec!["(".into()]), [false; 4]);
    let required = |p: &mut Permission| p.required_tags = tags(&[("team", "fraud")]);
    check(&one(required), [true, false, false, false]);
    let both = |p: &mut Permission| p.required_tags = tags(&[("team", "fraud"), ("tier", "2")]);
    check(&one(both), [false; 4]);
    check(&one(|p| p.actions = vec![Action::Describe]), [false; 4]);
    check(&one(|p| p.actions = vec![]), [false; 4]);
}

#[test]
fn rules_that_are_hardly_meant_are_warned_of() {
    let with = |name: &str, policy| Permission {
        policy,
        ..permission(name)
    };
    let mut bad_pattern = with("pattern", Policy::RoleBased(names(&["r"])));
    bad_pattern.name_patterns = names(&["(?=x)"]);
    let rules = AccessRules::new(
        prj(),
        [binding("empty", Role::Admin, &[])],
        [
            with("open", Policy::AllowAll),
            with("pods", Policy::NamespaceBased(names(&["ns"]))),
            with("new", Policy::Unknown),
            bad_pattern,
        ],
    );
    let told: Vec<String> = rules.warnings().iter().map(Warning::to_string).collect();
    let expected = ["binding `empty`", "`open`", "`pods`", "`new`", "`pattern`"];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected), "{told}");
    }
}
