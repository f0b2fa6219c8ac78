//! Who may do what, said once more and as shortly as can be.

use std::collections::BTreeSet;

use feature_model::{
    OnDemandSource, Project, Tags,
    access::{Action, Permission, Policy, ResourceType},
};

use super::asked::{Asked, Rules, Wanted, Who};

/// A view that isn't there could be any of these.
const VIEWS: [&str; 4] = [
    "feature_view",
    "stream_feature_view",
    "label_view",
    "on_demand_feature_view",
];
const UNHEARD_OF: &str = "\u{1f980}";

/// An object of the project, or the project.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) tags: Tags,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Readable,
    /// Readable but for a name that isn't there, which its sender may know.
    Absent,
    /// Denied, and its sender may know what was missing.
    Told,
    /// Denied.
    Forbidden,
}

pub(super) struct Model<'a> {
    rules: &'a Rules,
    who: &'a Who,
    project: &'a Project,
}

fn share(one: &[String], other: &[String]) -> bool {
    one.iter().any(|name| other.contains(name))
}

impl<'a> Model<'a> {
    pub(super) fn new(rules: &'a Rules, who: &'a Who, project: &'a Project) -> Self {
        Self {
            rules,
            who,
            project,
        }
    }

    pub(super) fn may(&self, action: Action, object: &Object) -> bool {
        self.is_granted(action, object) && self.is_in_scope(action, object)
    }

    fn is_granted(&self, action: Action, object: &Object) -> bool {
        let who = self.who;
        // all roles read and describe, and nothing else is asked here
        let bound = self.rules.bindings.iter().any(|one| {
            one.subjects.contains(&who.subject)
                || share(&one.groups, &who.groups)
                || share(&one.token_roles, &who.roles)
        });
        let mut permissions = self.rules.permissions.iter();
        bound
            || permissions.any(|one| {
                one.actions.contains(&action) && is_about(one, object) && is_for(&one.policy, who)
            })
    }

    fn is_in_scope(&self, action: Action, object: &Object) -> bool {
        let covering = [
            format!("salver:prj:*:{action}"),
            format!("salver:prj:{}/{}:{action}", object.kind, object.name),
        ];
        let scopes = &self.who.scopes;
        share(&covering, scopes) || !scopes.iter().any(|scope| scope.starts_with("salver:"))
    }

    /// Something of that name, were it there: it has no tags, and a view could be of any kind.
    fn would_describe(&self, kinds: &[&'static str], name: &str) -> bool {
        let describes = |kind: &&'static str| {
            let object = Object {
                kind,
                name: name.into(),
                tags: Tags::new(),
            };
            self.may(Action::Describe, &object)
        };
        kinds.iter().all(describes)
    }

    fn the_project(&self) -> Object {
        Object {
            kind: "project",
            name: "prj".into(),
            tags: Tags::new(),
        }
    }

    /// Whether a name that no rule can have thought of is the caller's to describe, whatever bears it.
    pub(super) fn sees_everything(&self) -> bool {
        let others = ["project", "entity", "feature_service"];
        self.would_describe(&VIEWS, UNHEARD_OF) && self.would_describe(&others, UNHEARD_OF)
    }

    /// Whether the caller may be told that the object is there: who may describe everything sees everything, and who reads
    /// through a service what that is made of.
    pub(super) fn knows(&self, object: &Object, asked: &Asked) -> bool {
        let reads = |object: &Object| self.may(Action::ReadOnline, object);
        let is_within = match &asked.wanted {
            Wanted::Service(name) => {
                let service = self.service(name).filter(reads);
                let service = service.and_then(|it| self.project.feature_services.get(&it.name));
                let mut projections = service.iter().flat_map(|service| &service.projections);
                projections.any(|one| one.view == object.name)
            }
            Wanted::References(_) => false,
        };
        is_within || self.sees_everything() || reads(object) || self.may(Action::Describe, object)
    }

    fn view(&self, name: &str) -> Option<Object> {
        let stored = self.project.feature_views.get(name);
        let stored = stored.map(|view| ("feature_view", &view.tags));
        let computed = self.project.on_demand_feature_views.get(name);
        let computed = computed.map(|view| ("on_demand_feature_view", &view.tags));
        let (kind, tags) = stored.or(computed)?;
        Some(Object {
            kind,
            name: name.into(),
            tags: tags.clone(),
        })
    }

    fn service(&self, name: &str) -> Option<Object> {
        let service = self.project.feature_services.get(name)?;
        Some(Object {
            kind: "feature_service",
            name: name.into(),
            tags: service.tags.clone(),
        })
    }

    /// Everything that a decision can be about here.
    pub(super) fn objects(&self) -> impl Iterator<Item = Object> {
        let project = self.project;
        let views = project.feature_views.keys();
        let views = views.chain(project.on_demand_feature_views.keys());
        let views = views.filter_map(|name| self.view(name));
        let services = project.feature_services.keys();
        let services = services.filter_map(|name| self.service(name));
        views.chain(services).chain([self.the_project()])
    }

    /// The views that the view is computed from, and the view.
    fn with_sources(&self, view: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::from([view.to_owned()]);
        if let Some(computed) = self.project.on_demand_feature_views.get(view) {
            for source in computed.sources.values() {
                if let OnDemandSource::View(from) = source {
                    all.extend(self.with_sources(&from.view));
                }
            }
        }
        all
    }

    pub(super) fn verdict(&self, asked: &Asked) -> Verdict {
        let needed: Vec<Option<Object>> = match &asked.wanted {
            Wanted::Service(name) => vec![self.service(name)],
            Wanted::References(_) => {
                let views = asked.views().flat_map(|view| self.with_sources(view));
                views.map(|view| self.view(&view)).collect()
            }
        };
        let denied = |object: &Object| !self.may(Action::ReadOnline, object);
        let may_be_told = |object: &Object| self.may(Action::Describe, object);
        let mut missing = needed.iter().flatten().filter(|object| denied(object));
        let has_all = missing.clone().next().is_none();
        let is_absent = needed.iter().any(Option::is_none);
        let knows_absent = || match &asked.wanted {
            Wanted::Service(name) => self.would_describe(&["feature_service"], name),
            Wanted::References(_) => {
                let views = asked.views().flat_map(|view| self.with_sources(view));
                let mut absent = views.filter(|view| self.view(view).is_none());
                absent.all(|view| self.would_describe(&VIEWS, &view))
            }
        };
        let may_know = !is_absent || knows_absent();
        match (has_all && may_know, is_absent) {
            (true, false) => Verdict::Readable,
            (true, true) => Verdict::Absent,
            (false, _) if may_know && missing.all(may_be_told) => Verdict::Told,
            (false, _) => Verdict::Forbidden,
        }
    }

    /// Everything that the caller may be given, by the names that this request's reply would have for it.
    pub(super) fn readable(&self, asked: &Asked) -> BTreeSet<String> {
        if let Wanted::Service(name) = &asked.wanted {
            let service = self.service(name);
            let may = service.is_some_and(|it| self.may(Action::ReadOnline, &it));
            let features = may.then(|| asked.features(self.project));
            return features.into_iter().flatten().collect();
        }
        let project = self.project;
        let stored = project.feature_views.values();
        let stored = stored.map(|view| (&view.name, &view.features));
        let computed = project.on_demand_feature_views.values();
        let computed = computed.map(|view| (&view.name, &view.features));
        let readable = stored.chain(computed).filter(|(name, _)| {
            let needed = self.with_sources(name);
            let mut needed = needed.iter().filter_map(|name| self.view(name));
            needed.all(|view| self.may(Action::ReadOnline, &view))
        });
        let told = readable.flat_map(|(view, features)| {
            features
                .iter()
                .map(|feature| asked.told(view, &feature.name))
        });
        told.collect()
    }
}

fn is_about(permission: &Permission, object: &Object) -> bool {
    let is_of = |one: &ResourceType| match one {
        ResourceType::FeatureView => {
            object.kind == "feature_view" || object.kind == "stream_feature_view"
        }
        ResourceType::StreamFeatureView => object.kind == "stream_feature_view",
        ResourceType::LabelView => object.kind == "label_view",
        ResourceType::Entity => object.kind == "entity",
        ResourceType::OnDemandFeatureView => object.kind == "on_demand_feature_view",
        ResourceType::FeatureService => object.kind == "feature_service",
        ResourceType::Project => object.kind == "project",
        _ => false,
    };
    let is_named = |pattern: &String| match pattern.strip_suffix(".*") {
        Some(begin) => object.name.starts_with(begin),
        None => object.name == *pattern,
    };
    let mut tags = permission.required_tags.iter();
    (permission.types.is_empty() || permission.types.iter().any(is_of))
        && (permission.name_patterns.is_empty() || permission.name_patterns.iter().any(is_named))
        && tags.all(|(tag, value)| object.tags.get(tag) == Some(value))
}

fn is_for(policy: &Policy, who: &Who) -> bool {
    match policy {
        Policy::AllowAll => true,
        Policy::RoleBased(roles) => share(roles, &who.roles),
        Policy::GroupBased(groups) | Policy::CombinedGroupNamespace { groups, .. } => {
            share(groups, &who.groups)
        }
        Policy::NamespaceBased(_) | Policy::Unknown => false,
    }
}
