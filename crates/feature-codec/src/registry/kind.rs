//! Where objects of each kind sit in the document.

use std::borrow::Cow;

use feature_model::{ObjectId, ObjectKind};
use prost_reflect::{DynamicMessage, Value};

use super::dynamic::{child, items, list_mut, text};

/// One kind's place in `feast.core.Registry`.
pub(super) struct Place {
    pub(super) kind: ObjectKind,
    /// As Salver's extension writes the kind.
    pub(super) id: &'static str,
    /// The repeated field of `Registry`.
    pub(super) list: &'static str,
    /// Whether name and project are in the field `spec`, not in the message itself.
    pub(super) has_spec: bool,
}

macro_rules! places {
    ($($kind:ident $id:literal $list:literal $has_spec:literal;)*) => {
        /// Every kind of object that has a name and a project.
        pub(super) const PLACES: &[Place] = &[$(Place {
            kind: ObjectKind::$kind,
            id: $id,
            list: $list,
            has_spec: $has_spec,
        }),*];

        /// The place of a kind. Of what is in Salver's extension, that of what is next to it in Feast's messages:
        /// of a plugin binding, its view's; of a role binding, that of Feast's access rules.
        pub(super) fn place(kind: ObjectKind) -> &'static Place {
            let kind = match kind {
                $(ObjectKind::$kind)|* => kind,
                ObjectKind::PluginBinding => ObjectKind::OnDemandFeatureView,
                ObjectKind::RoleBinding => ObjectKind::Permission,
            };
            let place = PLACES.iter().find(|place| place.kind == kind);
            place.expect("every kind has a place")
        }
    };
}

places! {
    Entity "entity" "entities" true;
    DataSource "data_source" "data_sources" false;
    FeatureView "feature_view" "feature_views" true;
    OnDemandFeatureView "on_demand_feature_view" "on_demand_feature_views" true;
    FeatureService "feature_service" "feature_services" true;
    StreamFeatureView "stream_feature_view" "stream_feature_views" true;
    LabelView "label_view" "label_views" true;
    SavedDataset "saved_dataset" "saved_datasets" true;
    ValidationReference "validation_reference" "validation_references" false;
    Permission "permission" "permissions" true;
}

impl Place {
    /// The part of an object that has its name and project.
    pub(super) fn spec<'m>(&self, object: &'m DynamicMessage) -> Option<&'m DynamicMessage> {
        if self.has_spec {
            child(object, "spec")
        } else {
            Some(object)
        }
    }

    fn is(&self, object: &DynamicMessage, project: &str, name: &str) -> bool {
        self.spec(object)
            .is_some_and(|spec| text(spec, "name") == name && text(spec, "project") == project)
    }

    pub(super) fn find<'m>(
        &self,
        registry: &'m DynamicMessage,
        project: &str,
        name: &str,
    ) -> Option<&'m DynamicMessage> {
        items(registry, self.list).find(|object| self.is(object, project, name))
    }

    pub(super) fn find_mut<'m>(
        &self,
        registry: &'m mut DynamicMessage,
        project: &str,
        name: &str,
    ) -> Option<&'m mut DynamicMessage> {
        let objects = list_mut(registry, self.list).iter_mut();
        let mut messages = objects.filter_map(Value::as_message_mut);
        messages.find(|object| self.is(object, project, name))
    }

    /// Removes the object; tells whether it was there.
    pub(super) fn remove(&self, registry: &mut DynamicMessage, project: &str, name: &str) -> bool {
        let objects = list_mut(registry, self.list);
        let before = objects.len();
        objects.retain(|object| {
            !object
                .as_message()
                .is_some_and(|object| self.is(object, project, name))
        });
        objects.len() < before
    }

    /// The objects of a project of this kind by name: the part that has name and project.
    pub(super) fn specs<'m>(
        &self,
        registry: &'m DynamicMessage,
        project: &str,
    ) -> impl Iterator<Item = (Cow<'m, str>, &'m DynamicMessage)> {
        self.objects(registry, project)
            .filter_map(|(name, object)| Some((name, self.spec(object)?)))
    }

    /// The objects of a project of this kind by name.
    pub(super) fn objects<'m>(
        &self,
        registry: &'m DynamicMessage,
        project: &str,
    ) -> impl Iterator<Item = (Cow<'m, str>, &'m DynamicMessage)> {
        items(registry, self.list).filter_map(move |object| {
            let spec = self.spec(object)?;
            (text(spec, "project") == project).then(|| (text(spec, "name"), object))
        })
    }
}

/// Whether objects of that kind are in Salver's extension, and not in Feast's messages.
pub(super) fn is_own(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::PluginBinding | ObjectKind::RoleBinding)
}

/// Whether the document has the object.
pub(super) fn has(registry: &DynamicMessage, project: &str, object: &ObjectId) -> bool {
    place(object.kind)
        .find(registry, project, &object.name)
        .is_some()
}
