use feature_model::access::{Action, Permission, Policy, ResourceType, Role, RoleBinding};
use prost::Message;

use crate::registry::proto::{
    feast::core::{
        self as stored,
        permission_spec::{AuthzedAction, Type},
        policy::PolicyType,
    },
    salver::registry as extension,
};

/// Absent where it holds what Feast has no words for: `manage_access`, or something unknown.
pub(in crate::registry) fn permission(
    permission: &Permission,
    project: &str,
) -> Option<stored::PermissionSpec> {
    let types = permission.types.iter().copied().map(resource_type);
    let actions = permission.actions.iter().copied().map(action);
    let policy = stored::Policy {
        policy_type: policy(&permission.policy)?,
        ..stored::Policy::default()
    };
    Some(stored::PermissionSpec {
        name: permission.name.clone(),
        project: project.to_owned(),
        types: types.collect::<Option<_>>()?,
        name_patterns: permission.name_patterns.clone(),
        required_tags: permission.required_tags.clone(),
        actions: actions.collect::<Option<_>>()?,
        policy: vec![policy.encode_to_vec()],
        tags: permission.tags.clone(),
    })
}

fn resource_type(resource_type: ResourceType) -> Option<i32> {
    let stored = match resource_type {
        ResourceType::FeatureView => Type::FeatureView,
        ResourceType::OnDemandFeatureView => Type::OnDemandFeatureView,
        ResourceType::BatchFeatureView => Type::BatchFeatureView,
        ResourceType::StreamFeatureView => Type::StreamFeatureView,
        ResourceType::Entity => Type::Entity,
        ResourceType::FeatureService => Type::FeatureService,
        ResourceType::DataSource => Type::DataSource,
        ResourceType::ValidationReference => Type::ValidationReference,
        ResourceType::SavedDataset => Type::SavedDataset,
        ResourceType::Permission => Type::Permission,
        ResourceType::Project => Type::Project,
        ResourceType::LabelView => Type::LabelView,
        ResourceType::Unknown => return None,
    };
    Some(stored.into())
}

fn action(action: Action) -> Option<i32> {
    let stored = match action {
        Action::Describe => AuthzedAction::Describe,
        Action::ReadOnline => AuthzedAction::ReadOnline,
        Action::ReadOffline => AuthzedAction::ReadOffline,
        Action::WriteOnline => AuthzedAction::WriteOnline,
        Action::WriteOffline => AuthzedAction::WriteOffline,
        Action::Create => AuthzedAction::Create,
        Action::Update => AuthzedAction::Update,
        Action::Delete => AuthzedAction::Delete,
        Action::ManageAccess => return None,
    };
    Some(stored.into())
}

/// Absent for a policy that isn't known, which must not become one for everybody.
fn policy(policy: &Policy) -> Option<Option<PolicyType>> {
    Some(match policy.clone() {
        Policy::AllowAll => None,
        Policy::RoleBased(roles) => Some(PolicyType::RoleBasedPolicy(stored::RoleBasedPolicy {
            roles,
        })),
        Policy::GroupBased(groups) => {
            Some(PolicyType::GroupBasedPolicy(stored::GroupBasedPolicy {
                groups,
            }))
        }
        Policy::NamespaceBased(namespaces) => Some(PolicyType::NamespaceBasedPolicy(
            stored::NamespaceBasedPolicy { namespaces },
        )),
        Policy::CombinedGroupNamespace { groups, namespaces } => {
            let combined = stored::CombinedGroupNamespacePolicy { groups, namespaces };
            Some(PolicyType::CombinedGroupNamespacePolicy(combined))
        }
        Policy::Unknown => return None,
    })
}

pub(in crate::registry) fn role_binding(binding: &RoleBinding) -> extension::RoleBinding {
    let role = match binding.role {
        Role::Consumer => extension::Role::Consumer,
        Role::Producer => extension::Role::Producer,
        Role::Admin => extension::Role::Admin,
    };
    extension::RoleBinding {
        name: binding.name.clone(),
        role: role.into(),
        subjects: binding.subjects.clone(),
        groups: binding.groups.clone(),
        token_roles: binding.token_roles.clone(),
    }
}
