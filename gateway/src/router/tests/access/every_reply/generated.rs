//! Whatever rules, callers and requests there may be.

use feature_model::{
    Tags,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};

use super::asked::{Asked, Case, Rules, Wanted, Who};

/// Views and their features. The last two aren't there.
const FEATURES: [(&str, &str); 15] = [
    ("stats", "trips"),
    ("stats", "conv_rate"),
    ("stats", "acc_rate"),
    ("multi", "trips"),
    ("multi", "label"),
    ("entityless", "level"),
    ("loading", "speed"),
    ("zones", "area"),
    ("versioned", "count"),
    ("computed", "ratio"),
    ("again", "sum"),
    ("computed_before", "ratio"),
    ("off", "trips"),
    ("stat", "trips"),
    ("nothing", "at_all"),
];

/// The last two aren't there.
const SERVICES: [&str; 6] = [
    "stats_service",
    "two_drivers",
    "on_demand",
    "empty",
    "stats_servic",
    "nothing",
];

/// Whole names, and beginnings of names; the last is no pattern.
const PATTERNS: [&str; 12] = [
    "stats",
    "stats.*",
    "multi",
    "computed",
    "computed.*",
    "again",
    "loading",
    "two_drivers",
    "on_demand",
    "prj",
    ".*",
    "(",
];

/// What a scope is for.
const OBJECTS: [&str; 10] = [
    "*",
    "*",
    "feature_view/stats",
    "feature_view/multi",
    "on_demand_feature_view/computed",
    "on_demand_feature_view/again",
    "feature_service/stats_service",
    "feature_service/on_demand",
    "project/prj",
    "broken",
];

fn some_of(all: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<String>> {
    vec(select(all).prop_map(str::to_owned), 0..=most)
}

fn subjects() -> impl Strategy<Value = Vec<String>> {
    some_of(&["alice", "bob"], 2)
}

fn groups() -> impl Strategy<Value = Vec<String>> {
    some_of(&["g", "h"], 2)
}

fn roles() -> impl Strategy<Value = Vec<String>> {
    some_of(&["r", "s"], 2)
}

fn binding() -> impl Strategy<Value = RoleBinding> {
    let parts = (select(&Role::ALL[..]), subjects(), groups(), roles());
    parts.prop_map(|(role, subjects, groups, token_roles)| RoleBinding {
        name: String::new(),
        role,
        subjects,
        groups,
        token_roles,
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let combined = groups().prop_map(|groups| Policy::CombinedGroupNamespace {
        groups,
        namespaces: vec!["g".into()],
    });
    prop_oneof![
        5 => Just(Policy::AllowAll),
        1 => Just(Policy::Unknown),
        2 => roles().prop_map(Policy::RoleBased),
        2 => groups().prop_map(Policy::GroupBased),
        1 => groups().prop_map(Policy::NamespaceBased),
        1 => combined,
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => Just(Action::ReadOnline),
        3 => Just(Action::Describe),
        1 => select(&Action::ALL[..]),
    ]
}

fn permission() -> impl Strategy<Value = Permission> {
    let types = [
        ResourceType::FeatureView,
        ResourceType::OnDemandFeatureView,
        ResourceType::FeatureService,
        ResourceType::Project,
        ResourceType::Unknown,
    ];
    let parts = (
        vec(select(types.to_vec()), 0..4),
        some_of(&PATTERNS, 3),
        prop::bool::weighted(0.2),
        vec(action(), 1..5),
        policy(),
    );
    parts.prop_map(|(types, name_patterns, is_tagged, actions, policy)| {
        let tag = is_tagged.then(|| ("team".to_owned(), "ranking".to_owned()));
        Permission {
            name: String::new(),
            types,
            name_patterns,
            required_tags: tag.into_iter().collect(),
            actions,
            policy,
            tags: Tags::new(),
        }
    })
}

fn rules() -> impl Strategy<Value = Rules> {
    let named = (vec(binding(), 0..2), vec(permission(), 1..6));
    named.prop_map(|(mut bindings, mut permissions)| {
        for (index, one) in bindings.iter_mut().enumerate() {
            one.name = format!("binding{index}");
        }
        for (index, one) in permissions.iter_mut().enumerate() {
            one.name = format!("permission{index}");
        }
        Rules {
            bindings,
            permissions,
        }
    })
}

fn scope() -> impl Strategy<Value = String> {
    let ours = (
        select(&["prj", "prj", "prj", "twin"][..]),
        select(&OBJECTS[..]),
        action(),
    );
    let ours =
        ours.prop_map(|(project, object, action)| format!("salver:{project}:{object}:{action}"));
    prop_oneof![9 => ours, 1 => Just("openid".to_owned())]
}

fn who() -> impl Strategy<Value = Who> {
    let subject = select(&["alice", "bob", "carol"][..]);
    let scopes = option::weighted(0.5, vec(scope(), 1..6));
    (subject, groups(), roles(), scopes).prop_map(|(subject, groups, roles, scopes)| Who {
        subject: subject.into(),
        groups,
        roles,
        scopes: scopes.unwrap_or_default(),
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let service = select(&SERVICES[..]).prop_map(|name| Wanted::Service(name.into()));
    let references = subsequence(&FEATURES[..], 1..4).prop_shuffle();
    let owned = |(view, feature): (&str, &str)| (view.to_owned(), feature.to_owned());
    let references =
        references.prop_map(move |all| Wanted::References(all.into_iter().map(owned).collect()));
    prop_oneof![1 => service, 2 => references]
}

fn asked() -> impl Strategy<Value = Asked> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (wanted(), 1_usize..4, flags).prop_map(|(wanted, rows, (columns, full_names, versions))| {
        Asked {
            wanted,
            rows,
            columns,
            full_names,
            versions,
        }
    })
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    (rules(), who(), who(), vec(asked(), 1..5)).prop_map(|(rules, first, second, asked)| Case {
        rules,
        first,
        second,
        asked,
    })
}
