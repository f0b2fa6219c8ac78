use super::{FieldChange, differences::Differences};
use crate::access::RoleBinding;

/// The order of names says nothing.
pub(super) fn differences(before: &RoleBinding, after: &RoleBinding) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    let role = |binding: &RoleBinding| Some(binding.role.to_string());
    differences.value("role", role(before), role(after));
    differences.names("subjects", &before.subjects, &after.subjects);
    differences.names("groups", &before.groups, &after.groups);
    differences.names("token_roles", &before.token_roles, &after.token_roles);
    differences.into_changes()
}
