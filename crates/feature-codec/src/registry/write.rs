//! The model -> Feast's messages, as `feast apply` makes them from equal definitions. Times, versions and
//! what Feast copies from other objects are put in by the document.

mod access;
mod plugin;
mod service;
mod source;
mod view;

use feature_model::{Entity, Timestamp};

pub(super) use access::{permission, role_binding};
pub(super) use plugin::plugin_binding;
pub(super) use service::feature_service;
pub(super) use source::data_source;
pub(super) use view::{INPUT_SCHEMA, feature_view, on_demand_feature_view};

use super::proto::feast::core::EntitySpecV2;

pub(super) fn entity(entity: &Entity, project: &str) -> EntitySpecV2 {
    EntitySpecV2 {
        name: entity.name.clone(),
        value_type: entity.value_type.value_type_id(),
        description: entity.description.clone(),
        join_key: entity.join_key.clone(),
        tags: entity.tags.clone(),
        project: project.to_owned(),
        owner: entity.owner.clone(),
    }
}

/// To the microsecond, which is as much as Feast keeps when it rewrites an object.
pub(super) fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    let nanos = instant.subsecond_nanos() / 1_000 * 1_000;
    prost_types::Timestamp {
        seconds: instant.seconds(),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}
