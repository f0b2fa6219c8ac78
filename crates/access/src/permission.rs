//! Feast's permissions, made ready to be asked.

mod pattern;
mod python;

use std::sync::Arc;

use feature_model::access::{Action, Permission, Policy};
use regex::Regex;

use crate::{Principal, Resource, ResourceKind, Via, Warning};
pub(crate) use pattern::Patterns;
pub use pattern::check_name_pattern;

/// A [`Permission`] with its patterns compiled.
#[derive(Clone, Debug)]
pub(crate) struct ReadyPermission {
    pub(crate) permission: Permission,
    patterns: Vec<Arc<Regex>>,
}

impl ReadyPermission {
    /// A pattern that can't be compiled matches nothing, and is told in `warnings`.
    pub(crate) fn new(
        permission: Permission,
        mut compile: impl FnMut(&str) -> Result<Arc<Regex>, String>,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut patterns = Vec::new();
        for pattern in &permission.name_patterns {
            match compile(pattern) {
                Ok(regex) => patterns.push(regex),
                Err(reason) => warnings.push(Warning::BadPattern {
                    permission: permission.name.clone(),
                    pattern: pattern.clone(),
                    reason,
                }),
            }
        }
        warn_of_policy(&permission, warnings);
        Self {
            permission,
            patterns,
        }
    }

    pub(crate) fn allows(&self, action: Action) -> bool {
        self.permission.actions.contains(&action)
    }

    /// Type, name and tags all match.
    pub(crate) fn matches(&self, resource: &Resource<'_>) -> bool {
        self.matches_type(resource) && self.matches_name(resource) && self.matches_tags(resource)
    }

    /// Whatever its name and tags are.
    pub(crate) fn matches_all(&self, kind: ResourceKind) -> bool {
        let names = &self.permission.name_patterns;
        let any_name = names.is_empty() || names.iter().any(|name| name == ".*" || name == ".+");
        any_name
            && self.permission.required_tags.is_empty()
            && self.matches_type(&Resource::new(kind, ""))
    }

    fn matches_type(&self, resource: &Resource<'_>) -> bool {
        let mut types = self.permission.types.iter();
        self.permission.types.is_empty() || types.any(|one| resource.kind.is_a(*one))
    }

    fn matches_name(&self, resource: &Resource<'_>) -> bool {
        let mut patterns = self.patterns.iter();
        self.permission.name_patterns.is_empty()
            || patterns.any(|pattern| pattern.is_match(resource.name))
    }

    fn matches_tags(&self, resource: &Resource<'_>) -> bool {
        let mut required = self.permission.required_tags.iter();
        required.all(|(tag, value)| resource.tags.and_then(|tags| tags.get(tag)) == Some(value))
    }

    /// What of the principal the policy accepts. A namespace is nothing that a token of ours could prove.
    pub(crate) fn accepts(&self, principal: &Principal) -> Option<Via> {
        let role = |roles: &[String]| common(roles, &principal.roles).map(Via::TokenRole);
        let group = |groups: &[String]| common(groups, &principal.groups).map(Via::Group);
        match &self.permission.policy {
            Policy::AllowAll => Some(Via::Anybody),
            Policy::RoleBased(roles) => role(roles),
            Policy::GroupBased(groups) | Policy::CombinedGroupNamespace { groups, .. } => {
                group(groups)
            }
            Policy::NamespaceBased(_) | Policy::Unknown => None,
        }
    }
}

/// The first of `wanted` that is among `held`.
pub(crate) fn common(wanted: &[String], held: &[String]) -> Option<String> {
    wanted.iter().find(|one| held.contains(one)).cloned()
}

fn warn_of_policy(permission: &Permission, warnings: &mut Vec<Warning>) {
    let permission_name = || permission.name.clone();
    match &permission.policy {
        Policy::AllowAll => warnings.push(Warning::NoPolicy {
            permission: permission_name(),
        }),
        Policy::NamespaceBased(_) => warnings.push(Warning::NamespacesOnly {
            permission: permission_name(),
        }),
        Policy::Unknown => warnings.push(Warning::UnknownPolicy {
            permission: permission_name(),
        }),
        Policy::RoleBased(_) | Policy::GroupBased(_) | Policy::CombinedGroupNamespace { .. } => {}
    }
}
