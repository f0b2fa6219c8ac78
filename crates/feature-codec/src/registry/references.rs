//! What a plan must not leave behind: two views of one name, or a reference to something that is gone.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use feature_model::{
    ObjectId, ObjectKind,
    plan::{Action, Plan},
};
use prost_reflect::DynamicMessage;

use super::{
    apply::ApplyError,
    dynamic::{child, items, text, texts},
    kind::place,
};

const VIEWS: [ObjectKind; 4] = [
    ObjectKind::FeatureView,
    ObjectKind::StreamFeatureView,
    ObjectKind::OnDemandFeatureView,
    ObjectKind::LabelView,
];

pub(super) fn check_names(
    registry: &DynamicMessage,
    project: &str,
    plan: &Plan,
) -> Result<(), ApplyError> {
    let mut kinds: HashMap<Cow<'_, str>, Vec<ObjectKind>> = HashMap::new();
    for kind in VIEWS {
        for (name, _) in place(kind).specs(registry, project) {
            kinds.entry(name).or_default().push(kind);
        }
    }
    let created = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Create);
    let views = created.filter(|change| VIEWS.contains(&change.object.kind));
    for object in views.map(|change| &change.object) {
        let mut holders = kinds.get(object.name.as_str()).into_iter().flatten();
        if let Some(kind) = holders.find(|kind| **kind != object.kind) {
            return Err(ApplyError::NameTaken {
                object: object.clone(),
                kind: *kind,
            });
        }
    }
    Ok(())
}

/// Looks at everybody's objects for uses of what the plan deleted or took a feature from.
pub(super) fn check_uses(
    registry: &DynamicMessage,
    project: &str,
    plan: &Plan,
) -> Result<(), ApplyError> {
    let uses = Uses { registry, project };
    let changes = plan.changes.iter();
    let touched = changes.filter(|change| change.action != Action::Create);
    let of_kinds = |kinds: &[ObjectKind]| -> HashMap<&str, &ObjectId> {
        let objects = touched.clone().map(|change| &change.object);
        let objects = objects.filter(|object| kinds.contains(&object.kind));
        objects
            .map(|object| (object.name.as_str(), object))
            .collect()
    };
    uses.of_entities(&of_kinds(&[ObjectKind::Entity]))?;
    uses.of_views(&of_kinds(&[
        ObjectKind::FeatureView,
        ObjectKind::OnDemandFeatureView,
    ]))
}

struct Uses<'a> {
    registry: &'a DynamicMessage,
    project: &'a str,
}

impl<'a> Uses<'a> {
    fn specs(
        &self,
        kinds: &'a [ObjectKind],
    ) -> impl Iterator<Item = (ObjectId, &'a DynamicMessage)> {
        let (registry, project) = (self.registry, self.project);
        kinds.iter().flat_map(move |kind| {
            let specs = place(*kind).specs(registry, project);
            specs.map(move |(name, spec)| (ObjectId::new(*kind, name), spec))
        })
    }

    fn of_entities(&self, touched: &HashMap<&str, &ObjectId>) -> Result<(), ApplyError> {
        let left = self.specs(&[ObjectKind::Entity]).map(|(object, _)| object);
        let left: HashSet<ObjectId> = left.collect();
        for (user, spec) in self.specs(&VIEWS) {
            for name in texts(spec, "entities") {
                let entity = touched.get(name.as_str());
                if let Some(entity) = entity.filter(|entity| !left.contains(**entity)) {
                    return Err(still_used(entity.to_string(), user));
                }
            }
        }
        Ok(())
    }

    fn of_views(&self, touched: &HashMap<&str, &ObjectId>) -> Result<(), ApplyError> {
        let mut left: HashMap<String, &DynamicMessage> = HashMap::new();
        for (view, spec) in self.specs(&VIEWS) {
            left.entry(view.name).or_insert(spec);
        }
        for (user, spec) in
            self.specs(&[ObjectKind::OnDemandFeatureView, ObjectKind::FeatureService])
        {
            for projection in projections(spec, user.kind) {
                let name = text(projection, "feature_view_name");
                let Some(view) = touched.get(name.as_ref()) else {
                    continue;
                };
                let Some(stored) = left.get(name.as_ref()) else {
                    return Err(still_used(view.to_string(), user));
                };
                if let Some(feature) = missing_feature(stored, projection) {
                    return Err(still_used(format!("feature `{feature}` of {view}"), user));
                }
            }
        }
        Ok(())
    }
}

fn still_used(object: String, user: ObjectId) -> ApplyError {
    ApplyError::StillUsed { object, user }
}

fn projections(spec: &DynamicMessage, kind: ObjectKind) -> impl Iterator<Item = &DynamicMessage> {
    let of_service = kind == ObjectKind::FeatureService;
    let field = if of_service { "features" } else { "sources" };
    items(spec, field).filter_map(move |entry| {
        if of_service {
            Some(entry)
        } else {
            child(child(entry, "value")?, "feature_view_projection")
        }
    })
}

fn missing_feature(view: &DynamicMessage, projection: &DynamicMessage) -> Option<String> {
    items(projection, "feature_columns")
        .map(|column| text(column, "name"))
        .find(|name| !items(view, "features").any(|feature| text(feature, "name") == *name))
        .map(std::borrow::Cow::into_owned)
}
