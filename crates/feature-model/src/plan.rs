//! The difference between what a registry holds and what definition files declare.
//!
//! Only what a definition file can express is compared, so an object that Feast has rewritten from equal
//! definitions shows no change. Left out on purpose: what Feast infers (the join key columns of views, the
//! copies of sources and features inside views, on-demand views and services, as long as they follow
//! their originals), the order of features inside a view, the code of an on-demand view (`mode`,
//! `body_text`), a view's state, versions and materialization intervals, and whether it is enabled.

mod data_source;
mod differences;
mod entity;
mod feature_service;
mod feature_view;
mod on_demand_feature_view;
mod permission;
mod plugin_binding;
mod role_binding;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{DUMMY_ENTITY, ObjectId, ObjectKind, Project, ViewKind, access::Policy};

/// [`FieldChange::path`] of the change by which an object that Feast created becomes Salver's.
pub const MANAGED_BY: &str = "managed_by";

/// What `apply` would do to one project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Creates and updates in the order in which one object may refer to another, then deletes.
    pub changes: Vec<Change>,
    /// Objects in the registry that are left alone, because Salver didn't create them: those that no
    /// file declares, and those that a file declares otherwise, unless they are adopted.
    pub unmanaged: Vec<ObjectId>,
}

/// What happens to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The object.
    pub object: ObjectId,
    /// What happens to it.
    pub action: Action,
}

/// The kinds of change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// It is declared and not in the registry.
    Create,
    /// It is in the registry and declared otherwise.
    Update {
        /// Every field that differs.
        fields: Vec<FieldChange>,
    },
    /// Salver created it, and no file declares it any more.
    Delete,
}

/// One field of an object before and after; absent where it doesn't exist on that side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where in the object, such as `features.conv_rate.type` or `ttl`.
    pub path: String,
    /// What the registry says.
    pub before: Option<String>,
    /// What the files say.
    pub after: Option<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares one project of a registry with the files that declare it.
///
/// `managed` are the objects that Salver created or adopted: only those are ever updated or deleted. With
/// `adopt`, objects that the files declare become managed, whoever created them; that shows as a change of
/// [`MANAGED_BY`]. Objects that no file declares and that Salver didn't create are never deleted.
///
/// Creates and updates come as entities, data sources, feature views, on-demand feature views, plugin bindings,
/// feature services, permissions and role bindings, each in the order of the files; deletes come last, in the
/// opposite order.
///
/// A plugin binding without a pinned `body_text` stays away from a view that isn't managed: it is told as unmanaged.
/// So is a permission or a role binding that holds what this release doesn't understand: laying a definition over it
/// could give more than anybody meant.
#[must_use]
pub fn plan(
    current: &Project,
    desired: &Project,
    managed: &BTreeSet<ObjectId>,
    adopt: bool,
) -> Plan {
    let mut planner = Planner {
        projects: Projects { current, desired },
        managed,
        adopt,
        plan: Plan::default(),
        deletes: Vec::new(),
    };
    planner.entities();
    planner.data_sources();
    planner.feature_views();
    planner.on_demand_feature_views();
    planner.plugin_bindings();
    planner.feature_services();
    planner.permissions();
    planner.role_bindings();
    planner.finish()
}

/// Both sides, for comparisons that look at more than one object.
#[derive(Clone, Copy)]
struct Projects<'a> {
    current: &'a Project,
    desired: &'a Project,
}

struct Planner<'a> {
    projects: Projects<'a>,
    managed: &'a BTreeSet<ObjectId>,
    adopt: bool,
    plan: Plan,
    /// In the order of creation.
    deletes: Vec<ObjectId>,
}

impl Planner<'_> {
    fn entities(&mut self) {
        let Projects { current, desired } = self.projects;
        let projects = self.projects;
        self.declared(
            ObjectKind::Entity,
            &current.entities,
            &desired.entities,
            |before, after| entity::differences(projects, before, after),
        );
        let undeclared = undeclared(&current.entities, &desired.entities);
        for name in undeclared.filter(|name| *name != DUMMY_ENTITY) {
            self.undeclared(ObjectId::new(ObjectKind::Entity, name));
        }
    }

    fn data_sources(&mut self) {
        let Projects { current, desired } = self.projects;
        let projects = self.projects;
        let kind = ObjectKind::DataSource;
        self.declared(
            kind,
            &current.data_sources,
            &desired.data_sources,
            |before, after| data_source::differences(projects, before, after),
        );
        for name in undeclared(&current.data_sources, &desired.data_sources) {
            self.undeclared(ObjectId::new(kind, name));
        }
    }

    /// A stream or label view holds its name against a feature view of the same name.
    fn feature_views(&mut self) {
        let Projects { current, desired } = self.projects;
        let projects = self.projects;
        let kind = ObjectKind::FeatureView;
        let declarable = |view: &&crate::FeatureView| view.kind == ViewKind::Feature;
        let (ours, theirs): (IndexMap<_, _>, IndexMap<_, _>) = current
            .feature_views
            .iter()
            .map(|(name, view)| (name.clone(), view))
            .partition(|(_, view)| declarable(view));
        let wanted = desired.feature_views.iter();
        let wanted: IndexMap<_, _> = wanted
            .filter(|(name, _)| !theirs.contains_key(*name))
            .map(|(name, view)| (name.clone(), view))
            .collect();
        self.declared(kind, &ours, &wanted, |before, after| {
            feature_view::differences(projects, before, after)
        });
        for name in undeclared(&ours, &wanted) {
            self.undeclared(ObjectId::new(kind, name));
        }
        for (name, view) in theirs {
            let kind = match view.kind {
                ViewKind::Stream => ObjectKind::StreamFeatureView,
                _ => ObjectKind::LabelView,
            };
            self.plan.unmanaged.push(ObjectId::new(kind, name));
        }
    }

    fn on_demand_feature_views(&mut self) {
        let current = &self.projects.current.on_demand_feature_views;
        let desired = &self.projects.desired.on_demand_feature_views;
        let projects = self.projects;
        let kind = ObjectKind::OnDemandFeatureView;
        self.declared(kind, current, desired, |before, after| {
            on_demand_feature_view::differences(projects, before, after)
        });
        for name in undeclared(current, desired) {
            self.undeclared(ObjectId::new(kind, name));
        }
    }

    fn plugin_bindings(&mut self) {
        let Projects { current, desired } = self.projects;
        let kind = ObjectKind::PluginBinding;
        for (name, after) in &desired.plugin_bindings {
            let object = ObjectId::new(kind, name);
            if after.body_text.is_none() && self.is_left_alone(name) {
                self.plan.unmanaged.push(object);
                continue;
            }
            match current.plugin_bindings.get(name) {
                None => self.change(object, Action::Create),
                Some(before) => self.known(object, plugin_binding::differences(before, after)),
            }
        }
        for name in undeclared(&current.plugin_bindings, &desired.plugin_bindings) {
            self.undeclared(ObjectId::new(kind, name));
        }
    }

    /// Whether an on-demand view stays as somebody else made it.
    fn is_left_alone(&self, view: &str) -> bool {
        let id = ObjectId::new(ObjectKind::OnDemandFeatureView, view);
        let views = &self.projects.current.on_demand_feature_views;
        views.contains_key(view) && !self.managed.contains(&id) && !self.adopt
    }

    fn feature_services(&mut self) {
        let current = &self.projects.current.feature_services;
        let desired = &self.projects.desired.feature_services;
        let projects = self.projects;
        let kind = ObjectKind::FeatureService;
        self.declared(kind, current, desired, |before, after| {
            feature_service::differences(projects, before, after)
        });
        for name in undeclared(current, desired) {
            self.undeclared(ObjectId::new(kind, name));
        }
    }

    fn permissions(&mut self) {
        let Projects { current, desired } = self.projects;
        let kind = ObjectKind::Permission;
        for (name, after) in &desired.permissions {
            let object = ObjectId::new(kind, name);
            match current.permissions.get(name) {
                None => self.change(object, Action::Create),
                Some(before) if before.policy == Policy::Unknown => {
                    self.plan.unmanaged.push(object);
                }
                Some(before) => self.known(object, permission::differences(before, after)),
            }
        }
        for name in undeclared(&current.permissions, &desired.permissions) {
            self.undeclared(ObjectId::new(kind, name));
        }
    }

    fn role_bindings(&mut self) {
        let Projects { current, desired } = self.projects;
        let kind = ObjectKind::RoleBinding;
        for (name, after) in &desired.role_bindings {
            let object = ObjectId::new(kind, name);
            match current.role_bindings.get(name) {
                // such as one that a newer release wrote; `finish` tells of it
                None if current.others.contains(&object) => {}
                None => self.change(object, Action::Create),
                Some(before) => self.known(object, role_binding::differences(before, after)),
            }
        }
        for name in undeclared(&current.role_bindings, &desired.role_bindings) {
            self.undeclared(ObjectId::new(kind, name));
        }
    }

    fn declared<T>(
        &mut self,
        kind: ObjectKind,
        current: &IndexMap<String, T>,
        desired: &IndexMap<String, T>,
        differences: impl Fn(&T, &T) -> Vec<FieldChange>,
    ) {
        for (name, after) in desired {
            let object = ObjectId::new(kind, name);
            match current.get(name) {
                None => self.change(object, Action::Create),
                Some(before) => self.known(object, differences(before, after)),
            }
        }
    }

    fn known(&mut self, object: ObjectId, mut fields: Vec<FieldChange>) {
        let managed = self.managed.contains(&object);
        if !managed && self.adopt {
            fields.push(FieldChange {
                path: MANAGED_BY.to_owned(),
                before: None,
                after: Some("salver".to_owned()),
            });
        }
        if fields.is_empty() {
            return;
        }
        if managed || self.adopt {
            self.change(object, Action::Update { fields });
        } else {
            self.plan.unmanaged.push(object);
        }
    }

    fn undeclared(&mut self, object: ObjectId) {
        if self.managed.contains(&object) {
            self.deletes.push(object);
        } else {
            self.plan.unmanaged.push(object);
        }
    }

    fn change(&mut self, object: ObjectId, action: Action) {
        self.plan.changes.push(Change { object, action });
    }

    fn finish(mut self) -> Plan {
        while let Some(object) = self.deletes.pop() {
            self.change(object, Action::Delete);
        }
        let others = self.projects.current.others.iter();
        self.plan.unmanaged.extend(others.cloned());
        self.plan
    }
}

fn undeclared<'a, T, U>(
    current: &'a IndexMap<String, T>,
    desired: &'a IndexMap<String, U>,
) -> impl Iterator<Item = &'a str> {
    let names = current.keys().map(String::as_str);
    names.filter(|name| !desired.contains_key(*name))
}

#[cfg(test)]
mod tests;
