//! Bindings of plugins and roles: what is in the extension, where their order says nothing.

use feature_model::{
    ObjectId, ObjectKind,
    plan::{Action, Change, Plan},
};

use super::{Application, ApplyError, outdated};
use crate::registry::{
    extension::{self, role_bindings},
    kind::has,
};

impl Application<'_> {
    pub(super) fn bind_plugins(&mut self, plan: &Plan) -> Result<(), ApplyError> {
        let changes = plan.changes.iter();
        let bindings = changes.filter(|change| change.object.kind == ObjectKind::PluginBinding);
        for Change { object, action } in bindings {
            let view = object.name.as_str();
            let is_bound = extension::has_plugin(self.registry, self.project, view);
            if *action == Action::Delete {
                extension::remove_plugin(self.registry, self.project, view);
                continue;
            }
            if !is_bound && *action != Action::Create {
                return Err(outdated(object, "isn't there"));
            }
            let on_demand = ObjectId::new(ObjectKind::OnDemandFeatureView, view);
            if !has(self.registry, self.project, &on_demand) {
                return Err(ApplyError::NotFound { object: on_demand });
            }
            let binding = self.desired.plugin_bindings.get(view);
            let binding = binding.ok_or_else(|| ApplyError::Undeclared {
                object: object.clone(),
            })?;
            extension::set_plugin(self.registry, self.project, view, binding);
        }
        Ok(())
    }

    pub(super) fn bind_roles(&mut self, plan: &Plan) -> Result<(), ApplyError> {
        let changes = plan.changes.iter();
        let bindings = changes.filter(|change| change.object.kind == ObjectKind::RoleBinding);
        for Change { object, action } in bindings {
            let is_there = role_bindings::has(self.registry, self.project, &object.name);
            match action {
                Action::Create if is_there => return Err(outdated(object, "is there already")),
                Action::Update { .. } | Action::Delete if !is_there => {
                    return Err(outdated(object, "isn't there"));
                }
                Action::Delete => role_bindings::remove(self.registry, self.project, &object.name),
                Action::Create | Action::Update { .. } => {
                    let declared = self.desired.role_bindings.get(&object.name);
                    let declared = declared.ok_or_else(|| ApplyError::Undeclared {
                        object: object.clone(),
                    })?;
                    role_bindings::set(self.registry, self.project, declared);
                }
            }
        }
        Ok(())
    }
}
