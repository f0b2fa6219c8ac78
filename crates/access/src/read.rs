//! From the names that a request wants to the permit that lets it read.

use std::collections::BTreeSet;

use feature_model::{OnDemandSource, Project, ProjectName, ViewKind, access::Action};

use crate::{AccessRules, Decision, Missing, Principal, Resource, ResourceId, ResourceKind};

/// What a request wants to read, by the names that it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Through a feature service of that name.
    FeatureService(&'a str),
    /// By references: the names of their views, without versions and features, in any order.
    FeatureViews(&'a [&'a str]),
}

/// Leave to read features of one project. Nothing but this crate makes one, and the read path takes nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    project: ProjectName,
    reads: Reads,
    shows_project: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reads {
    Service(String),
    Views(BTreeSet<String>),
    Everything,
}

impl Permit {
    /// Leave to read everything of a project: for a gateway whose configuration says that it checks nobody.
    #[must_use]
    pub fn without_authentication(project: ProjectName) -> Self {
        Self {
            project,
            reads: Reads::Everything,
            shows_project: true,
        }
    }

    /// Whether its holder may see everything there is in the project. Where not, nothing may be told of what the permit
    /// doesn't name, such as by an error that knows a better name.
    #[must_use]
    pub fn shows_project(&self) -> bool {
        self.shows_project
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// Whether it is leave to read through that feature service.
    #[must_use]
    pub fn names_service(&self, name: &str) -> bool {
        match &self.reads {
            Reads::Service(service) => service == name,
            Reads::Views(_) => false,
            Reads::Everything => true,
        }
    }

    /// Whether it is leave to read features of that view by reference.
    #[must_use]
    pub fn names_view(&self, name: &str) -> bool {
        match &self.reads {
            Reads::Service(_) => false,
            Reads::Views(views) => views.contains(name),
            Reads::Everything => true,
        }
    }
}

/// No permit: what was missing, and whether the caller may know it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not allowed: {}", list(missing))]
pub struct Denied {
    /// Every action on every object that was missing, never empty. Objects that don't exist are told as feature
    /// views or feature services.
    pub missing: Vec<Missing>,
    /// Whether the caller may see each of those objects, so that it may be told about them. Where not, the answer
    /// must be the same as for any other name.
    pub may_be_told: bool,
}

fn list(missing: &[Missing]) -> String {
    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
    format!("{} missing", missing.join(", "))
}

impl AccessRules {
    /// Decides whether the principal may read what it names, from the online store (`read_online`) or the offline
    /// store (`read_offline`). `objects` are those of the project in the snapshot that the request is answered from.
    ///
    /// A feature service needs itself only. A view needs itself; an on-demand view also the views that it is computed
    /// from. A name that nothing has is permitted to a principal who could describe what would bear it, so that the read
    /// path can say so, and denied to others as if it were there.
    ///
    /// # Errors
    /// [`Denied`] where anything is missing.
    pub fn permit_read(
        &self,
        principal: &Principal,
        action: Action,
        wanted: Wanted<'_>,
        objects: &Project,
    ) -> Result<Permit, Denied> {
        let needed = Needed::of(wanted, objects);
        let mut denied = Denied {
            missing: Vec::new(),
            may_be_told: true,
        };
        for resource in &needed.existing {
            if let Decision::Denied(denial) = self.decide(principal, action, resource) {
                denied.missing.push(denial.missing);
                denied.may_be_told &= self
                    .decide(principal, Action::Describe, resource)
                    .is_allowed();
            }
        }
        for object in needed.absent {
            if !self.would_describe(principal, kinds_of_absent(object.kind), &object.name) {
                denied.missing.push(Missing { action, object });
                denied.may_be_told = false;
            }
        }
        if denied.missing.is_empty() {
            Ok(self.permit(wanted, self.shows_everything(principal)))
        } else {
            Err(denied)
        }
    }

    fn permit(&self, wanted: Wanted<'_>, shows_project: bool) -> Permit {
        let reads = match wanted {
            Wanted::FeatureService(name) => Reads::Service(name.to_owned()),
            Wanted::FeatureViews(names) => {
                Reads::Views(names.iter().map(|name| (*name).to_owned()).collect())
            }
        };
        Permit {
            project: self.project().clone(),
            reads,
            shows_project,
        }
    }
}

/// What must be allowed before something may be read.
struct Needed<'a> {
    existing: Vec<Resource<'a>>,
    absent: Vec<ResourceId>,
}

impl<'a> Needed<'a> {
    fn of(wanted: Wanted<'a>, objects: &'a Project) -> Self {
        let mut needed = Self {
            existing: Vec::new(),
            absent: Vec::new(),
        };
        match wanted {
            Wanted::FeatureService(name) => needed.service(name, objects),
            Wanted::FeatureViews(names) => needed.views(names, objects),
        }
        needed
    }

    fn service(&mut self, name: &'a str, objects: &'a Project) {
        let kind = ResourceKind::FeatureService;
        match objects.feature_services.get(name) {
            Some(service) => self
                .existing
                .push(Resource::tagged(kind, name, &service.tags)),
            None => self.absent(kind, name),
        }
    }

    /// The views of these names, and those that they are computed from, each once.
    fn views(&mut self, names: &[&'a str], objects: &'a Project) {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = names.to_vec();
        open.reverse();
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            // registries hold each name once; were one there twice, both would be needed
            let stored = objects.feature_views.get(name);
            let computed = objects.on_demand_feature_views.get(name);
            if let Some(view) = stored {
                let kind = kind_of(view.kind);
                self.existing.push(Resource::tagged(kind, name, &view.tags));
            }
            if let Some(view) = computed {
                let kind = ResourceKind::OnDemandFeatureView;
                self.existing.push(Resource::tagged(kind, name, &view.tags));
                open.extend(view.sources.values().filter_map(source_view));
            }
            if stored.is_none() && computed.is_none() {
                self.absent(ResourceKind::FeatureView, name);
            }
        }
    }

    fn absent(&mut self, kind: ResourceKind, name: &str) {
        let name = name.to_owned();
        self.absent.push(ResourceId { kind, name });
    }
}

/// What could bear a name that nothing has.
fn kinds_of_absent(told: ResourceKind) -> &'static [ResourceKind] {
    match told {
        ResourceKind::FeatureService => &[ResourceKind::FeatureService],
        _ => &[
            ResourceKind::FeatureView,
            ResourceKind::StreamFeatureView,
            ResourceKind::LabelView,
            ResourceKind::OnDemandFeatureView,
        ],
    }
}

fn kind_of(kind: ViewKind) -> ResourceKind {
    match kind {
        ViewKind::Feature => ResourceKind::FeatureView,
        ViewKind::Stream => ResourceKind::StreamFeatureView,
        ViewKind::Label => ResourceKind::LabelView,
    }
}

fn source_view(source: &OnDemandSource) -> Option<&str> {
    match source {
        OnDemandSource::View(projection) => Some(&projection.view),
        OnDemandSource::Request(_) => None,
    }
}
