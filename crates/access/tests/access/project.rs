//! A project, and rules for it.

use feature_model::{
    DataType, FeatureService, FeatureView, Field, OnDemandFeatureView, OnDemandSource, Project,
    ProjectName, Projection, Tags, ViewKind, ViewState,
    access::{Action, Permission, Policy, Role, RoleBinding},
};
use indexmap::IndexMap;

pub(crate) fn prj() -> ProjectName {
    "prj".parse().unwrap()
}

pub(crate) fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn binding(name: &str, role: Role, subjects: &[&str]) -> RoleBinding {
    RoleBinding {
        name: name.into(),
        role,
        subjects: names(subjects),
        groups: vec![],
        token_roles: vec![],
    }
}

/// Everything for everybody.
pub(crate) fn permission(name: &str) -> Permission {
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

pub(crate) fn tags(tags: &[(&str, &str)]) -> Tags {
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
pub(crate) fn objects() -> Project {
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
