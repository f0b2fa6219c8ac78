//! Who may do what. What isn't understood gives nothing to anybody.

use feature_model::access::{Action, Permission, Policy, ResourceType, Role, RoleBinding};
use prost::Message;
use prost_reflect::DynamicMessage;

use crate::registry::{
    dynamic,
    proto::{
        feast::core::{
            self as stored,
            permission_spec::{AuthzedAction, Type},
            policy::PolicyType,
        },
        salver::registry as extension,
    },
};

const POLICY: &str = "feast.core.Policy";
const ROLE_BINDING: &str = "salver.registry.RoleBinding";

pub(in crate::registry) fn permission(spec: &stored::PermissionSpec) -> Permission {
    // an action that isn't known is one that nobody can ask for here
    let actions = spec.actions.iter().filter_map(|number| action(*number));
    Permission {
        name: spec.name.clone(),
        types: spec.types.iter().copied().map(resource_type).collect(),
        name_patterns: spec.name_patterns.clone(),
        required_tags: spec.required_tags.clone(),
        actions: actions.collect(),
        policy: policy(&spec.policy).unwrap_or(Policy::Unknown),
        tags: spec.tags.clone(),
    }
}

fn action(number: i32) -> Option<Action> {
    Some(match AuthzedAction::try_from(number).ok()? {
        AuthzedAction::Create => Action::Create,
        AuthzedAction::Describe => Action::Describe,
        AuthzedAction::Update => Action::Update,
        AuthzedAction::Delete => Action::Delete,
        AuthzedAction::ReadOnline => Action::ReadOnline,
        AuthzedAction::ReadOffline => Action::ReadOffline,
        AuthzedAction::WriteOnline => Action::WriteOnline,
        AuthzedAction::WriteOffline => Action::WriteOffline,
    })
}

fn resource_type(number: i32) -> ResourceType {
    let Ok(known) = Type::try_from(number) else {
        return ResourceType::Unknown;
    };
    match known {
        Type::FeatureView => ResourceType::FeatureView,
        Type::OnDemandFeatureView => ResourceType::OnDemandFeatureView,
        Type::BatchFeatureView => ResourceType::BatchFeatureView,
        Type::StreamFeatureView => ResourceType::StreamFeatureView,
        Type::Entity => ResourceType::Entity,
        Type::FeatureService => ResourceType::FeatureService,
        Type::DataSource => ResourceType::DataSource,
        Type::ValidationReference => ResourceType::ValidationReference,
        Type::SavedDataset => ResourceType::SavedDataset,
        Type::Permission => ResourceType::Permission,
        Type::Project => ResourceType::Project,
        Type::LabelView => ResourceType::LabelView,
    }
}

/// Feast's "everybody" is a message without a policy in it. Bytes that come in several parts are one message, as
/// protobuf has it.
fn policy(parts: &[Vec<u8>]) -> Option<Policy> {
    let bytes = parts.concat();
    if !is_understood(POLICY, &bytes) {
        return None;
    }
    Some(
        match stored::Policy::decode(bytes.as_slice()).ok()?.policy_type {
            None => Policy::AllowAll,
            Some(PolicyType::RoleBasedPolicy(policy)) => Policy::RoleBased(policy.roles),
            Some(PolicyType::GroupBasedPolicy(policy)) => Policy::GroupBased(policy.groups),
            Some(PolicyType::NamespaceBasedPolicy(policy)) => {
                Policy::NamespaceBased(policy.namespaces)
            }
            Some(PolicyType::CombinedGroupNamespacePolicy(policy)) => {
                Policy::CombinedGroupNamespace {
                    groups: policy.groups,
                    namespaces: policy.namespaces,
                }
            }
        },
    )
}

/// The binding's name; and the binding, where everything in it is understood.
pub(in crate::registry) fn role_binding(bytes: &[u8]) -> Option<(String, Option<RoleBinding>)> {
    let stored = extension::RoleBinding::decode(bytes).ok()?;
    let name = stored.name.clone();
    let role = role(stored.role).filter(|_| is_understood(ROLE_BINDING, bytes));
    let binding = role.map(|role| RoleBinding {
        name: stored.name,
        role,
        subjects: stored.subjects,
        groups: stored.groups,
        token_roles: stored.token_roles,
    });
    Some((name, binding))
}

fn role(number: i32) -> Option<Role> {
    match extension::Role::try_from(number).ok()? {
        extension::Role::NoRole => None,
        extension::Role::Consumer => Some(Role::Consumer),
        extension::Role::Producer => Some(Role::Producer),
        extension::Role::Admin => Some(Role::Admin),
    }
}

/// Whether these are a message of that full name in which nothing is unknown to this release.
fn is_understood(name: &str, bytes: &[u8]) -> bool {
    dynamic::decode(name, bytes).is_ok_and(|message| !has_unknown_fields(&message))
}

fn has_unknown_fields(message: &DynamicMessage) -> bool {
    let inner = |value: &prost_reflect::Value| value.as_message().is_some_and(has_unknown_fields);
    message.unknown_fields().next().is_some() || message.fields().any(|(_, value)| inner(value))
}
