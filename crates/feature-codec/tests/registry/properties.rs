//! Any project, applied over any other.

use std::collections::BTreeSet;

use feature_codec::registry::RegistryDocument;
use feature_model::{Project, plan::plan};
use proptest::prelude::*;

use crate::{apply, current, now, planned, projects::project, rides};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_applied_is_what_is_read(before in project(), after in project()) {
        let mut document = RegistryDocument::empty();
        apply(&mut document, &before, false);
        apply(&mut document, &after, false);
        let all = plan(&Project::default(), &after, &Default::default(), false);
        let declared: Vec<_> = all.changes.into_iter().map(|change| change.object).collect();
        prop_assert_eq!(document.managed(&rides()), declared.into_iter().collect());
        let read = current(&document);
        prop_assert_eq!(&read.data_sources, &after.data_sources);
        prop_assert_eq!(&read.entities, &after.entities);
        prop_assert_eq!(&read.plugin_bindings, &after.plugin_bindings);
        prop_assert_eq!(&read.permissions, &after.permissions);
        prop_assert_eq!(&read.role_bindings, &after.role_bindings);
        for (name, view) in &after.on_demand_feature_views {
            let names: BTreeSet<_> = view.sources.keys().collect();
            let stored = &read.on_demand_feature_views[name].sources;
            prop_assert_eq!(stored.keys().collect::<BTreeSet<_>>(), names);
        }
        let bytes = document.encode();
        prop_assert_eq!(RegistryDocument::decode(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn applying_twice_changes_nothing(desired in project()) {
        let mut document = RegistryDocument::empty();
        apply(&mut document, &desired, false);
        let before = document.encode();
        let plan = planned(&document, &desired, false);
        document.apply(&rides(), &desired, &plan, false, now()).unwrap();
        prop_assert_eq!(document.encode(), before);
    }

    #[test]
    fn adopting_and_tearing_down_leaves_nothing(stored in project(), desired in project()) {
        let mut document = RegistryDocument::empty();
        apply(&mut document, &stored, false);
        apply(&mut document, &desired, true);
        document.remove_project(&rides()).unwrap();
        prop_assert!(document.snapshot().unwrap().projects.is_empty());
    }
}
