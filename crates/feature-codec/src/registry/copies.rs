//! Feast keeps copies of sources inside views, and of features and sources inside on-demand views and
//! services. It refuses to read a copy that contradicts its original, so copies follow their originals
//! here, in everybody's objects, as they do in `feast apply`.

mod join_keys;
mod projections;
mod sources;

use std::collections::{BTreeSet, HashMap};

use feature_model::{ObjectId, ObjectKind};
use prost_reflect::DynamicMessage;

pub(super) use join_keys::set_join_key_types;

use self::{
    join_keys::refresh_join_keys,
    projections::{projections_mut, refresh_projection},
    sources::{refresh_push_source, refresh_sources},
};
use super::{
    dynamic::{items_mut, set_child_mut, text},
    kind::place,
};

/// The kinds whose features others copy, in the order in which Feast looks a name up.
const VIEWS: [ObjectKind; 4] = [
    ObjectKind::FeatureView,
    ObjectKind::StreamFeatureView,
    ObjectKind::OnDemandFeatureView,
    ObjectKind::LabelView,
];

/// Brings every copy of a project up to date whose original or holder is among the `written` objects.
/// Sources come before the views that copy them, views before the services that copy those.
pub(super) fn refresh(
    registry: &mut DynamicMessage,
    project: &str,
    mut written: BTreeSet<ObjectId>,
) {
    let kind = ObjectKind::DataSource;
    let mut followers = Vec::new();
    each(
        registry,
        kind,
        project,
        &written,
        |name, source, reasons| {
            if refresh_push_source(source, reasons) {
                followers.push(ObjectId::new(kind, name));
            }
        },
    );
    written.extend(followers);
    for kind in VIEWS {
        each(registry, kind, project, &written, |_, view, reasons| {
            refresh_sources(view, reasons);
            refresh_join_keys(view, reasons);
        });
    }
    for kind in [ObjectKind::OnDemandFeatureView, ObjectKind::FeatureService] {
        each(registry, kind, project, &written, |_, spec, reasons| {
            for projection in projections_mut(spec, kind) {
                refresh_projection(projection, reasons);
            }
        });
    }
}

/// Why the copies of one holder may have to follow.
struct Reasons<'r> {
    originals: &'r Originals,
    written: &'r BTreeSet<ObjectId>,
    /// Whether the holder itself is among `written`.
    is_holder_written: bool,
}

impl Reasons<'_> {
    /// Whether a copy of that object has to follow.
    fn concern(&self, kind: ObjectKind, name: &str) -> bool {
        self.is_holder_written || self.written.contains(&ObjectId::new(kind, name))
    }
}

fn each(
    registry: &mut DynamicMessage,
    kind: ObjectKind,
    project: &str,
    written: &BTreeSet<ObjectId>,
    mut refresh: impl FnMut(&str, &mut DynamicMessage, &Reasons<'_>),
) {
    let place = place(kind);
    if place.specs(registry, project).next().is_none() {
        return;
    }
    let originals = Originals::of(registry, project);
    for object in items_mut(registry, place.list) {
        let spec = match place.has_spec {
            true => set_child_mut(object, "spec"),
            false => Some(object),
        };
        let Some(spec) = spec.filter(|spec| text(spec, "project") == project) else {
            continue;
        };
        let name = text(spec, "name").into_owned();
        let reasons = Reasons {
            originals: &originals,
            written,
            is_holder_written: written.contains(&ObjectId::new(kind, &name)),
        };
        refresh(&name, spec, &reasons);
    }
}

/// What copies are made from, by name.
struct Originals {
    sources: HashMap<String, DynamicMessage>,
    entities: HashMap<String, DynamicMessage>,
    views: HashMap<String, DynamicMessage>,
}

impl Originals {
    fn of(registry: &DynamicMessage, project: &str) -> Self {
        let of = |kinds: &[ObjectKind]| {
            let mut originals = HashMap::new();
            for place in kinds.iter().map(|kind| place(*kind)) {
                for (name, spec) in place.specs(registry, project) {
                    originals
                        .entry(name.into_owned())
                        .or_insert_with(|| spec.clone());
                }
            }
            originals
        };
        Self {
            sources: of(&[ObjectKind::DataSource]),
            entities: of(&[ObjectKind::Entity]),
            views: of(&VIEWS),
        }
    }
}
