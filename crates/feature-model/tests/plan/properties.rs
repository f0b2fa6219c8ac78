use std::collections::BTreeSet;

use feature_model::{
    ObjectId, ObjectKind, Project,
    plan::{Action, Plan, plan},
};
use indexmap::IndexMap;
use proptest::prelude::*;

use crate::projects::project;

fn objects(project: &Project) -> BTreeSet<ObjectId> {
    fn of<T>(kind: ObjectKind, objects: &IndexMap<String, T>) -> Vec<ObjectId> {
        objects
            .keys()
            .map(|name| ObjectId::new(kind, name))
            .collect()
    }
    [
        of(ObjectKind::Entity, &project.entities),
        of(ObjectKind::DataSource, &project.data_sources),
        of(ObjectKind::FeatureView, &project.feature_views),
        of(
            ObjectKind::OnDemandFeatureView,
            &project.on_demand_feature_views,
        ),
        of(ObjectKind::PluginBinding, &project.plugin_bindings),
        of(ObjectKind::FeatureService, &project.feature_services),
        of(ObjectKind::Permission, &project.permissions),
        of(ObjectKind::RoleBinding, &project.role_bindings),
    ]
    .concat()
    .into_iter()
    .collect()
}

/// The registry after the plan: what it names is as the files say, everything else as it was.
fn applied(current: &Project, desired: &Project, plan: &Plan) -> Project {
    fn carry<T: Clone>(
        kind: ObjectKind,
        plan: &Plan,
        objects: &mut IndexMap<String, T>,
        desired: &IndexMap<String, T>,
    ) {
        for change in plan
            .changes
            .iter()
            .filter(|change| change.object.kind == kind)
        {
            let name = &change.object.name;
            if change.action == Action::Delete {
                objects.shift_remove(name);
            } else {
                objects.insert(name.clone(), desired[name].clone());
            }
        }
    }
    let mut project = current.clone();
    carry(
        ObjectKind::Entity,
        plan,
        &mut project.entities,
        &desired.entities,
    );
    carry(
        ObjectKind::DataSource,
        plan,
        &mut project.data_sources,
        &desired.data_sources,
    );
    carry(
        ObjectKind::FeatureView,
        plan,
        &mut project.feature_views,
        &desired.feature_views,
    );
    let computed = &mut project.on_demand_feature_views;
    carry(
        ObjectKind::OnDemandFeatureView,
        plan,
        computed,
        &desired.on_demand_feature_views,
    );
    let bindings = &mut project.plugin_bindings;
    carry(
        ObjectKind::PluginBinding,
        plan,
        bindings,
        &desired.plugin_bindings,
    );
    let services = &mut project.feature_services;
    carry(
        ObjectKind::FeatureService,
        plan,
        services,
        &desired.feature_services,
    );
    let permissions = &mut project.permissions;
    carry(
        ObjectKind::Permission,
        plan,
        permissions,
        &desired.permissions,
    );
    let bindings = &mut project.role_bindings;
    carry(
        ObjectKind::RoleBinding,
        plan,
        bindings,
        &desired.role_bindings,
    );
    follow(&mut project);
    project
}

/// Copies follow their originals, as `apply` makes them.
fn follow(project: &mut Project) {
    let sources = project.data_sources.clone();
    for source in project.data_sources.values_mut() {
        if let feature_model::DataSourceKind::Push {
            batch_source: Some(copy),
        } = &mut source.kind
        {
            copy.clone_from(&Box::new(sources[&copy.name].clone()));
        }
    }
    let sources = project.data_sources.clone();
    for view in project.feature_views.values_mut() {
        for copy in view.batch_source.iter_mut().chain(&mut view.stream_source) {
            copy.clone_from(&sources[&copy.name]);
        }
    }
    let views = project.feature_views.clone();
    let originals = project.on_demand_feature_views.clone();
    let computed = project.on_demand_feature_views.values_mut();
    for source in computed.flat_map(|view| view.sources.values_mut()) {
        match source {
            feature_model::OnDemandSource::View(projection) => {
                if let Some(original) = originals.get(&projection.view) {
                    follow_features(projection, &original.features);
                }
                follow_view(projection, &views);
            }
            feature_model::OnDemandSource::Request(copy) => copy.clone_from(&sources[&copy.name]),
        }
    }
    let services = project.feature_services.values_mut();
    for projection in services.flat_map(|service| &mut service.projections) {
        follow_view(projection, &views);
    }
}

fn follow_view(
    projection: &mut feature_model::Projection,
    views: &IndexMap<String, feature_model::FeatureView>,
) {
    // An object that isn't managed may name a view or a feature that is gone.
    let Some(view) = views.get(&projection.view) else {
        return;
    };
    follow_features(projection, &view.features);
}

fn follow_features(projection: &mut feature_model::Projection, features: &[feature_model::Field]) {
    for copy in &mut projection.features {
        if let Some(feature) = features.iter().find(|feature| feature.name == copy.name) {
            copy.clone_from(feature);
        }
    }
}

fn rank(kind: ObjectKind) -> usize {
    let order = [
        ObjectKind::Entity,
        ObjectKind::DataSource,
        ObjectKind::FeatureView,
        ObjectKind::OnDemandFeatureView,
        ObjectKind::PluginBinding,
        ObjectKind::FeatureService,
        ObjectKind::Permission,
        ObjectKind::RoleBinding,
    ];
    order.iter().position(|known| *known == kind).unwrap()
}

proptest! {
    #[test]
    fn what_is_declared_as_it_is_stored_needs_no_change(project in project(), adopt: bool) {
        let plan = plan(&project, &project, &objects(&project), adopt);
        prop_assert_eq!(plan, Plan::default());
    }

    #[test]
    fn what_is_applied_needs_no_change(current in project(), desired in project()) {
        let mut managed = objects(&current);
        let change = plan(&current, &desired, &managed, false);
        let after = applied(&current, &desired, &change);
        managed.extend(objects(&desired));
        prop_assert_eq!(plan(&after, &desired, &managed, false), Plan::default());
        prop_assert_eq!(objects(&after), objects(&desired));
    }

    #[test]
    fn what_is_not_managed_is_only_told(current in project(), desired in project()) {
        let plan = plan(&current, &desired, &BTreeSet::new(), false);
        let known = objects(&current);
        for change in &plan.changes {
            prop_assert_eq!(&change.action, &Action::Create);
            prop_assert!(!known.contains(&change.object));
        }
        for object in known.difference(&objects(&desired)) {
            prop_assert!(plan.unmanaged.contains(object));
        }
    }

    #[test]
    fn adopting_takes_over_what_is_declared_and_deletes_nothing(
        current in project(), desired in project(),
    ) {
        let change = plan(&current, &desired, &BTreeSet::new(), true);
        let changed: BTreeSet<ObjectId> =
            change.changes.iter().map(|change| change.object.clone()).collect();
        prop_assert_eq!(&changed, &objects(&desired));
        prop_assert!(change.changes.iter().all(|change| change.action != Action::Delete));
        let after = applied(&current, &desired, &change);
        let again = plan(&after, &desired, &objects(&desired), true);
        prop_assert!(again.is_empty(), "{:#?}", again);
    }

    #[test]
    fn changes_come_in_the_order_of_references(current in project(), desired in project()) {
        let plan = plan(&current, &desired, &objects(&current), false);
        let is_delete = |change: &&feature_model::plan::Change| change.action == Action::Delete;
        let first_delete = plan.changes.iter().position(|change| is_delete(&change));
        let (writes, deletes) = plan.changes.split_at(first_delete.unwrap_or(plan.changes.len()));
        prop_assert!(deletes.iter().all(|change| is_delete(&change)));
        prop_assert!(writes.is_sorted_by_key(|change| rank(change.object.kind)));
        prop_assert!(deletes.iter().rev().is_sorted_by_key(|change| rank(change.object.kind)));
    }
}
