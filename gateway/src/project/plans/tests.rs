use std::sync::Arc;

use feature_model::RegistrySnapshot;

use super::{Asked, LONGEST_LIST, MOST_BYTES, Plans, Reader};
use crate::{
    ask::Ask,
    authorise::Unpermitted,
    fixture,
    plugins::PluginTable,
    resolve::{ResolveError, ResolveOptions, ServingPlan, resolve},
};

const OPTIONS: ResolveOptions = ResolveOptions {
    online_feature_view_versioning: false,
};

struct Planned {
    plans: Plans,
    registry: Arc<RegistrySnapshot>,
    plugins: Arc<PluginTable>,
}

impl Planned {
    fn new() -> Self {
        Self {
            plans: Plans::default(),
            registry: Arc::new(fixture::snapshot()),
            plugins: Arc::default(),
        }
    }

    /// The plan of a body with this list of features, and whether it had to be made.
    fn plan(&self, features: &str) -> (Result<Arc<ServingPlan>, Unpermitted>, bool) {
        let body = format!(r#"{{"features": {features}, "entities": {{"driver_id": [1]}}}}"#);
        let ask = Ask::parse(body.as_bytes(), 10).expect("a request");
        let permit = fixture::permit();
        let asked = Asked {
            shape: &ask.shape,
            registry: &self.registry,
            plugins: &self.plugins,
        };
        let made = std::cell::Cell::new(false);
        let plan = self.plans.plan(asked, &Reader::Anybody(&permit), |permit| {
            made.set(true);
            resolve(&ask.shape, &self.registry, permit, &self.plugins, OPTIONS)
        });
        (plan, made.get())
    }

    fn bytes(&self) -> usize {
        self.plans.edition.read().unwrap().bytes
    }
}

/// The same feature, with so many spaces around it.
fn padded(spaces: usize) -> String {
    format!("[{}\"stats:trips\"]", " ".repeat(spaces))
}

#[test]
fn a_list_is_known_once_it_was_planned() {
    let planned = Planned::new();
    let list = padded(0);
    assert!(!planned.plans.knows(&list));
    assert!(planned.plan(&list).1);
    assert!(planned.plans.knows(&list));
    assert!(!planned.plans.knows(&padded(1)));
    let (again, made) = planned.plan(&list);
    assert!(again.is_ok() && !made);
}

#[test]
fn what_cannot_be_planned_is_not_known() {
    let planned = Planned::new();
    let list = r#"["nothing:there"]"#;
    let (plan, _) = planned.plan(list);
    assert!(matches!(
        plan,
        Err(Unpermitted::Unresolved(ResolveError::UnknownView { .. }))
    ));
    assert!(!planned.plans.knows(list));
}

#[test]
fn a_list_of_another_registry_is_planned_anew() {
    let mut planned = Planned::new();
    let list = padded(0);
    assert!(planned.plan(&list).1);
    planned.registry = Arc::new(fixture::snapshot());
    assert!(planned.plan(&list).1);
}

#[test]
fn the_bytes_of_lists_are_bounded_and_monstrous_ones_are_not_kept() {
    let planned = Planned::new();
    let long = padded(LONGEST_LIST);
    assert!(planned.plan(&long).0.is_ok());
    assert!(!planned.plans.knows(&long));
    for extra in 0..40 {
        let list = padded(LONGEST_LIST - 100 + extra);
        assert!(planned.plan(&list).0.is_ok());
        assert!(planned.plans.knows(&list), "{extra}");
        assert!(planned.bytes() <= MOST_BYTES + LONGEST_LIST);
    }
}
