//! Who was denied what, one line each, under a tracing target of its own: [`target::AUDIT`]. Never tokens, entity keys or
//! values.

mod line;
mod read;

use std::borrow::Cow;

use access::{AccessRules, Decision, Denied, Principal, Resource, ResourceId, ResourceKind};
use feature_model::access::Action;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    names::{field, target},
    nearest::shown,
};
pub use line::AuditLine;
pub use read::Read;

/// What a decision was about.
pub type Object = ResourceId;

/// Objects that one line names; of more, their number is told.
const MOST_OBJECTS: usize = 100;

/// Bytes of a subject that a line tells.
const LONGEST_SUBJECT: usize = 1024;

/// A decision.
#[derive(Debug)]
pub struct Decided<'a> {
    /// The request's id.
    pub request_id: &'a str,
    /// The project, as it was asked for.
    pub project: &'a str,
    /// Who asked.
    pub subject: &'a str,
    /// What they wanted to do.
    pub action: Action,
    /// With what: where denied, what was missing.
    pub objects: Vec<Object>,
    /// The rule that allowed it, or the one that came nearest.
    pub rule: Option<String>,
}

/// Tells that something was denied.
pub fn denied(decided: &Decided<'_>) {
    write(decided, "denied");
}

/// Tells that something was allowed.
pub fn allowed(decided: &Decided<'_>) {
    write(decided, "allowed");
}

/// A token that wasn't taken, at level debug: whoever reaches the gateway can cause any number of them.
pub fn refused(request_id: &str, reason: &str) {
    tracing::debug!(
        target: target::AUDIT,
        {
            { field::REQUEST_ID } = request_id,
            { field::DECISION } = "refused",
            { field::REASON } = reason
        },
        "a token is not taken"
    );
}

fn write(decided: &Decided<'_>, decision: &str) {
    let objects = decided.objects.iter().take(MOST_OBJECTS);
    let objects: Vec<_> = objects
        .map(|object| json!({"kind": object.kind.as_str(), "name": shown(&object.name)}))
        .collect();
    tracing::info!(
        target: target::AUDIT,
        {
            { field::REQUEST_ID } = decided.request_id,
            { field::PROJECT } = &*shown(decided.project),
            { field::SUBJECT } = &*whole(decided.subject),
            { field::ACTION } = decided.action.as_str(),
            { field::OBJECTS } = serde_json::Value::from(objects).to_string(),
            { field::OBJECT_COUNT } = decided.objects.len(),
            { field::DECISION } = decision,
            { field::RULE } = decided.rule.as_deref().unwrap_or_default()
        },
        "a decision"
    );
}

/// A subject as it is: two that begin alike are two. What is too long for a line is cut, and told by its hash.
fn whole(subject: &str) -> Cow<'_, str> {
    if subject.len() <= LONGEST_SUBJECT {
        return Cow::Borrowed(subject);
    }
    let begin = &subject[..subject.floor_char_boundary(LONGEST_SUBJECT)];
    let hash = Sha256::digest(subject);
    Cow::Owned(format!("{begin}... (SHA-256 {hash:x})"))
}

/// The rule that comes nearest to letting the principal read in the project at all, as `access check` names it.
#[must_use]
pub fn nearest_rule_of_project(rules: &AccessRules, principal: &Principal) -> Option<String> {
    let project = Resource::new(ResourceKind::Project, rules.project().as_str());
    nearest(rules, principal, Action::ReadOnline, &project)
}

/// The rule that comes nearest to allowing the first thing that was missing.
#[must_use]
pub fn nearest_rule(rules: &AccessRules, principal: &Principal, denied: &Denied) -> Option<String> {
    let missing = denied.missing.first()?;
    let object = Resource::new(missing.object.kind, &missing.object.name);
    nearest(rules, principal, missing.action, &object)
}

fn nearest(
    rules: &AccessRules,
    principal: &Principal,
    action: Action,
    object: &Resource<'_>,
) -> Option<String> {
    match rules.decide(principal, action, object) {
        Decision::Denied(denial) => denial.nearest.map(|near| near.rule.to_string()),
        Decision::Allowed(grant) => Some(grant.rule.to_string()),
    }
}
