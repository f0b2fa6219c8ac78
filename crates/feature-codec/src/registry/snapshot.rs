//! The document as the model sees it: `feast.core.Registry` -> [`RegistrySnapshot`].

use std::collections::{BTreeMap, HashMap};

use feature_model::{
    DUMMY_ENTITY, ObjectId, ObjectKind, OnDemandSource, Project, ProjectName, Projection,
    RegistrySnapshot,
};
use prost::Message;

use super::{
    extension::ON_DEMAND_FEATURE_VIEW,
    proto::feast::core::{FeatureView, Registry},
    read::{self, CsvSources},
    write::INPUT_SCHEMA,
};
use crate::DecodeError;

/// Reads a registry document into the model: what the gateway serves from.
///
/// Any bytes give a snapshot or an error, in bounded stack. No bytes are an empty registry. Fields that
/// this release doesn't know are passed over. A project whose name is invalid is left out, and of two
/// objects of the same kind and name the first counts, as it does for Feast. A plugin binding that holds what
/// this release doesn't understand is left out, and so is one without a pinned `body_text` whose view Salver
/// doesn't manage any more: the view is then one without a plugin. A role binding that holds what this release doesn't
/// understand is told among [`Project::others`], and binds nobody.
///
/// # Errors
/// [`DecodeError::Corrupt`] where the bytes are no registry, such as half of one.
pub fn decode_snapshot(bytes: &[u8]) -> Result<RegistrySnapshot, DecodeError> {
    let registry = Registry::decode(bytes);
    let snapshot = registry.and_then(|registry| snapshot(&registry));
    snapshot.map_err(|error| DecodeError::corrupt("feature registry", error.to_string()))
}

fn snapshot(registry: &Registry) -> Result<RegistrySnapshot, prost::DecodeError> {
    let csv = CsvSources::of(registry.salver.as_ref());
    let mut collector = Collector {
        csv: &csv,
        projects: BTreeMap::new(),
    };
    collector.projects(registry);
    collector.entities_and_sources(registry);
    collector.feature_views(registry)?;
    collector.other_views(registry);
    collector.services(registry);
    collector.others(registry);
    collector.permissions(registry);
    collector.role_bindings(registry);
    collector.rows_materialized(registry);
    collector.plugin_bindings(registry);
    collector.on_demand_sources(registry);
    let valid = collector
        .projects
        .into_iter()
        .filter_map(|(name, project)| {
            let name: ProjectName = name.parse().ok()?;
            Some((name, project))
        });
    Ok(RegistrySnapshot {
        version_id: registry.version_id.clone(),
        last_updated: read::timestamp(registry.last_updated.as_ref()).unwrap_or_default(),
        projects: valid.collect(),
    })
}

struct Collector<'a> {
    csv: &'a CsvSources<'a>,
    projects: BTreeMap<String, Project>,
}

impl<'a> Collector<'a> {
    fn project(&mut self, name: &str) -> &mut Project {
        self.projects.entry(name.to_owned()).or_default()
    }

    fn projects(&mut self, registry: &'a Registry) {
        for project in registry
            .projects
            .iter()
            .filter_map(|project| project.spec.as_ref())
        {
            self.project(&project.name);
        }
        for metadata in &registry.project_metadata {
            self.project(&metadata.project);
        }
    }

    fn rows_materialized(&mut self, registry: &'a Registry) {
        let extension = registry.salver.as_ref();
        for entry in extension.into_iter().flat_map(|salver| &salver.projects) {
            let loaded = entry
                .objects
                .iter()
                .filter(|object| object.rows_materialized > 0);
            for object in loaded {
                let rows = &mut self.project(&entry.project).rows_materialized;
                rows.entry(object.name.clone())
                    .or_insert(object.rows_materialized);
            }
        }
    }

    fn plugin_bindings(&mut self, registry: &'a Registry) {
        let created = bindable(registry);
        let extension = registry.salver.as_ref();
        for entry in extension.into_iter().flat_map(|salver| &salver.projects) {
            let views = entry.objects.iter();
            for object in views.filter(|object| object.kind == ON_DEMAND_FEATURE_VIEW) {
                let view = created.get(&(entry.project.as_str(), object.name.as_str()));
                let (Some(created), Some(stored)) = (view, &object.plugin) else {
                    continue;
                };
                let is_managed = object
                    .managed_since
                    .is_some_and(|since| created.is_none_or(|created| created == since));
                let binding = read::plugin_binding(stored);
                let valid = binding.filter(|binding| is_managed || binding.body_text.is_some());
                if let Some(binding) = valid {
                    let bindings = &mut self.project(&entry.project).plugin_bindings;
                    bindings.entry(object.name.clone()).or_insert(binding);
                }
            }
        }
    }

    /// The types of the features are those of the views that compute them.
    fn on_demand_sources(&mut self, registry: &'a Registry) {
        let extension = registry.salver.as_ref();
        for entry in extension.into_iter().flat_map(|salver| &salver.projects) {
            let views = &mut self.project(&entry.project).on_demand_feature_views;
            let told = entry.objects.iter().filter(|object| {
                object.kind == ON_DEMAND_FEATURE_VIEW && !object.on_demand_sources.is_empty()
            });
            for object in told {
                let projections = object.on_demand_sources.iter();
                let projections: Vec<Projection> = projections
                    .map(|source| read::on_demand_projection(source, views))
                    .collect();
                let Some(view) = views.get_mut(&object.name) else {
                    continue;
                };
                let stand_in = format!("{INPUT_SCHEMA}{}", object.name);
                if view.sources.shift_remove(&stand_in).is_some() {
                    let sources = projections.into_iter();
                    view.sources.extend(sources.map(|projection| {
                        (projection.view.clone(), OnDemandSource::View(projection))
                    }));
                }
            }
        }
    }

    fn entities_and_sources(&mut self, registry: &'a Registry) {
        for entity in registry
            .entities
            .iter()
            .filter_map(|entity| entity.spec.as_ref())
        {
            if entity.name != DUMMY_ENTITY {
                let entities = &mut self.project(&entity.project).entities;
                entities
                    .entry(entity.name.clone())
                    .or_insert_with(|| read::entity(entity));
            }
        }
        for source in &registry.data_sources {
            let csv = self.csv.of_project(&source.project);
            let sources = &mut self.project(&source.project).data_sources;
            sources
                .entry(source.name.clone())
                .or_insert_with(|| read::data_source(source, csv));
        }
    }

    /// Before [the others](Self::other_views), as Feast looks a name up.
    fn feature_views(&mut self, registry: &Registry) -> Result<(), prost::DecodeError> {
        for bytes in &registry.feature_views {
            let view = FeatureView::decode(bytes.as_slice())?;
            if let Some(spec) = &view.spec {
                let csv = self.csv.of_project(&spec.project);
                let read = read::feature_view(spec, view.meta.as_ref(), csv);
                self.feature_view(&spec.project, read);
            }
        }
        Ok(())
    }

    /// In the order in which Feast looks a name up.
    fn other_views(&mut self, registry: &Registry) {
        for view in &registry.stream_feature_views {
            if let Some(spec) = &view.spec {
                let read = read::stream_feature_view(
                    spec,
                    view.meta.as_ref(),
                    self.csv.of_project(&spec.project),
                );
                self.feature_view(&spec.project, read);
            }
        }
        for view in registry
            .on_demand_feature_views
            .iter()
            .filter_map(|view| view.spec.as_ref())
        {
            let csv = self.csv.of_project(&view.project);
            let views = &mut self.project(&view.project).on_demand_feature_views;
            views
                .entry(view.name.clone())
                .or_insert_with(|| read::on_demand_feature_view(view, csv));
        }
        for view in registry
            .label_views
            .iter()
            .filter_map(|view| view.spec.as_ref())
        {
            let read = read::label_view(view, self.csv.of_project(&view.project));
            self.feature_view(&view.project, read);
        }
    }

    fn feature_view(&mut self, project: &str, view: feature_model::FeatureView) {
        let views = &mut self.project(project).feature_views;
        views.entry(view.name.clone()).or_insert(view);
    }

    fn services(&mut self, registry: &'a Registry) {
        for service in registry
            .feature_services
            .iter()
            .filter_map(|service| service.spec.as_ref())
        {
            let services = &mut self.project(&service.project).feature_services;
            services
                .entry(service.name.clone())
                .or_insert_with(|| read::feature_service(service));
        }
    }

    fn others(&mut self, registry: &'a Registry) {
        let datasets = registry
            .saved_datasets
            .iter()
            .filter_map(|dataset| dataset.spec.as_ref());
        for dataset in datasets {
            self.other(&dataset.project, ObjectKind::SavedDataset, &dataset.name);
        }
        for reference in &registry.validation_references {
            self.other(
                &reference.project,
                ObjectKind::ValidationReference,
                &reference.name,
            );
        }
    }

    fn permissions(&mut self, registry: &'a Registry) {
        let stored = registry.permissions.iter();
        for spec in stored.filter_map(|permission| permission.spec.as_ref()) {
            let permissions = &mut self.project(&spec.project).permissions;
            permissions
                .entry(spec.name.clone())
                .or_insert_with(|| read::permission(spec));
        }
    }

    fn role_bindings(&mut self, registry: &'a Registry) {
        let extension = registry.salver.as_ref();
        for entry in extension.into_iter().flat_map(|salver| &salver.projects) {
            let stored = entry.role_bindings.iter();
            for (name, binding) in stored.filter_map(|bytes| read::role_binding(bytes)) {
                let project = self.project(&entry.project);
                let id = ObjectId::new(ObjectKind::RoleBinding, &name);
                if project.role_bindings.contains_key(&name) || project.others.contains(&id) {
                    continue;
                }
                match binding {
                    Some(binding) => drop(project.role_bindings.insert(name, binding)),
                    None => project.others.push(id),
                }
            }
        }
    }

    fn other(&mut self, project: &'a str, kind: ObjectKind, name: &str) {
        self.project(project).others.push(ObjectId::new(kind, name));
    }
}

/// The on-demand views by project and name, and when each was created.
fn bindable(registry: &Registry) -> HashMap<(&str, &str), Option<prost_types::Timestamp>> {
    let mut views = HashMap::new();
    for view in &registry.on_demand_feature_views {
        if let Some(spec) = &view.spec {
            let created = view.meta.as_ref().and_then(|meta| meta.created_timestamp);
            views
                .entry((spec.project.as_str(), spec.name.as_str()))
                .or_insert(created);
        }
    }
    views
}
