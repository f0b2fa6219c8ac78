//! Rules of both kinds, what they allow, and what is said about it.

use access::{
    AccessRules, Denied, Permit, Principal, Resource, ResourceKind, Scopes, Wanted, Warning,
};
use feature_model::{
    DataType, FeatureService, FeatureView, Field, OnDemandFeatureView, OnDemandSource, Project,
    ProjectName, Projection, Tags, ViewKind, ViewState,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
};
use indexmap::IndexMap;

fn prj() -> ProjectName {
    "prj".parse().unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn binding(name: &str, role: Role, subjects: &[&str]) -> RoleBinding {
    RoleBinding {
        name: name.into(),
        role,
        subjects: names(subjects),
        groups: vec![],
        token_roles: vec![],
    }
}

/// Everything for everybody.
fn permission(name: &str) -> Permission {
    Permission {
        name: name.into(),
        types: vec![],
        name_patterns: vec![],
        required_tags: Tags::new(),
        actions: Action::ALL[..8].to_vec(),
        policy: Policy::AllowAll,
        tags: Tags::new(),
    }
}

fn tags(tags: &[(&str, &str)]) -> Tags {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    tags.iter().map(owned).collect()
}

fn view(name: &str, kind: ViewKind, tags: Tags) -> FeatureView {
    FeatureView {
        name: name.into(),
        kind,
        entities: vec![],
        entity_columns: vec![],
        features: vec![Field::new("f", DataType::Int64)],
        ttl: None,
        batch_source: None,
        stream_source: None,
        online: true,
        enabled: true,
        description: String::new(),
        tags,
        owner: String::new(),
        state: ViewState::Unspecified,
        materialization_intervals: vec![],
        current_version_number: 0,
    }
}

fn projection(view: &str) -> Projection {
    Projection {
        view: view.into(),
        alias: None,
        features: vec![Field::new("f", DataType::Int64)],
        join_key_map: Default::default(),
        version_tag: None,
    }
}

fn computed(name: &str, sources: &[&str]) -> OnDemandFeatureView {
    let source = |view: &&str| ((*view).to_owned(), OnDemandSource::View(projection(view)));
    OnDemandFeatureView {
        name: name.into(),
        features: vec![Field::new("f", DataType::Int64)],
        sources: sources.iter().map(source).collect::<IndexMap<_, _>>(),
        entities: vec![],
        entity_columns: vec![],
        mode: String::new(),
        body_text: String::new(),
        write_to_online_store: false,
        singleton: false,
        enabled: true,
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    }
}

/// Views a, b, an on-demand view of both, one of that one, two that are computed from each other; a service.
fn objects() -> Project {
    let mut objects = Project::default();
    for view in [
        view("a", ViewKind::Feature, tags(&[("team", "fraud")])),
        view("b", ViewKind::Stream, Tags::new()),
        view("l", ViewKind::Label, Tags::new()),
    ] {
        objects.feature_views.insert(view.name.clone(), view);
    }
    for view in [
        computed("ab", &["a", "b"]),
        computed("abab", &["ab", "a"]),
        computed("egg", &["hen"]),
        computed("hen", &["egg"]),
        computed("orphan", &["gone"]),
    ] {
        objects
            .on_demand_feature_views
            .insert(view.name.clone(), view);
    }
    let service = FeatureService {
        name: "svc".into(),
        projections: vec![projection("a"), projection("ab")],
        description: String::new(),
        tags: tags(&[("public", "yes")]),
        owner: String::new(),
    };
    objects.feature_services.insert("svc".into(), service);
    objects
}

fn read(rules: &AccessRules, principal: &Principal, wanted: Wanted<'_>) -> Result<Permit, Denied> {
    rules.permit_read(principal, Action::ReadOnline, wanted, &objects())
}

fn missing(denied: &Denied) -> Vec<String> {
    denied.missing.iter().map(ToString::to_string).collect()
}

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

#[test]
fn reading_through_a_service_needs_the_service_only() {
    let rules = AccessRules::new(
        prj(),
        [],
        [Permission {
            types: vec![ResourceType::FeatureService],
            actions: vec![Action::ReadOnline],
            ..permission("services")
        }],
    );
    let alice = Principal::new("alice");
    let permit = read(&rules, &alice, Wanted::FeatureService("svc")).unwrap();
    assert_eq!(permit.project(), &prj());
    assert!(permit.names_service("svc") && !permit.names_service("other"));
    assert!(!permit.names_view("a") && !permit.names_view("svc"));
    let denied = read(&rules, &alice, Wanted::FeatureViews(&["a"])).unwrap_err();
    assert_eq!(missing(&denied), ["`read_online` on feature view `a`"]);
}

#[test]
fn a_view_needs_itself_and_a_computed_one_also_its_sources() {
    let rules = |list: &[&str]| {
        let one = Permission {
            name_patterns: names(list),
            ..permission("some")
        };
        AccessRules::new(prj(), [], [one])
    };
    let alice = Principal::new("alice");
    let outcome = |rules: &AccessRules, views: &[&str]| {
        let outcome = read(rules, &alice, Wanted::FeatureViews(views));
        outcome
            .map(drop)
            .map_err(|denied| missing(&denied).join(", "))
    };
    let all = rules(&["a|b|l|ab|abab|prj"]);
    assert_eq!(outcome(&all, &["abab", "l", "a"]), Ok(()));
    let without_b = rules(&["a|l|ab|abab|prj"]);
    assert_eq!(outcome(&without_b, &["a"]), Ok(()));
    let lacks_b = "`read_online` on stream feature view `b`".to_owned();
    assert_eq!(outcome(&without_b, &["ab"]), Err(lacks_b.clone()));
    assert_eq!(outcome(&without_b, &["abab", "l"]), Err(lacks_b));
    let without_ab = rules(&["a|b|abab|prj"]);
    let lacks_ab = "`read_online` on on-demand feature view `ab`".to_owned();
    assert_eq!(outcome(&without_ab, &["abab"]), Err(lacks_ab));
    let cycle = rules(&["hen|egg|prj"]);
    assert_eq!(outcome(&cycle, &["hen"]), Ok(()));
    let permit = read(&all, &alice, Wanted::FeatureViews(&["ab"])).unwrap();
    assert!(permit.names_view("ab") && !permit.names_view("a"));
}

#[test]
fn who_may_not_describe_cannot_tell_what_is_forbidden_from_what_is_not_there() {
    let reads_svc = Scopes::of(["salver:prj:feature_service/svc:read_online"]);
    let rules = AccessRules::new(prj(), [binding("models", Role::Consumer, &["model"])], []);
    let model = Principal::new("model").with_scopes(reads_svc);
    assert!(rules.admits(&model));
    assert!(read(&rules, &model, Wanted::FeatureService("svc")).is_ok());
    for wanted in [
        Wanted::FeatureService("other"),
        Wanted::FeatureViews(&["a"]),
        Wanted::FeatureViews(&["nothing"]),
        Wanted::FeatureViews(&["orphan"]),
        Wanted::FeatureViews(&["a", "nothing"]),
    ] {
        assert!(
            !read(&rules, &model, wanted).unwrap_err().may_be_told,
            "{wanted:?}"
        );
    }
}

#[test]
fn who_may_describe_learns_what_is_missing_and_what_is_not_there() {
    let describe = Permission {
        actions: vec![Action::Describe],
        ..permission("catalogue")
    };
    let services = Permission {
        types: vec![ResourceType::FeatureService],
        ..permission("services")
    };
    let rules = AccessRules::new(prj(), [], [describe, services]);
    let alice = Principal::new("alice");
    let denied = read(&rules, &alice, Wanted::FeatureViews(&["ab"])).unwrap_err();
    assert!(denied.may_be_told);
    assert_eq!(
        missing(&denied),
        [
            "`read_online` on on-demand feature view `ab`",
            "`read_online` on stream feature view `b`",
            "`read_online` on feature view `a`",
        ]
    );
    // the read path says that there is no such service
    let permit = read(&rules, &alice, Wanted::FeatureService("nothing")).unwrap();
    assert!(permit.names_service("nothing"));
}

#[test]
fn who_may_describe_some_objects_learns_of_those_only() {
    let some = Permission {
        name_patterns: names(&["a"]),
        actions: vec![Action::Describe],
        ..permission("some")
    };
    let rules = AccessRules::new(prj(), [], [some]);
    let alice = Principal::new("alice");
    let told = |views: &[&str]| {
        read(&rules, &alice, Wanted::FeatureViews(views))
            .unwrap_err()
            .may_be_told
    };
    assert!(told(&["a"]));
    assert!(!told(&["b"]) && !told(&["nothing"]) && !told(&["a", "b"]));
    assert!(!told(&["a", "nothing"]));
}

#[test]
fn a_gateway_that_checks_nobody_permits_everything() {
    let permit = Permit::without_authentication(prj());
    assert!(permit.names_service("x") && permit.names_view("y"));
}
