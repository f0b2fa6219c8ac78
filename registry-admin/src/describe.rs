//! Objects of the registry as JSON, for lists and descriptions.

use feature_model::{
    DataSource, DataSourceKind, DataType, Entity, FeatureService, FeatureView, Field, FileFormat,
    FileSource, OnDemandFeatureView, OnDemandSource, PluginBinding, PluginDigest, Project,
    Projection, ViewKind, ViewState,
    access::{Permission, ResourceType, RoleBinding},
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) fn entity(entity: &Entity) -> Value {
    json!({
        "name": entity.name,
        "join_key": entity.join_key,
        "type": match entity.value_type {
            // Feast needs none.
            DataType::Unknown(0) => String::new(),
            ref known => known.to_string(),
        },
        "description": entity.description,
        "tags": entity.tags,
        "owner": entity.owner,
    })
}

pub(crate) fn feature_view(view: &FeatureView, project: &Project) -> Value {
    let kind = match view.kind {
        ViewKind::Feature => "feature view",
        ViewKind::Stream => "stream feature view",
        ViewKind::Label => "label view",
    };
    let state = match view.state {
        ViewState::Unspecified => "unspecified",
        ViewState::Created => "created",
        ViewState::Generated => "generated",
        ViewState::Materializing => "materializing",
        ViewState::AvailableOnline => "available online",
    };
    let intervals: Vec<_> = view
        .materialization_intervals
        .iter()
        .map(|interval| {
            json!({
                "start": interval.start_time.to_string(),
                "end": interval.end_time.to_string(),
            })
        })
        .collect();
    json!({
        "name": view.name,
        "kind": kind,
        "entities": view.entities,
        "join_keys": fields(&project.join_keys(view)),
        "features": fields(&view.features),
        "ttl": view.ttl.map(|ttl| ttl.to_string()),
        "online": view.online,
        "enabled": view.enabled,
        "state": state,
        "batch_source": view.batch_source.as_ref().map(|source| source.name.clone()),
        "stream_source": view.stream_source.as_ref().map(|source| source.name.clone()),
        "loaded_up_to": view.most_recent_end_time().map(|end| end.to_string()),
        "materialization_intervals": intervals,
        "description": view.description,
        "tags": view.tags,
        "owner": view.owner,
    })
}

pub(crate) fn on_demand_feature_view(view: &OnDemandFeatureView, project: &Project) -> Value {
    let binding = project.plugin_bindings.get(&view.name);
    let sources: Map<String, Value> = view
        .sources
        .iter()
        .map(|(name, source)| {
            let described = match source {
                OnDemandSource::View(view) => projection(view),
                OnDemandSource::Request(source) => data_source(source),
            };
            (name.clone(), described)
        })
        .collect();
    json!({
        "name": view.name,
        "mode": view.mode,
        "body_text_digest": PluginDigest::new(Sha256::digest(&view.body_text).into()).to_string(),
        "sources": sources,
        "features": fields(&view.features),
        "plugin": binding.map(plugin),
        "enabled": view.enabled,
        "description": view.description,
        "tags": view.tags,
        "owner": view.owner,
    })
}

/// What an access rule of Feast's allows, without its name.
pub(crate) fn permission(permission: &Permission) -> Value {
    let texts = |all: &[String]| Value::from(all.to_vec());
    let types = permission.types.iter().map(|one| one.as_str().into());
    let actions = permission.actions.iter().map(|one| one.as_str().into());
    json!({
        "types": Value::Array(types.collect()),
        "name_patterns": texts(&permission.name_patterns),
        "required_tags": permission.required_tags,
        "actions": Value::Array(actions.collect()),
        "policy": permission.policy.to_string(),
        "tags": permission.tags,
    })
}

/// The objects that a permission is for, in words.
pub(crate) fn permission_objects(permission: &Permission) -> String {
    let types: Vec<&str> = permission.types.iter().map(|one| one.as_str()).collect();
    let all = ResourceType::KNOWN
        .iter()
        .all(|known| permission.types.contains(known));
    let mut text = match types.is_empty() || all {
        true => "everything".to_owned(),
        false => types.join(", "),
    };
    if !permission.name_patterns.is_empty() {
        text += &format!(" named {}", permission.name_patterns.join(" or "));
    }
    let tags = permission.required_tags.iter();
    let tags: Vec<String> = tags.map(|(tag, value)| format!("{tag}: {value}")).collect();
    if !tags.is_empty() {
        text += &format!(" tagged {}", tags.join(", "));
    }
    text
}

/// What a role binding gives to whom, without its name.
pub(crate) fn role_binding(binding: &RoleBinding) -> Value {
    json!({
        "role": binding.role.as_str(),
        "subjects": binding.subjects,
        "groups": binding.groups,
        "token_roles": binding.token_roles,
    })
}

/// How an on-demand feature view is computed.
pub(crate) fn plugin(binding: &PluginBinding) -> Value {
    let inputs = binding.inputs.iter();
    let inputs: Map<String, Value> = inputs
        .map(|(column, input)| (column.clone(), input.to_string().into()))
        .collect();
    let limits: Map<String, Value> = binding
        .limits
        .told()
        .map(|(key, limit)| (key.to_owned(), limit.into()))
        .collect();
    json!({
        "digest": binding.digest.to_string(),
        "transform": binding.transform,
        "parameters": binding.parameters,
        "inputs": inputs,
        "outputs": binding.outputs,
        "on_error": binding.on_error.to_string(),
        "fresh_instance": binding.fresh_instance,
        "wasi": binding.wasi.to_string(),
        "limits": limits,
        "body_text": binding.body_text.map(|digest| digest.to_string()),
    })
}

pub(crate) fn feature_service(service: &FeatureService) -> Value {
    let views: Vec<_> = service
        .projections
        .iter()
        .map(Projection::name_to_use)
        .collect();
    json!({
        "name": service.name,
        "views": views,
        "features": service.projections.iter().map(projection).collect::<Vec<_>>(),
        "description": service.description,
        "tags": service.tags,
        "owner": service.owner,
    })
}

pub(crate) fn data_source(source: &DataSource) -> Value {
    let mut described = json!({ "name": source.name });
    let details = match &source.kind {
        DataSourceKind::File(file) => file_details(file),
        DataSourceKind::Request { schema } => {
            json!({ "kind": "request", "schema": fields(schema) })
        }
        DataSourceKind::Push { batch_source } => json!({
            "kind": "push",
            "batch_source": batch_source.as_ref().map(|batch| batch.name.clone()),
            "path": source.file().map(|file| file.path.clone()),
        }),
        DataSourceKind::Other { type_name } => json!({ "kind": type_name }),
    };
    let rest = json!({
        "description": source.description,
        "tags": source.tags,
        "owner": source.owner,
    });
    for part in [details, rest] {
        if let (Some(target), Value::Object(part)) = (described.as_object_mut(), part) {
            target.extend(part);
        }
    }
    described
}

fn file_details(file: &FileSource) -> Value {
    let format = match file.format {
        FileFormat::Parquet => "parquet",
        FileFormat::Csv => "csv",
        FileFormat::Delta => "delta",
    };
    json!({
        "kind": "file",
        "path": file.path,
        "format": format,
        "timestamp_field": file.timestamp_field,
        "created_timestamp_column": file.created_timestamp_column,
        "field_mapping": file.field_mapping,
    })
}

fn projection(projection: &Projection) -> Value {
    let features: Vec<_> = projection
        .features
        .iter()
        .map(|field| field.name.clone())
        .collect();
    json!({
        "view": projection.view,
        "alias": projection.alias,
        "features": features,
        "join_key_map": projection.join_key_map,
    })
}

fn fields(fields: &[Field]) -> Value {
    let described = fields
        .iter()
        .map(|field| (field.name.clone(), field.data_type.to_string().into()));
    Value::Object(described.collect())
}
