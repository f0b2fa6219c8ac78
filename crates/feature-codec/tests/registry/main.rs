//! The registry document against documents that the real Feast wrote (`tests/feast/record_registry.py`).
#![allow(clippy::unwrap_used, reason = "what fails is the test")]

mod access;
mod drivers;
mod feast_equality;
mod on_demand_sources;
mod plugin_bindings;
#[path = "../../../feature-model/tests/plan/projects.rs"]
mod projects;
mod properties;
mod snapshots;
mod unknown_fields;
mod updates;

use feature_codec::registry::RegistryDocument;
use feature_model::{Project, ProjectName, Timestamp, plan::Plan, plan::plan};

/// What `feast apply` makes of the definitions that [`drivers::project`] makes too.
const DRIVERS: &[u8] = include_bytes!("drivers.pb");
/// One of each kind of object, in the projects `rides` and `other`.
const EVERYTHING: &[u8] = include_bytes!("everything.pb");

/// A permission of each kind of policy.
const PERMISSIONS: &[u8] = include_bytes!("permissions.pb");

fn rides() -> ProjectName {
    "rides".parse().unwrap()
}

fn now() -> Timestamp {
    "2026-05-01T12:00:00.123456789Z".parse().unwrap()
}

fn current(document: &RegistryDocument) -> Project {
    let mut snapshot = document.snapshot().unwrap();
    snapshot.projects.swap_remove("rides").unwrap_or_default()
}

fn planned(document: &RegistryDocument, desired: &Project, adopt: bool) -> Plan {
    plan(
        &current(document),
        desired,
        &document.managed(&rides()),
        adopt,
    )
}

/// Plans and applies, and checks that nothing is left to do.
fn apply(document: &mut RegistryDocument, desired: &Project, adopt: bool) -> Plan {
    let plan = planned(document, desired, adopt);
    document
        .apply(&rides(), desired, &plan, adopt, now())
        .unwrap();
    let rest = planned(document, desired, adopt);
    assert!(rest.is_empty(), "{rest:#?}");
    plan
}
