//! The access rules of a project in the registry, and the objects that they are about.

use std::{collections::BTreeSet, str::FromStr};

use access::{AccessRules, Resource, ResourceKind};
use anyhow::bail;
use feature_model::{
    ObjectKind, OnDemandSource, Project, ProjectName, Tags, ViewKind, access::Action,
};
use settings::did_you_mean;

use crate::repository::Repository;

const VIEWS: [ResourceKind; 4] = [
    ResourceKind::FeatureView,
    ResourceKind::StreamFeatureView,
    ResourceKind::LabelView,
    ResourceKind::OnDemandFeatureView,
];

/// One project with its rules.
pub(crate) struct Rights {
    pub(crate) project: Project,
    pub(crate) rules: AccessRules,
}

/// An object as a command line names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ObjectName {
    /// The project itself.
    Project,
    /// An object of the project.
    Of(ResourceKind, String),
}

/// The text names no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParseObjectNameError(String);

impl std::fmt::Display for ParseObjectNameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseObjectNameError {}

impl FromStr for ObjectName {
    type Err = ParseObjectNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "project" {
            return Ok(Self::Project);
        }
        let parts = text.split_once('/').filter(|(_, name)| !name.is_empty());
        let (kind, name) = parts.ok_or_else(|| {
            ParseObjectNameError(format!(
                "`{text}` names no object; write `KIND/NAME`, such as `feature_view/driver_hourly_stats`, or `project`"
            ))
        })?;
        match kind.parse() {
            Ok(ResourceKind::Project) => Err(ParseObjectNameError(
                "the project has no name here; write `project`, and `--project` where it is another one".to_owned(),
            )),
            Ok(kind) => Ok(Self::Of(kind, name.to_owned())),
            Err(error) => Err(ParseObjectNameError(error.to_string())),
        }
    }
}

impl Rights {
    /// Those of this repository's project, or of another one of the same registry.
    pub(crate) async fn of(
        repository: &Repository,
        project: Option<&ProjectName>,
    ) -> anyhow::Result<Self> {
        let name = project.unwrap_or(&repository.config.project);
        let store = repository.registry()?;
        let (document, _) = store.load_document().await?;
        let mut snapshot = document.snapshot()?;
        let Some(project) = snapshot.projects.swap_remove(name) else {
            let known = snapshot.projects.keys().map(ProjectName::as_str);
            let hint = did_you_mean(name.as_str(), known);
            let location = store.location();
            bail!(
                "registry `{location}` has no project `{name}`{hint}; `registry-admin apply` adds it"
            );
        };
        let rules = AccessRules::new(
            name.clone(),
            project.role_bindings.values().cloned(),
            project.permissions.values().cloned(),
        );
        Ok(Self { project, rules })
    }

    /// What is doubtful about the rules, one line each.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let told = self.rules.warnings().iter().map(ToString::to_string);
        let others = self.project.others.iter();
        let unread = others.filter(|object| object.kind == ObjectKind::RoleBinding);
        let unread = unread.map(|object| {
            format!("{object} holds what this release does not know: it is for nobody here")
        });
        told.chain(unread)
            .chain(doubtful_names(&self.project))
            .collect()
    }

    /// The object, with its tags where the project has it.
    pub(crate) fn resource<'a>(&'a self, object: &'a ObjectName) -> Found<'a> {
        match object {
            ObjectName::Project => Found {
                resource: Resource::new(ResourceKind::Project, self.rules.project().as_str()),
                exists: true,
            },
            ObjectName::Of(kind, name) => found(&self.project, *kind, name),
        }
    }

    /// Everything that must be allowed for an action on an object, the object first: whoever reads an on-demand
    /// view also reads the views that it is computed from. A view is known by its name, as for the gateway, whichever of
    /// the kinds of views is told.
    pub(crate) fn needed<'a>(&'a self, action: Action, object: &'a ObjectName) -> Vec<Found<'a>> {
        let mut first = self.resource(object);
        if let ObjectName::Of(kind, name) = object
            && VIEWS.contains(kind)
            && !first.exists
        {
            let named = found_view(&self.project, name);
            first = if named.exists { named } else { first };
        }
        let (kind, view) = (first.resource.kind, first.resource.name);
        let mut needed = vec![first];
        let reads = matches!(action, Action::ReadOnline | Action::ReadOffline);
        if kind != ResourceKind::OnDemandFeatureView {
            return needed;
        }
        let mut seen = BTreeSet::from([view]);
        let mut open = if reads {
            sources(&self.project, view)
        } else {
            Vec::new()
        };
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                needed.push(found_view(&self.project, name));
                open.extend(sources(&self.project, name));
            }
        }
        needed
    }
}

/// What names of role bindings are probably not meant to be: each is compared with a token's to the letter.
pub(crate) fn doubtful_names(project: &Project) -> Vec<String> {
    let bindings = project.role_bindings.values();
    let told = bindings.flat_map(|binding| {
        let lists = [
            ("subjects", &binding.subjects),
            ("groups", &binding.groups),
            ("token_roles", &binding.token_roles),
        ];
        let names = lists
            .into_iter()
            .flat_map(|(list, names)| names.iter().map(move |name| (list, name)));
        names.filter_map(|(list, name)| {
            let doubt = if name.contains('*') {
                "holds a `*`, which stands for itself here: there are no wildcards"
            } else if name.trim() != name {
                "begins or ends with a space, which counts"
            } else {
                return None;
            };
            let binding = &binding.name;
            Some(format!(
                "role binding `{binding}`: `{name}` of `{list}` {doubt}"
            ))
        })
    });
    told.collect()
}

/// An object that a rule may be about.
pub(crate) struct Found<'a> {
    pub(crate) resource: Resource<'a>,
    /// Whether the project has it.
    pub(crate) exists: bool,
}

/// The views that an on-demand view is computed from, the last first.
fn sources<'a>(project: &'a Project, view: &str) -> Vec<&'a str> {
    let view = project.on_demand_feature_views.get(view);
    let sources = view.into_iter().flat_map(|view| view.sources.values());
    let views = sources.filter_map(|source| match source {
        OnDemandSource::View(projection) => Some(projection.view.as_str()),
        OnDemandSource::Request(_) => None,
    });
    let mut views: Vec<&str> = views.collect();
    views.reverse();
    views
}

fn found_view<'a>(project: &'a Project, name: &'a str) -> Found<'a> {
    let kind = match project.feature_views.get(name) {
        Some(view) => kind_of(view.kind),
        None if project.on_demand_feature_views.contains_key(name) => {
            ResourceKind::OnDemandFeatureView
        }
        None => ResourceKind::FeatureView,
    };
    found(project, kind, name)
}

fn kind_of(kind: ViewKind) -> ResourceKind {
    match kind {
        ViewKind::Feature => ResourceKind::FeatureView,
        ViewKind::Stream => ResourceKind::StreamFeatureView,
        ViewKind::Label => ResourceKind::LabelView,
    }
}

fn found<'a>(project: &'a Project, kind: ResourceKind, name: &'a str) -> Found<'a> {
    let tags = tags(project, kind, name);
    let other = |object: &feature_model::ObjectId| {
        ResourceKind::from(object.kind) == kind && object.name == name
    };
    let is_bound = kind == ResourceKind::RoleBinding && project.role_bindings.contains_key(name);
    Found {
        resource: match tags {
            Some(tags) => Resource::tagged(kind, name, tags),
            None => Resource::new(kind, name),
        },
        exists: tags.is_some() || is_bound || project.others.iter().any(other),
    }
}

fn tags<'a>(project: &'a Project, kind: ResourceKind, name: &str) -> Option<&'a Tags> {
    match kind {
        ResourceKind::Entity => project.entities.get(name).map(|one| &one.tags),
        ResourceKind::DataSource => project.data_sources.get(name).map(|one| &one.tags),
        ResourceKind::FeatureView | ResourceKind::StreamFeatureView | ResourceKind::LabelView => {
            let view = project.feature_views.get(name);
            let view = view.filter(|view| kind_of(view.kind) == kind);
            view.map(|view| &view.tags)
        }
        ResourceKind::OnDemandFeatureView => {
            let view = project.on_demand_feature_views.get(name);
            view.map(|view| &view.tags)
        }
        ResourceKind::FeatureService => project.feature_services.get(name).map(|one| &one.tags),
        ResourceKind::Permission => project.permissions.get(name).map(|one| &one.tags),
        ResourceKind::Project
        | ResourceKind::SavedDataset
        | ResourceKind::ValidationReference
        | ResourceKind::RoleBinding => None,
    }
}

#[cfg(test)]
mod tests {
    use feature_model::{
        Project,
        access::{Role, RoleBinding},
    };

    use super::{ObjectName, ResourceKind, doubtful_names};

    #[test]
    fn names_that_are_compared_to_the_letter_and_hardly_meant_so_are_told() {
        let mut project = Project::default();
        let subjects = ["*", " bob", "team-*", "alice", "O'Brian, Jim"];
        let binding = RoleBinding {
            name: "b".to_owned(),
            role: Role::Consumer,
            subjects: subjects.map(str::to_owned).to_vec(),
            groups: vec!["g ".to_owned()],
            token_roles: Vec::new(),
        };
        project.role_bindings.insert("b".to_owned(), binding);
        let told = doubtful_names(&project).join("\n");
        assert_eq!(told.lines().count(), 4, "{told}");
        assert!(told.contains("`*` of `subjects` holds a `*`"), "{told}");
        assert!(
            told.contains("` bob` of `subjects` begins or ends"),
            "{told}"
        );
        assert!(told.contains("`g ` of `groups`"), "{told}");
    }

    #[test]
    fn an_object_is_named_by_kind_and_name() {
        assert_eq!("project".parse(), Ok(ObjectName::Project));
        let service = ObjectName::Of(ResourceKind::FeatureService, "a/b".to_owned());
        assert_eq!("feature_service/a/b".parse(), Ok(service));
        for (text, hint) in [
            ("driver", "KIND/NAME"),
            ("feature_view/", "KIND/NAME"),
            ("view/x", "`feature_view`"),
            ("project/x", "--project"),
        ] {
            let refused = text.parse::<ObjectName>().unwrap_err().to_string();
            assert!(refused.contains(hint), "{refused}");
        }
    }
}
