//! Every role x action x kind of object x project x scope, against a model of ten lines; and random rules.

use access::{AccessRules, Principal, Resource, ResourceKind, Scopes};
use feature_model::{
    ProjectName, Tags,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
};
use proptest::{collection::vec, prelude::*, sample::select};

const PROJECTS: [&str; 2] = ["p", "q"];
const NAMES: [&str; 3] = ["x", "y", "p"];

fn binding(role: Role) -> RoleBinding {
    RoleBinding {
        name: role.to_string(),
        role,
        subjects: vec!["alice".into()],
        groups: vec![],
        token_roles: vec![],
    }
}

/// What must hold, said once more: the strength that an action takes, and the scopes as texts.
fn reference(
    role: Option<Role>,
    action: Action,
    object: &str,
    project: &str,
    scopes: &[&str],
) -> bool {
    let needs = match action.as_str() {
        "describe" | "read_online" | "read_offline" => 1,
        "write_online" | "write_offline" => 2,
        _ => 3,
    };
    let has = role.map_or(0, |role| 1 + role as usize);
    let wanted = [
        format!("salver:{project}:*:{action}"),
        format!("salver:{project}:{object}:{action}"),
    ];
    let narrowed = scopes.iter().any(|scope| scope.starts_with("salver:"));
    has >= needs
        && (!narrowed
            || scopes
                .iter()
                .any(|scope| wanted.contains(&(*scope).to_owned())))
}

#[test]
fn the_decision_is_the_models_everywhere() {
    let scope_sets: [&[&str]; 9] = [
        &[],
        &["openid"],
        &["salver:p:*:describe"],
        &[
            "salver:p:*:read_online",
            "openid",
            "salver:p:feature_view/x:delete",
        ],
        &["salver:q:*:read_online"],
        &["salver:p:feature_service/x:read_online"],
        &[
            "salver:p:project/p:manage_access",
            "salver:q:project/p:describe",
        ],
        &["salver:p:feature_view/x:write_online", "salver:p:broken"],
        &["salver:"],
    ];
    let roles = [
        None,
        Some(Role::Consumer),
        Some(Role::Producer),
        Some(Role::Admin),
    ];
    let mut cases = 0;
    for role in roles {
        for project in PROJECTS {
            // bound in `p` only
            let role = role.filter(|_| project == "p");
            let rules = AccessRules::new(project.parse().unwrap(), role.map(binding), []);
            for scopes in scope_sets {
                let alice = Principal::new("alice").with_scopes(Scopes::of(scopes.iter().copied()));
                for (kind, name) in ResourceKind::ALL
                    .iter()
                    .flat_map(|k| NAMES.map(|n| (*k, n)))
                {
                    for action in Action::ALL {
                        let decision = rules.decide(&alice, action, &Resource::new(kind, name));
                        let object = format!("{}/{name}", kind.as_str());
                        let expected = reference(role, action, &object, project, scopes);
                        assert_eq!(
                            decision.is_allowed(),
                            expected,
                            "{project} {scopes:?} {decision}"
                        );
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 4 * 2 * 9 * 12 * 3 * 9);
}

fn some_names() -> impl Strategy<Value = Vec<String>> {
    vec(select(&["a", "b", "c"][..]).prop_map(str::to_owned), 0..3)
}

fn any_binding() -> impl Strategy<Value = RoleBinding> {
    let role = select(&Role::ALL[..]);
    (role, some_names(), some_names(), some_names()).prop_map(
        |(role, subjects, groups, token_roles)| RoleBinding {
            name: "binding".into(),
            role,
            subjects,
            groups,
            token_roles,
        },
    )
}

fn any_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::AllowAll),
        Just(Policy::Unknown),
        some_names().prop_map(Policy::RoleBased),
        some_names().prop_map(Policy::GroupBased),
        some_names().prop_map(Policy::NamespaceBased),
        (some_names(), some_names()).prop_map(|(groups, namespaces)| {
            Policy::CombinedGroupNamespace { groups, namespaces }
        }),
    ]
}

fn any_permission() -> impl Strategy<Value = Permission> {
    let types = [
        ResourceType::FeatureView,
        ResourceType::FeatureService,
        ResourceType::Unknown,
    ];
    (
        vec(select(types.to_vec()), 0..3),
        vec(select(&["x", ".*", "("][..]).prop_map(str::to_owned), 0..2),
        vec(select(&Action::ALL[..]), 0..4),
        any_policy(),
        any::<bool>(),
    )
        .prop_map(
            |(types, name_patterns, actions, policy, tagged)| Permission {
                name: "permission".into(),
                types,
                name_patterns,
                required_tags: tagged
                    .then(|| ("k".into(), "v".into()))
                    .into_iter()
                    .collect(),
                actions,
                policy,
                tags: Tags::new(),
            },
        )
}

fn any_scope() -> impl Strategy<Value = String> {
    let object = select(&["*", "feature_view/x", "feature_service/y", "broken"][..]);
    let projects = select(&PROJECTS[..]);
    (projects, object, select(&Action::ALL[..]))
        .prop_map(|(project, object, action)| format!("salver:{project}:{object}:{action}"))
}

fn everything() -> impl Iterator<Item = (ResourceKind, &'static str, Action)> {
    let kinds = ResourceKind::ALL.into_iter();
    let objects = kinds.flat_map(|kind| NAMES.map(|name| (kind, name)));
    objects.flat_map(|(kind, name)| Action::ALL.map(|action| (kind, name, action)))
}

proptest! {
    #[test]
    fn scopes_only_take_away_and_what_is_not_admitted_is_never_allowed(
        bindings in vec(any_binding(), 0..3),
        permissions in vec(any_permission(), 0..3),
        subject in select(&["a", "z"][..]),
        roles in some_names(),
        groups in some_names(),
        scopes in vec(any_scope(), 0..4),
    ) {
        let project: ProjectName = "p".parse().unwrap();
        let rules = AccessRules::new(project, bindings, permissions);
        let whole = Principal::new(subject).with_roles(roles).with_groups(groups);
        let narrowed = Scopes::of(scopes.iter().map(String::as_str));
        let narrow = whole.clone().with_scopes(narrowed);
        let tags: Tags = [("k".to_owned(), "v".to_owned())].into_iter().collect();
        for (kind, name, action) in everything() {
            for resource in [Resource::new(kind, name), Resource::tagged(kind, name, &tags)] {
                let whole_may = rules.decide(&whole, action, &resource).is_allowed();
                let narrow_may = rules.decide(&narrow, action, &resource).is_allowed();
                prop_assert!(whole_may || !narrow_may);
                prop_assert!(rules.admits(&whole) || !whole_may);
                prop_assert!(rules.admits(&narrow) || !narrow_may);
            }
        }
    }
}
