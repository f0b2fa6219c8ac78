//! What a plan must not leave behind: two views of one name, or a reference to something that is gone.

use feature_model::{
    ObjectId, ObjectKind,
    plan::{Action, Plan},
};
use prost_reflect::DynamicMessage;

use super::{
    apply::ApplyError,
    dynamic::{child, items, text, texts},
    kind::{has, place},
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
    let created = plan
        .changes
        .iter()
        .filter(|change| change.action == Action::Create);
    let views = created.filter(|change| VIEWS.contains(&change.object.kind));
    for object in views.map(|change| &change.object) {
        let others = VIEWS.into_iter().filter(|kind| *kind != object.kind);
        for kind in others {
            if has(registry, project, &ObjectId::new(kind, &object.name)) {
                return Err(ApplyError::NameTaken {
                    object: object.clone(),
                    kind,
                });
            }
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
    let touched: Vec<&ObjectId> = plan
        .changes
        .iter()
        .filter(|change| change.action != Action::Create)
        .map(|change| &change.object)
        .collect();
    let uses = Uses { registry, project };
    for object in touched {
        match object.kind {
            ObjectKind::Entity => uses.of_entity(object)?,
            ObjectKind::FeatureView | ObjectKind::OnDemandFeatureView => uses.of_view(object)?,
            _ => {}
        }
    }
    Ok(())
}

struct Uses<'a> {
    registry: &'a DynamicMessage,
    project: &'a str,
}

impl<'a> Uses<'a> {
    fn specs(&self, kind: ObjectKind) -> impl Iterator<Item = (ObjectId, &'a DynamicMessage)> {
        let place = place(kind);
        let project = self.project;
        items(self.registry, place.list)
            .filter_map(|object| place.spec(object))
            .filter(move |spec| text(spec, "project") == project)
            .map(move |spec| (ObjectId::new(kind, text(spec, "name")), spec))
    }

    fn of_entity(&self, entity: &ObjectId) -> Result<(), ApplyError> {
        if has(self.registry, self.project, entity) {
            return Ok(());
        }
        let mut views = VIEWS.into_iter().flat_map(|kind| self.specs(kind));
        let user = views.find(|(_, spec)| texts(spec, "entities").contains(&entity.name));
        user.map_or(Ok(()), |(user, _)| {
            Err(still_used(entity.to_string(), user))
        })
    }

    fn of_view(&self, view: &ObjectId) -> Result<(), ApplyError> {
        let stored = VIEWS.into_iter().find_map(|kind| {
            place(kind).spec(place(kind).find(self.registry, self.project, &view.name)?)
        });
        let users = [ObjectKind::OnDemandFeatureView, ObjectKind::FeatureService];
        for (user, spec) in users.into_iter().flat_map(|kind| self.specs(kind)) {
            let projections = projections(spec, user.kind);
            for projection in projections.filter(|one| text(one, "feature_view_name") == view.name)
            {
                let Some(stored) = stored else {
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
