use access::{Decision, Resource, ResourceKind};
use feature_model::{Project, access::Action};

use super::{Decided, allowed, denied, nearest_rule};
use crate::{
    authorise::{Caller, Names, Rulebook, Unpermitted},
    request_id::RequestId,
};

/// A decision about reading features.
pub struct Read<'a> {
    /// The request's id.
    pub request_id: &'a RequestId,
    /// Who asked.
    pub caller: &'a Caller,
    /// The rules that decided.
    pub book: &'a Rulebook,
}

impl Read<'_> {
    /// Tells what was missing, if that is why nothing is read.
    pub fn denied(&self, error: &Unpermitted) {
        let (Unpermitted::Denied(missing), Caller::Known(verified)) = (error, self.caller) else {
            return;
        };
        let rules = self.book.rules();
        let objects = missing.missing.iter();
        denied(&Decided {
            request_id: self.request_id.as_str(),
            project: rules.project().as_str(),
            subject: &verified.principal.subject,
            action: Action::ReadOnline,
            objects: objects.map(|missing| missing.object.clone()).collect(),
            rule: nearest_rule(rules, &verified.principal, missing),
        });
    }

    /// Tells what was allowed, and the rule that allowed the first of it.
    pub fn allowed(&self, names: &Names) {
        let Caller::Known(verified) = self.caller else {
            return;
        };
        let rules = self.book.rules();
        let resources = resources(names, self.book.objects());
        let decided = resources
            .first()
            .map(|first| rules.decide(&verified.principal, Action::ReadOnline, first));
        let rule = match decided {
            Some(Decision::Allowed(grant)) => Some(grant.rule.to_string()),
            Some(Decision::Denied(_)) | None => None,
        };
        allowed(&Decided {
            request_id: self.request_id.as_str(),
            project: rules.project().as_str(),
            subject: &verified.principal.subject,
            action: Action::ReadOnline,
            objects: resources.iter().map(Resource::id).collect(),
            rule,
        });
    }
}

/// What the names mean, each object once.
fn resources<'a>(names: &'a Names, objects: &'a Project) -> Vec<Resource<'a>> {
    let references = match names {
        Names::Service(name) => {
            let tags = objects.feature_services.get(name).map(|one| &one.tags);
            let kind = ResourceKind::FeatureService;
            return vec![Resource { kind, name, tags }];
        }
        Names::References(references) => references,
    };
    let mut resources: Vec<Resource<'a>> = Vec::new();
    for name in references.iter().map(feature_model::FeatureRef::view) {
        if resources.iter().any(|known| known.name == name) {
            continue;
        }
        let stored = objects.feature_views.get(name);
        let computed = objects.on_demand_feature_views.get(name);
        let (kind, tags) = match computed {
            Some(view) => (ResourceKind::OnDemandFeatureView, Some(&view.tags)),
            None => (ResourceKind::FeatureView, stored.map(|view| &view.tags)),
        };
        resources.push(Resource { kind, name, tags });
    }
    resources
}
