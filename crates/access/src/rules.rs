//! The access rules of one project, and what they allow.

use feature_model::{
    ProjectName,
    access::{Action, Permission, RoleBinding},
};

use crate::{
    Decision, Denial, Failure, Grant, Missing, NearMiss, Principal, Resource, ResourceKind, Rule,
    Via, Warning,
    permission::{Patterns, ReadyPermission, common},
};

/// What errors, metrics and `/ready` of a gateway name.
const DESCRIBED: [ResourceKind; 7] = [
    ResourceKind::Project,
    ResourceKind::Entity,
    ResourceKind::FeatureView,
    ResourceKind::StreamFeatureView,
    ResourceKind::LabelView,
    ResourceKind::OnDemandFeatureView,
    ResourceKind::FeatureService,
];

/// The access rules of one project. Without any, nobody may do anything.
///
/// A decision looks at rules only: whether an object exists is the caller's business.
#[derive(Clone, Debug)]
pub struct AccessRules {
    project: ProjectName,
    bindings: Vec<RoleBinding>,
    permissions: Vec<ReadyPermission>,
    patterns: Patterns,
    warnings: Vec<Warning>,
}

impl AccessRules {
    /// Makes the rules of a project ready. That compiles patterns, which may take seconds where there are many.
    #[must_use]
    pub fn new(
        project: ProjectName,
        bindings: impl IntoIterator<Item = RoleBinding>,
        permissions: impl IntoIterator<Item = Permission>,
    ) -> Self {
        Self::following(None, project, bindings, permissions)
    }

    /// The same, where patterns whose text is among those of `before` are taken from there. Both need their memory
    /// once.
    #[must_use]
    pub fn following(
        before: Option<&Self>,
        project: ProjectName,
        bindings: impl IntoIterator<Item = RoleBinding>,
        permissions: impl IntoIterator<Item = Permission>,
    ) -> Self {
        let (mut warnings, mut patterns) = (Vec::new(), Patterns::default());
        let none = Patterns::default();
        let compiled = before.map_or(&none, |before| &before.patterns);
        let mut compile = |text: &str| patterns.get(text, compiled);
        let bindings: Vec<_> = bindings.into_iter().collect();
        for binding in bindings.iter().filter(|binding| names_nobody(binding)) {
            warnings.push(Warning::NamesNobody {
                binding: binding.name.clone(),
            });
        }
        let permissions = permissions.into_iter();
        let permissions =
            permissions.map(|one| ReadyPermission::new(one, &mut compile, &mut warnings));
        let permissions = permissions.collect();
        Self {
            project,
            bindings,
            permissions,
            patterns,
            warnings,
        }
    }

    /// The project that they are about.
    #[must_use]
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// What is probably wrong with them.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Whether the principal may do anything at all in the project. `false` is final: [`Self::decide`] would deny
    /// everything. It needs nothing of a request but its token, so it comes before the body is read.
    #[must_use]
    pub fn admits(&self, principal: &Principal) -> bool {
        let enters = |scopes: &crate::Scopes| scopes.enter(&self.project);
        let bound = || {
            self.bindings
                .iter()
                .any(|one| binds(one, principal).is_some())
        };
        let accepted = || {
            let mut permissions = self.permissions.iter();
            permissions.any(|one| one.accepts(principal).is_some())
        };
        principal.scopes.as_ref().is_none_or(enters) && (bound() || accepted())
    }

    /// Whether anything is granted to the subject or what it holds, whatever its token's scopes. Minting a token for
    /// somebody else is useless.
    #[must_use]
    pub fn knows(&self, principal: &Principal) -> bool {
        self.admits(&principal.clone().with_scopes(None))
    }

    /// Whether the principal may do that with the object, and why.
    #[must_use]
    pub fn decide(
        &self,
        principal: &Principal,
        action: Action,
        resource: &Resource<'_>,
    ) -> Decision {
        match self.grant(principal, action, resource) {
            Some(grant) if self.is_in_scope(principal, action, resource) => {
                Decision::Allowed(grant)
            }
            grant => Decision::Denied(Denial {
                missing: Missing {
                    action,
                    object: resource.id(),
                },
                nearest: match grant {
                    Some(grant) => Some(NearMiss {
                        rule: grant.rule,
                        why: Failure::Scopes,
                    }),
                    None => self.nearest(principal, action, resource),
                },
            }),
        }
    }

    /// Whether the principal may `describe` everything that can be in the project, whatever its name and tags, and the
    /// project itself: by a role, or by permissions that leave nothing out, and not narrowed by scopes. Who may describe
    /// the project alone may not.
    #[must_use]
    pub fn shows_everything(&self, principal: &Principal) -> bool {
        let covers = |scopes: &crate::Scopes| scopes.cover_all(&self.project, Action::Describe);
        principal.scopes.as_ref().is_none_or(covers)
            && (self.gives_role(principal) || self.describes_all(principal))
    }

    /// Every role may describe.
    fn gives_role(&self, principal: &Principal) -> bool {
        let mut bindings = self.bindings.iter();
        bindings.any(|one| {
            one.role.actions().contains(&Action::Describe) && binds(one, principal).is_some()
        })
    }

    fn describes_all(&self, principal: &Principal) -> bool {
        let permissions = self.permissions.iter();
        let able = permissions
            .filter(|one| one.allows(Action::Describe) && one.accepts(principal).is_some());
        let able: Vec<_> = able.collect();
        let mut kinds = DESCRIBED.iter();
        kinds.all(|kind| able.iter().any(|one| one.matches_all(*kind)))
    }

    /// Whether the principal could describe something of that name, were it there.
    pub(crate) fn would_describe(
        &self,
        principal: &Principal,
        kinds: &[ResourceKind],
        name: &str,
    ) -> bool {
        kinds.iter().all(|kind| {
            let resource = Resource::new(*kind, name);
            self.decide(principal, Action::Describe, &resource)
                .is_allowed()
        })
    }

    fn is_in_scope(&self, principal: &Principal, action: Action, resource: &Resource<'_>) -> bool {
        let covers = |scopes: &crate::Scopes| scopes.cover(&self.project, action, resource);
        principal.scopes.as_ref().is_none_or(covers)
    }

    fn grant(
        &self,
        principal: &Principal,
        action: Action,
        resource: &Resource<'_>,
    ) -> Option<Grant> {
        let mut able = self
            .bindings
            .iter()
            .filter(|one| one.role.actions().contains(&action));
        let bound = able.find_map(|one| {
            let (rule, via) = (rule_of_binding(one), binds(one, principal)?);
            Some(Grant { rule, via })
        });
        bound.or_else(|| {
            let able = self.permissions.iter();
            let mut able = able.filter(|one| one.allows(action) && one.matches(resource));
            able.find_map(|one| {
                let (rule, via) = (rule_of_permission(one), one.accepts(principal)?);
                Some(Grant { rule, via })
            })
        })
    }

    /// Of the rules that lack one thing, the one that comes nearest.
    fn nearest(
        &self,
        principal: &Principal,
        action: Action,
        resource: &Resource<'_>,
    ) -> Option<NearMiss> {
        let bindings = self.bindings.iter().filter_map(|one| {
            let names = binds(one, principal).is_some();
            let why = failure(names, one.role.actions().contains(&action), true)?;
            Some((rule_of_binding(one), why))
        });
        let permissions = self.permissions.iter().filter_map(|one| {
            let names = one.accepts(principal).is_some();
            let why = failure(names, one.allows(action), one.matches(resource))?;
            Some((rule_of_permission(one), why))
        });
        let nearest = bindings.chain(permissions).min_by_key(|(_, why)| *why);
        nearest.map(|(rule, why)| NearMiss { rule, why })
    }
}

/// What a rule that grants nothing lacks, where it is one thing.
fn failure(principal: bool, action: bool, object: bool) -> Option<Failure> {
    match (principal, action, object) {
        (true, false, true) => Some(Failure::Action),
        (true, true, false) => Some(Failure::Object),
        (false, true, true) => Some(Failure::Principal),
        _ => None,
    }
}

/// What of the principal the binding names.
fn binds(binding: &RoleBinding, principal: &Principal) -> Option<Via> {
    if binding.subjects.contains(&principal.subject) {
        return Some(Via::Subject(principal.subject.clone()));
    }
    let group = common(&binding.groups, &principal.groups).map(Via::Group);
    group.or_else(|| common(&binding.token_roles, &principal.roles).map(Via::TokenRole))
}

fn names_nobody(binding: &RoleBinding) -> bool {
    binding.subjects.is_empty() && binding.groups.is_empty() && binding.token_roles.is_empty()
}

fn rule_of_binding(binding: &RoleBinding) -> Rule {
    Rule::RoleBinding {
        name: binding.name.clone(),
        role: binding.role,
    }
}

fn rule_of_permission(ready: &ReadyPermission) -> Rule {
    Rule::Permission {
        name: ready.permission.name.clone(),
    }
}
