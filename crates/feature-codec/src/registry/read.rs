//! Feast's messages -> the model, one object at a time.

mod access;
mod plugin;
mod service;
mod source;
mod view;

use feature_model::{DataType, Entity, Timestamp};

pub(super) use access::{permission, role_binding};
pub(super) use plugin::plugin_binding;
pub(super) use service::{feature_service, on_demand_feature_view, on_demand_projection};
pub(super) use source::{CsvSources, data_source};
pub(super) use view::{feature_view, label_view, stream_feature_view};

use super::proto::feast::core::EntitySpecV2;

pub(super) fn entity(spec: &EntitySpecV2) -> Entity {
    Entity {
        name: spec.name.clone(),
        join_key: spec.join_key.clone(),
        value_type: DataType::from_value_type_id(spec.value_type),
        description: spec.description.clone(),
        tags: spec.tags.clone(),
        owner: spec.owner.clone(),
    }
}

/// Nanoseconds outside of a second, which no writer should make, count as none.
pub(super) fn timestamp(stored: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let stored = stored?;
    let nanos = u32::try_from(stored.nanos).unwrap_or_default();
    Some(Timestamp::new(stored.seconds, nanos.min(999_999_999)))
}
