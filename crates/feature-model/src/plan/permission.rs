use super::{FieldChange, differences::Differences};
use crate::access::{Permission, Policy, ResourceType};

/// The types that Feast 0.67 writes for a permission that names none (`ALL_RESOURCE_TYPES`).
const FEASTS_ALL: [ResourceType; 12] = ResourceType::KNOWN;

/// The order of what a list holds says nothing.
pub(super) fn differences(before: &Permission, after: &Permission) -> Vec<FieldChange> {
    let mut differences = Differences::default();
    differences.names("types", &types(before), &types(after));
    let patterns = [&before.name_patterns, &after.name_patterns];
    differences.names("name_patterns", patterns[0], patterns[1]);
    differences.map("required_tags", &before.required_tags, &after.required_tags);
    differences.names("actions", &actions(before), &actions(after));
    let policy = |policy: &Policy| Some(policy.to_string());
    differences.value("policy", policy(&before.policy), policy(&after.policy));
    differences.map("tags", &before.tags, &after.tags);
    differences.into_changes()
}

/// None where they are all that there are.
fn types(permission: &Permission) -> Vec<String> {
    let types = &permission.types;
    if FEASTS_ALL.iter().all(|known| types.contains(known)) {
        return Vec::new();
    }
    types.iter().map(ToString::to_string).collect()
}

fn actions(permission: &Permission) -> Vec<String> {
    let actions = permission.actions.iter();
    actions.map(ToString::to_string).collect()
}
