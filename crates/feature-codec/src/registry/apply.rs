//! Carrying out a plan on the document.

mod bindings;
mod declared;
mod error;

use std::collections::{BTreeSet, HashMap, HashSet};

use feature_model::{
    DUMMY_ENTITY, DataSourceKind, FileFormat, ObjectId, ObjectKind, Project, ProjectName,
    Timestamp,
    plan::{Action, Change, Plan},
};
use prost_reflect::{DynamicMessage, Value};

pub use error::ApplyError;

use super::{
    RegistryDocument, copies,
    document::set_timestamp,
    dynamic::{child, child_mut, items, list_mut, set_child_mut, text, texts},
    extension::{self, Notes},
    kind::{PLACES, has, is_own, place},
    merge::{merge, merge_fields},
    references, write,
};

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
            if is_own(object.kind) {
                continue;
            }
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
        self.bind_plugins(plan)?;
        self.bind_roles(plan)?;
        references::check_names(self.registry, self.project, plan)?;
        self.ensure_dummy_entity();
        let written = plan
            .changes
            .iter()
            .filter(|change| change.action != Action::Delete);
        let written: BTreeSet<ObjectId> = written.map(|change| change.object.clone()).collect();
        self.refresh_stand_ins(&written)?;
        copies::refresh(self.registry, self.project, written);
        references::check_uses(self.registry, self.project, plan)
    }

    fn create(&mut self, object: &ObjectId) -> Result<(), ApplyError> {
        if self.places.contains_key(object) {
            return Err(outdated(object, "is there already"));
        }
        let mut message = declared::message(self.desired, self.project, object)?;
        let meta = child_mut(&mut message, "meta");
        set_timestamp(meta, "created_timestamp", self.now);
        set_timestamp(meta, "last_updated_timestamp", self.now);
        let objects = list_mut(self.registry, place(object.kind).list);
        self.places.insert(object.clone(), objects.len());
        objects.push(Value::Message(message));
        Ok(())
    }

    fn update(&mut self, object: &ObjectId) -> Result<(), ApplyError> {
        let wanted = declared::message(self.desired, self.project, object)?;
        let place = place(object.kind);
        let objects = list_mut(self.registry, place.list);
        let index = self.places.get(object);
        let stored = index
            .and_then(|index| objects.get_mut(*index))
            .and_then(Value::as_message_mut)
            .ok_or_else(|| outdated(object, "isn't there"))?;
        if place.has_spec {
            let wanted = child(&wanted, "spec").expect("objects with a spec are made with one");
            let spec = child_mut(stored, "spec");
            merge(spec, wanted);
            if object.kind == ObjectKind::FeatureView {
                copies::set_join_key_types(spec, wanted);
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

    /// Where a view is computed from another on-demand view, its message has a copy of that view's features.
    fn refresh_stand_ins(&mut self, written: &BTreeSet<ObjectId>) -> Result<(), ApplyError> {
        let kind = ObjectKind::OnDemandFeatureView;
        for name in self.desired.on_demand_feature_views.keys() {
            let sources = declared::on_demand_sources(self.desired, name);
            let mut sources = sources.into_iter().map(|source| source.view);
            if !sources.any(|source| written.contains(&ObjectId::new(kind, source))) {
                continue;
            }
            let wanted = declared::message(self.desired, self.project, &ObjectId::new(kind, name))?;
            let wanted = child(&wanted, "spec").expect("objects with a spec are made with one");
            let stored = place(kind).find_mut(self.registry, self.project, name);
            if let Some(spec) = stored.and_then(|stored| set_child_mut(stored, "spec"))
                && has_stand_in(spec, name)
            {
                merge_fields(spec, wanted, &["sources"]);
            }
        }
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
        let mut message = declared::dummy_entity(self.project);
        let meta = child_mut(&mut message, "meta");
        set_timestamp(meta, "created_timestamp", self.now);
        set_timestamp(meta, "last_updated_timestamp", self.now);
        list_mut(self.registry, place(ObjectKind::Entity).list).push(Value::Message(message));
    }

    fn note_management(&mut self, plan: &Plan, adopt: bool) {
        let written = plan
            .changes
            .iter()
            .filter(|change| change.action != Action::Delete && !is_own(change.object.kind));
        let written = written.map(|change| change.object.clone());
        let adopted = declared::objects(self.desired)
            .filter(|object| adopt && self.places.contains_key(object))
            .filter(|object| !plan.unmanaged.contains(object));
        let managed = written
            .chain(adopted)
            .map(|object| {
                let notes = self.notes(&object);
                (object, notes)
            })
            .collect();
        extension::set_managed(self.registry, self.project, &managed);
        extension::prune(self.registry, self.project);
    }

    fn notes(&self, object: &ObjectId) -> Notes {
        match object.kind {
            ObjectKind::DataSource => {
                let source = self.desired.data_sources.get(&object.name);
                let kind = source.map(|source| &source.kind);
                Notes {
                    is_csv: matches!(kind, Some(DataSourceKind::File(file)) if file.format == FileFormat::Csv),
                    ..Notes::default()
                }
            }
            ObjectKind::OnDemandFeatureView => Notes {
                on_demand_sources: declared::on_demand_sources(self.desired, &object.name),
                ..Notes::default()
            },
            _ => Notes::default(),
        }
    }
}

fn has_stand_in(spec: &DynamicMessage, view: &str) -> bool {
    let name = format!("{}{view}", write::INPUT_SCHEMA);
    items(spec, "sources").any(|entry| text(entry, "key") == name)
}

fn outdated(object: &ObjectId, found: &'static str) -> ApplyError {
    ApplyError::Outdated {
        object: object.clone(),
        found,
    }
}
