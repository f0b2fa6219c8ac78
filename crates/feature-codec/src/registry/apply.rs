//! Carrying out a plan on the document.

use std::collections::{HashMap, HashSet};

use feature_model::{
    DUMMY_ENTITY, DUMMY_JOIN_KEY, DataSourceKind, FileFormat, ObjectId, ObjectKind, Project,
    ProjectName, Timestamp,
    plan::{Action, Change, Plan},
};
use prost_reflect::{DynamicMessage, Value};

use super::{
    RegistryDocument,
    copies::{self, Changed},
    document::set_timestamp,
    dynamic::{child_mut, empty, from_typed, items, list_mut, text, texts},
    extension::{self, IsCsv},
    kind::{PLACES, has, place},
    merge::merge,
    references, write,
};
use crate::DecodeError;

/// A plan or a record that doesn't fit the document. The document is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The registry has moved since the plan was made: plan again.
    #[error("plan doesn't fit the registry: {object} {found}; plan again")]
    Outdated {
        /// The object that the plan would change.
        object: ObjectId,
        /// What the registry says of it.
        found: &'static str,
    },
    /// The plan was made from other files: plan again.
    #[error("plan doesn't fit the definitions: {object} isn't declared; plan again")]
    Undeclared {
        /// The object that the plan would create or update.
        object: ObjectId,
    },
    /// Views of all kinds share one space of names: rename the object, or remove the other with Feast.
    #[error(
        "{object} can't be created: the registry has a {kind} of that name, which isn't managed here"
    )]
    NameTaken {
        /// The object that the plan would create.
        object: ObjectId,
        /// The kind that has the name.
        kind: ObjectKind,
    },
    /// Something that isn't declared here would be left with a reference to nothing: declare it, or remove it
    /// with Feast.
    #[error("{object} is still used by {user}, which isn't managed here")]
    StillUsed {
        /// What the plan would remove, such as `feature view `stats`` or a feature of it.
        object: String,
        /// What uses it.
        user: ObjectId,
    },
    /// The registry would be one that nobody can read: mend it with the program that wrote it.
    #[error("registry can't be changed, because nobody could read it afterwards: {source}")]
    Unreadable {
        /// What would be wrong with it.
        source: DecodeError,
    },
    /// There is no such object: apply the definitions first.
    #[error("registry has no {object}; apply the definitions first")]
    NotFound {
        /// The object.
        object: ObjectId,
    },
}

impl RegistryDocument {
    /// Carries out a plan that was made from this document and `desired`.
    ///
    /// New objects are written as `feast apply` writes them. Updated objects keep everything that definition
    /// files don't say: creation time, state, version, intervals, the Python of on-demand views, unknown
    /// fields. Copies that Feast keeps of a changed object elsewhere follow it. What was created or updated
    /// counts as managed afterwards; with `adopt`, so does everything else that `desired` declares and that
    /// the registry has.
    ///
    /// # Errors
    /// Where the plan doesn't fit; the document is unchanged then.
    pub fn apply(
        &mut self,
        project: &ProjectName,
        desired: &Project,
        plan: &Plan,
        adopt: bool,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let mut next = self.clone();
        next.ensure_project(project.as_str(), now);
        let mut application = Application {
            places: places(&next.message, project.as_str()),
            registry: &mut next.message,
            project: project.as_str(),
            desired,
            now,
        };
        application.carry_out(plan)?;
        application.note_management(plan, adopt);
        // Copies of what is nested to the limit would be nested past it.
        let readable = RegistryDocument::decode(&next.encode());
        readable.map_err(|source| ApplyError::Unreadable { source })?;
        *self = next;
        Ok(())
    }
}

struct Application<'a> {
    registry: &'a mut DynamicMessage,
    project: &'a str,
    desired: &'a Project,
    now: Timestamp,
    /// Where each of the project's objects stands in the list of its kind. Deletes come last in a plan and
    /// happen together, so that the places hold till then.
    places: HashMap<ObjectId, usize>,
}

fn places(registry: &DynamicMessage, project: &str) -> HashMap<ObjectId, usize> {
    let mut places = HashMap::new();
    for place in PLACES {
        for (index, object) in items(registry, place.list).enumerate() {
            let spec = place
                .spec(object)
                .filter(|spec| text(spec, "project") == project);
            if let Some(spec) = spec {
                let id = ObjectId::new(place.kind, text(spec, "name"));
                places.entry(id).or_insert(index);
            }
        }
    }
    places
}

impl Application<'_> {
    fn carry_out(&mut self, plan: &Plan) -> Result<(), ApplyError> {
        let mut deletes = HashSet::new();
        for Change { object, action } in &plan.changes {
            match action {
                Action::Create => self.create(object)?,
                Action::Update { .. } => self.update(object)?,
                Action::Delete if self.places.contains_key(object) => {
                    deletes.insert(object.clone());
                }
                Action::Delete => return Err(outdated(object, "isn't there")),
            }
        }
        self.delete(&deletes);
        references::check_names(self.registry, self.project, plan)?;
        self.ensure_dummy_entity();
        let written = plan
            .changes
            .iter()
            .filter(|change| change.action != Action::Delete);
        let changed = Changed {
            project: self.project,
            objects: written.map(|change| change.object.clone()).collect(),
        };
        copies::refresh(self.registry, changed);
        references::check_uses(self.registry, self.project, plan)
    }

    fn create(&mut self, object: &ObjectId) -> Result<(), ApplyError> {
        if self.places.contains_key(object) {
            return Err(outdated(object, "is there already"));
        }
        let mut message = self.message(object)?;
        let meta = child_mut(&mut message, "meta");
        set_timestamp(meta, "created_timestamp", self.now);
        set_timestamp(meta, "last_updated_timestamp", self.now);
        let objects = list_mut(self.registry, place(object.kind).list);
        self.places.insert(object.clone(), objects.len());
        objects.push(Value::Message(message));
        Ok(())
    }

    fn update(&mut self, object: &ObjectId) -> Result<(), ApplyError> {
        let wanted = self.message(object)?;
        let place = place(object.kind);
        let objects = list_mut(self.registry, place.list);
        let index = self.places.get(object);
        let stored = index
            .and_then(|index| objects.get_mut(*index))
            .and_then(Value::as_message_mut)
            .ok_or_else(|| outdated(object, "isn't there"))?;
        if place.has_spec {
            let wanted = dynamic_spec(&wanted);
            let spec = child_mut(stored, "spec");
            merge(spec, &wanted);
            if object.kind == ObjectKind::FeatureView {
                copies::set_join_key_types(spec, &wanted);
            }
        } else {
            merge(stored, &wanted);
        }
        set_timestamp(
            child_mut(stored, "meta"),
            "last_updated_timestamp",
            self.now,
        );
        Ok(())
    }

    fn delete(&mut self, objects: &HashSet<ObjectId>) {
        for place in PLACES {
            if objects.iter().any(|object| object.kind == place.kind) {
                list_mut(self.registry, place.list).retain(|value| {
                    let spec = value.as_message().and_then(|message| place.spec(message));
                    let ours = spec.filter(|spec| text(spec, "project") == self.project);
                    ours.is_none_or(|spec| {
                        let id = ObjectId::new(place.kind, text(spec, "name"));
                        !objects.contains(&id)
                    })
                });
            }
        }
    }

    /// The object as the files declare it, in Feast's message.
    fn message(&self, object: &ObjectId) -> Result<DynamicMessage, ApplyError> {
        let name = object.name.as_str();
        let (desired, project) = (self.desired, self.project);
        let declared = match object.kind {
            ObjectKind::Entity => desired.entities.get(name).map(|entity| {
                in_spec(
                    "feast.core.Entity",
                    "feast.core.EntitySpecV2",
                    &write::entity(entity, project),
                )
            }),
            ObjectKind::DataSource => desired.data_sources.get(name).map(|source| {
                from_typed(
                    "feast.core.DataSource",
                    &write::data_source(source, project),
                )
            }),
            ObjectKind::FeatureView => desired.feature_views.get(name).map(|view| {
                let spec = write::feature_view(view, project);
                in_spec(
                    "feast.core.FeatureView",
                    "feast.core.FeatureViewSpec",
                    &spec,
                )
            }),
            ObjectKind::OnDemandFeatureView => {
                desired.on_demand_feature_views.get(name).map(|view| {
                    let spec = write::on_demand_feature_view(view, project);
                    in_spec(
                        "feast.core.OnDemandFeatureView",
                        "feast.core.OnDemandFeatureViewSpec",
                        &spec,
                    )
                })
            }
            ObjectKind::FeatureService => desired.feature_services.get(name).map(|service| {
                let spec = write::feature_service(service, project);
                in_spec(
                    "feast.core.FeatureService",
                    "feast.core.FeatureServiceSpec",
                    &spec,
                )
            }),
            ObjectKind::StreamFeatureView
            | ObjectKind::LabelView
            | ObjectKind::SavedDataset
            | ObjectKind::ValidationReference
            | ObjectKind::Permission => None,
        };
        declared.ok_or_else(|| ApplyError::Undeclared {
            object: object.clone(),
        })
    }

    /// Feast keeps an entity for "no entity" in each project that has a view without entities.
    fn ensure_dummy_entity(&mut self) {
        let views = [ObjectKind::FeatureView, ObjectKind::OnDemandFeatureView];
        let needed = views.into_iter().any(|kind| {
            let mut specs = place(kind).specs(self.registry, self.project);
            specs.any(|(_, spec)| {
                texts(spec, "entities")
                    .iter()
                    .any(|name| name == DUMMY_ENTITY)
            })
        });
        let dummy = ObjectId::new(ObjectKind::Entity, DUMMY_ENTITY);
        if !needed || has(self.registry, self.project, &dummy) {
            return;
        }
        let spec = super::proto::feast::core::EntitySpecV2 {
            name: DUMMY_ENTITY.to_owned(),
            join_key: DUMMY_JOIN_KEY.to_owned(),
            project: self.project.to_owned(),
            ..Default::default()
        };
        let mut message = in_spec("feast.core.Entity", "feast.core.EntitySpecV2", &spec);
        let meta = child_mut(&mut message, "meta");
        set_timestamp(meta, "created_timestamp", self.now);
        set_timestamp(meta, "last_updated_timestamp", self.now);
        list_mut(self.registry, place(ObjectKind::Entity).list).push(Value::Message(message));
    }

    fn note_management(&mut self, plan: &Plan, adopt: bool) {
        let written = plan
            .changes
            .iter()
            .filter(|change| change.action != Action::Delete);
        let written = written.map(|change| change.object.clone());
        let adopted =
            declared(self.desired).filter(|object| adopt && self.places.contains_key(object));
        let managed = written
            .chain(adopted)
            .map(|object| {
                let is_csv = self.is_csv(&object);
                (object, is_csv)
            })
            .collect();
        extension::set_managed(self.registry, self.project, &managed);
        extension::prune(self.registry, self.project);
    }

    fn is_csv(&self, object: &ObjectId) -> IsCsv {
        let is_source = object.kind == ObjectKind::DataSource;
        let source = self
            .desired
            .data_sources
            .get(&object.name)
            .filter(|_| is_source);
        match source.map(|source| &source.kind) {
            Some(DataSourceKind::File(file)) if file.format == FileFormat::Csv => IsCsv::Yes,
            _ => IsCsv::No,
        }
    }
}

fn outdated(object: &ObjectId, found: &'static str) -> ApplyError {
    ApplyError::Outdated {
        object: object.clone(),
        found,
    }
}

fn declared(desired: &Project) -> impl Iterator<Item = ObjectId> {
    let ids = |kind: ObjectKind, names: Vec<&String>| {
        names
            .into_iter()
            .map(move |name| ObjectId::new(kind, name))
            .collect::<Vec<_>>()
    };
    [
        ids(ObjectKind::Entity, desired.entities.keys().collect()),
        ids(
            ObjectKind::DataSource,
            desired.data_sources.keys().collect(),
        ),
        ids(
            ObjectKind::FeatureView,
            desired.feature_views.keys().collect(),
        ),
        ids(
            ObjectKind::OnDemandFeatureView,
            desired.on_demand_feature_views.keys().collect(),
        ),
        ids(
            ObjectKind::FeatureService,
            desired.feature_services.keys().collect(),
        ),
    ]
    .into_iter()
    .flatten()
}

fn in_spec(message: &str, spec_message: &str, spec: &impl prost::Message) -> DynamicMessage {
    let mut whole = empty(message);
    whole.set_field_by_name("spec", Value::Message(from_typed(spec_message, spec)));
    whole
}

fn dynamic_spec(message: &DynamicMessage) -> DynamicMessage {
    super::dynamic::child(message, "spec")
        .cloned()
        .expect("objects with a spec are made with one")
}
