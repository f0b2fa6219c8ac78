use std::{collections::BTreeSet, fmt};

use feature_model::{
    DUMMY_ENTITY, MaterializationInterval, ObjectId, ObjectKind, ProjectName, RegistrySnapshot,
    Timestamp,
    plan::{Action, Change, Plan},
};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};

use super::{
    apply::ApplyError,
    decode_snapshot,
    dynamic::{self, child_mut, from_typed, items, list_mut, set_text, text},
    extension,
    kind::{PLACES, place},
    merge::merge,
    references, write,
};
use crate::DecodeError;

const REGISTRY: &str = "feast.core.Registry";
const TIMESTAMP: &str = "google.protobuf.Timestamp";
/// Feast's own version of the layout (`REGISTRY_SCHEMA_VERSION`).
const SCHEMA_VERSION: &str = "1";
/// `FeatureViewState.AVAILABLE_ONLINE`
const AVAILABLE_ONLINE: i32 = 4;

/// A whole registry, to be changed without loss.
///
/// Every field that this release doesn't know is kept, at every depth, also inside the objects that are
/// changed. What is written is what `feast apply` would write from equal definitions.
///
/// Two documents are equal when their bytes are.
#[derive(Clone)]
pub struct RegistryDocument {
    pub(super) message: DynamicMessage,
}

impl RegistryDocument {
    /// A registry without anything.
    #[must_use]
    pub fn empty() -> Self {
        let mut message = dynamic::empty(REGISTRY);
        set_text(&mut message, "registry_schema_version", SCHEMA_VERSION);
        Self { message }
    }

    /// Reads a registry; no bytes are an empty one.
    ///
    /// # Errors
    /// [`DecodeError::Corrupt`] where the bytes are no registry.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Ok(Self::empty());
        }
        let message = dynamic::decode(REGISTRY, bytes)?;
        Ok(Self { message })
    }

    /// The bytes of the registry. Fields and entries come in one fixed order: equal documents make equal
    /// bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.message.encode_to_vec()
    }

    /// The id that the last writer gave this state of the registry.
    #[must_use]
    pub fn version_id(&self) -> String {
        text(&self.message, "version_id").into_owned()
    }

    /// Gives this state of the registry its id and time, as every writer does before it writes.
    pub fn stamp(&mut self, version_id: &str, last_updated: Timestamp) {
        set_text(&mut self.message, "registry_schema_version", SCHEMA_VERSION);
        set_text(&mut self.message, "version_id", version_id);
        set_timestamp(&mut self.message, "last_updated", last_updated);
    }

    /// Notes who gives the registry its present [`Self::version_id`], for people who wonder who moved it.
    pub fn sign(&mut self, writer: &str) {
        let version_id = self.version_id();
        extension::set_last_commit(&mut self.message, &version_id, writer);
    }

    /// The registry in the model.
    ///
    /// # Errors
    /// None that [`Self::decode`] would not have given.
    pub fn snapshot(&self) -> Result<RegistrySnapshot, DecodeError> {
        decode_snapshot(&self.encode())
    }

    /// The objects of a project that Salver created or adopted, its role bindings and its plugin bindings, also of views
    /// that Feast manages. An object that Feast has deleted and created anew since is none of them.
    #[must_use]
    pub fn managed(&self, project: &ProjectName) -> BTreeSet<ObjectId> {
        extension::managed(&self.message, project.as_str())
    }

    /// Notes that a view has been loaded over an interval and so many rows were written: the interval is
    /// appended, the view is said to be available online, as `feast materialize` does it; the rows are added
    /// to those of earlier loads.
    ///
    /// # Errors
    /// [`ApplyError::NotFound`] where the project has no feature view and no stream feature view of the name.
    pub fn record_materialization(
        &mut self,
        project: &ProjectName,
        view: &str,
        interval: MaterializationInterval,
        rows: u64,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let kinds = [ObjectKind::FeatureView, ObjectKind::StreamFeatureView];
        let holds = |kind: &ObjectKind| {
            place(*kind)
                .find(&self.message, project.as_str(), view)
                .is_some()
        };
        let kind = kinds.into_iter().find(holds);
        let stored =
            kind.and_then(|kind| place(kind).find_mut(&mut self.message, project.as_str(), view));
        let stored = stored.ok_or_else(|| ApplyError::NotFound {
            object: ObjectId::new(ObjectKind::FeatureView, view),
        })?;
        let mut entry = dynamic::empty("feast.core.MaterializationInterval");
        set_exact_timestamp(&mut entry, "start_time", interval.start_time);
        set_exact_timestamp(&mut entry, "end_time", interval.end_time);
        let meta = child_mut(stored, "meta");
        list_mut(meta, "materialization_intervals").push(Value::Message(entry));
        set_timestamp(meta, "last_updated_timestamp", now);
        meta.set_field_by_name("state", Value::EnumNumber(AVAILABLE_ONLINE));
        if let Some(kind) = kind {
            let view = ObjectId::new(kind, view);
            extension::add_rows_materialized(&mut self.message, project.as_str(), &view, rows);
        }
        Ok(())
    }

    /// Removes the objects of a project that Salver manages, and with the last object the project itself.
    /// Everything that Feast created stays.
    ///
    /// # Errors
    /// [`ApplyError::StillUsed`] where something that stays uses what would be removed; the document is
    /// unchanged then.
    pub fn remove_project(&mut self, project: &ProjectName) -> Result<(), ApplyError> {
        let mut next = self.message.clone();
        let name = project.as_str();
        let mut removed = Plan::default();
        for object in self.managed(project) {
            match object.kind {
                ObjectKind::PluginBinding => {
                    extension::remove_plugin(&mut next, name, &object.name);
                }
                ObjectKind::RoleBinding => {
                    extension::role_bindings::remove(&mut next, name, &object.name);
                }
                kind => drop(place(kind).remove(&mut next, name, &object.name)),
            }
            let action = Action::Delete;
            removed.changes.push(Change { object, action });
        }
        references::check_uses(&next, name, &removed)?;
        extension::prune(&mut next, name);
        self.message = next;
        if self.is_vacant(name) {
            self.forget_project(name);
        }
        Ok(())
    }

    fn forget_project(&mut self, name: &str) {
        place(ObjectKind::Entity).remove(&mut self.message, name, DUMMY_ENTITY);
        list_mut(&mut self.message, "projects").retain(|value| {
            let spec = value
                .as_message()
                .and_then(|message| dynamic::child(message, "spec"));
            spec.is_none_or(|spec| text(spec, "name") != name)
        });
        list_mut(&mut self.message, "project_metadata").retain(|value| {
            let message = value.as_message();
            message.is_none_or(|metadata| text(metadata, "project") != name)
        });
        extension::forget_project(&mut self.message, name);
    }

    fn is_vacant(&self, project: &str) -> bool {
        let mut names = PLACES
            .iter()
            .flat_map(|place| place.objects(&self.message, project));
        names.all(|(name, _)| name == DUMMY_ENTITY)
    }

    /// The whole document by protobuf's JSON mapping. Fields that this release doesn't know can't be told.
    ///
    /// # Errors
    /// [`DecodeError::Corrupt`] where a time is outside the years 1 to 9999, which JSON can't tell.
    pub fn to_json(&self) -> Result<serde_json::Value, DecodeError> {
        dynamic::to_json(&self.message)
    }

    /// Adds the project and its metadata where they are missing, as Feast needs both.
    pub(super) fn ensure_project(&mut self, project: &str, now: Timestamp) {
        use super::proto::feast::core::{Project, ProjectMeta, ProjectMetadata, ProjectSpec};

        let known = items(&self.message, "projects")
            .filter_map(|project| dynamic::child(project, "spec"))
            .any(|spec| text(spec, "name") == project);
        if !known {
            let created = Some(write::timestamp(now));
            let message = Project {
                spec: Some(ProjectSpec {
                    name: project.to_owned(),
                    ..ProjectSpec::default()
                }),
                meta: Some(ProjectMeta {
                    created_timestamp: created,
                    last_updated_timestamp: created,
                }),
            };
            let message = from_typed("feast.core.Project", &message);
            list_mut(&mut self.message, "projects").push(Value::Message(message));
        }
        let known = items(&self.message, "project_metadata")
            .any(|metadata| text(metadata, "project") == project);
        if !known {
            let message = ProjectMetadata {
                project: project.to_owned(),
                project_uuid: uuid::Uuid::new_v4().to_string(),
            };
            let message = from_typed("feast.core.ProjectMetadata", &message);
            list_mut(&mut self.message, "project_metadata").push(Value::Message(message));
        }
    }
}

impl PartialEq for RegistryDocument {
    fn eq(&self, other: &Self) -> bool {
        self.encode() == other.encode()
    }
}

impl Eq for RegistryDocument {}

/// Without what it holds, which would be pages.
impl fmt::Debug for RegistryDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryDocument")
            .field("version_id", &self.version_id())
            .finish_non_exhaustive()
    }
}

/// To the microsecond, as Feast keeps it. Unknown fields of the time that was there stay.
pub(super) fn set_timestamp(message: &mut DynamicMessage, field: &str, instant: Timestamp) {
    merge(
        child_mut(message, field),
        &from_typed(TIMESTAMP, &write::timestamp(instant)),
    );
}

fn set_exact_timestamp(message: &mut DynamicMessage, field: &str, instant: Timestamp) {
    let stored = prost_types::Timestamp {
        seconds: instant.seconds(),
        nanos: i32::try_from(instant.subsecond_nanos()).unwrap_or_default(),
    };
    merge(child_mut(message, field), &from_typed(TIMESTAMP, &stored));
}
