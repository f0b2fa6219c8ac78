//! Trees of definition files -> a [`Project`]. Each kind of object has a file; all share this state.

mod access;
mod cycles;
mod data_sources;
mod entities;
mod feature_views;
mod fields;
mod names;
mod on_demand;
mod plugins;
mod projections;
mod services;

use feature_model::{ObjectId, ObjectKind, Project};
use settings::{
    Problems,
    yaml::{Mark, Node},
};

use super::{collisions, marks::Marks, plugin::PluginDefinition};

/// What has been understood so far.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) project: Project,
    pub(super) plugins: Vec<PluginDefinition>,
    pub(super) marks: Marks,
    pub(super) problems: Problems,
    /// See [`super::Definitions`].
    pub(super) binding_problems: Problems,
}

/// One object in a file.
#[derive(Clone, Copy)]
struct Declared<'n> {
    node: &'n Node,
    name: &'n str,
    /// Of the name.
    mark: &'n Mark,
}

impl Builder {
    /// Takes everything of all files, in an order in which one object can refer to another.
    pub(super) fn build(mut self, roots: &[Node]) -> Self {
        names::check(roots, &mut self.problems);
        self.entities(roots);
        self.data_sources(roots);
        self.feature_views(roots);
        self.on_demand_feature_views(roots);
        self.plugin_bindings(roots);
        self.feature_services(roots);
        self.permissions(roots);
        self.role_bindings(roots);
        collisions::check(&self.project, &self.marks, &mut self.problems);
        self
    }

    fn error(&mut self, mark: &Mark, message: impl Into<String>) {
        self.problems.push(mark.error(message));
    }

    fn object(&mut self, kind: ObjectKind, declared: Declared<'_>) -> ObjectId {
        let object = ObjectId::new(kind, declared.name);
        self.marks.insert(&object, "", declared.mark);
        object
    }
}

/// The objects under one key of all files. That one has no name, or no valid one, has been reported.
fn declared<'n>(roots: &'n [Node], key: &'n str) -> impl Iterator<Item = Declared<'n>> {
    let items = roots.iter().flat_map(move |root| root.list_at(key));
    items.filter_map(|node| {
        let given = node.get("name")?;
        let name = given.text()?;
        Some(Declared {
            node,
            name,
            mark: &given.mark,
        })
    })
}
