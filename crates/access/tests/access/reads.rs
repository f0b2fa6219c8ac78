//! What a read needs, and what those learn who lack it.

use access::{AccessRules, Denied, Permit, Principal, Scopes, Wanted};
use feature_model::access::{Action, Permission, ResourceType, Role};

use crate::project::{binding, names, objects, permission, prj};

fn read(rules: &AccessRules, principal: &Principal, wanted: Wanted<'_>) -> Result<Permit, Denied> {
    rules.permit_read(principal, Action::ReadOnline, wanted, &objects())
}

fn missing(denied: &Denied) -> Vec<String> {
    denied.missing.iter().map(ToString::to_string).collect()
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
fn who_may_describe_the_project_alone_learns_nothing_of_what_is_in_it() {
    let project = Permission {
        types: vec![ResourceType::Project],
        ..permission("project")
    };
    let consumer = binding("models", Role::Consumer, &["model"]);
    let rules = AccessRules::new(prj(), [consumer], [project]);
    let narrowed = Scopes::of(["salver:prj:project/prj:describe"]);
    let narrowed = Principal::new("model").with_scopes(narrowed);
    for who in [narrowed, Principal::new("alice")] {
        for wanted in [
            Wanted::FeatureViews(&["a"]),
            Wanted::FeatureViews(&["nothing"]),
            Wanted::FeatureService("svc"),
            Wanted::FeatureService("nothing"),
        ] {
            let denied = read(&rules, &who, wanted).unwrap_err();
            assert!(!denied.may_be_told, "{wanted:?}");
        }
        assert!(!rules.shows_everything(&who));
    }
    assert!(rules.shows_everything(&Principal::new("model")));
}

#[test]
fn an_absent_name_is_told_to_who_could_describe_it_and_nothing_else_to_them() {
    let describe = |types: &[ResourceType]| Permission {
        types: types.to_vec(),
        name_patterns: names(&["dri.*"]),
        actions: vec![Action::Describe],
        ..permission("some")
    };
    let alice = Principal::new("alice");
    let permit = |types: &[ResourceType], name: &str| {
        let rules = AccessRules::new(prj(), [], [describe(types)]);
        read(&rules, &alice, Wanted::FeatureViews(&[name]))
    };
    assert!(!permit(&[], "driver").unwrap().shows_project());
    assert!(!permit(&[], "zone").unwrap_err().may_be_told);
    // an on-demand view of that name would be forbidden
    let views = [
        ResourceType::FeatureView,
        ResourceType::StreamFeatureView,
        ResourceType::LabelView,
    ];
    assert!(!permit(&views, "driver").unwrap_err().may_be_told);
}

#[test]
fn permissions_that_leave_nothing_out_show_everything() {
    let describe = |patterns: &[&str]| Permission {
        actions: vec![Action::Describe],
        name_patterns: names(patterns),
        ..permission("some")
    };
    let shows = |one: Permission| {
        AccessRules::new(prj(), [], [one]).shows_everything(&Principal::new("alice"))
    };
    assert!(shows(describe(&[])) && shows(describe(&["x", ".*"])));
    assert!(!shows(describe(&["prj|a|b"])));
    assert!(!shows(Permission {
        types: vec![ResourceType::Project, ResourceType::FeatureView],
        ..describe(&[])
    }));
    let tags = [("team".to_owned(), "x".to_owned())];
    assert!(!shows(Permission {
        required_tags: tags.into_iter().collect(),
        ..describe(&[])
    }));
    assert!(!shows(Permission {
        actions: vec![Action::ReadOnline],
        ..describe(&[])
    }));
}

#[test]
fn a_gateway_that_checks_nobody_permits_everything() {
    let permit = Permit::without_authentication(prj());
    assert!(permit.names_service("x") && permit.names_view("y"));
}
