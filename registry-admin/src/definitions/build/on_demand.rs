use feature_model::{DataSourceKind, ObjectId, ObjectKind, OnDemandFeatureView, OnDemandSource};
use indexmap::{IndexMap, map::Entry};
use settings::{did_you_mean, yaml::Node};

use super::{Builder, Declared, declared};

impl Builder {
    pub(super) fn on_demand_feature_views(&mut self, roots: &[Node]) {
        let mut first: Vec<Declared<'_>> = Vec::new();
        for object in declared(roots, "on_demand_feature_views") {
            let view = self.on_demand_feature_view(object);
            if let Entry::Vacant(vacant) = self
                .project
                .on_demand_feature_views
                .entry(view.name.clone())
            {
                vacant.insert(view);
                first.push(object);
            }
        }
        // One may be computed from another that comes later.
        for object in first {
            let sources = self.on_demand_sources(object);
            let views = &mut self.project.on_demand_feature_views;
            if let Some(view) = views.get_mut(object.name) {
                view.sources = sources;
            }
            self.plugin(object.name, object.node, None);
        }
        self.check_cycles();
    }

    /// A view without its sources.
    fn on_demand_feature_view(&mut self, declared: Declared<'_>) -> OnDemandFeatureView {
        let object = self.object(ObjectKind::OnDemandFeatureView, declared);
        let node = declared.node;
        let fields = self.schema(node);
        OnDemandFeatureView {
            name: declared.name.to_owned(),
            features: self.note_features(&object, &fields, declared.mark),
            sources: IndexMap::new(),
            entities: Vec::new(),
            entity_columns: Vec::new(),
            mode: "python".to_owned(),
            body_text: String::new(),
            write_to_online_store: false,
            singleton: false,
            enabled: true,
            description: node.string_at("description"),
            tags: node.text_map_at("tags"),
            owner: node.string_at("owner"),
        }
    }

    fn on_demand_sources(&mut self, declared: Declared<'_>) -> IndexMap<String, OnDemandSource> {
        let mut sources = IndexMap::new();
        let given = declared.node.list_at("sources");
        for node in given {
            let Some((name, source)) = self.on_demand_source(node) else {
                continue;
            };
            let object = ObjectId::new(ObjectKind::OnDemandFeatureView, declared.name);
            self.marks
                .insert(&object, format!("sources.{name}"), &node.mark);
            if sources.insert(name.clone(), source).is_some() {
                self.error(&node.mark, format!("the source `{name}` is named twice"));
            }
        }
        let has_list = declared
            .node
            .get("sources")
            .is_some_and(|node| node.list().is_some());
        if has_list && given.is_empty() {
            self.error(declared.mark, "an on-demand feature view has a source at least: a feature view or a request source");
        }
        sources
    }

    fn on_demand_source(&mut self, node: &Node) -> Option<(String, OnDemandSource)> {
        let given = if node.scalar().is_some() {
            node
        } else {
            node.get("feature_view")?
        };
        let name = given.text()?;
        let by_name = node.scalar().is_some();
        let is_view = self.project.feature_views.contains_key(name)
            || self.project.on_demand_feature_views.contains_key(name);
        if by_name && !is_view {
            return self.request_data(name, node);
        }
        let projection = self.projection(node)?;
        let both = self
            .project
            .data_sources
            .get(name)
            .is_some_and(|source| is_request(&source.kind));
        if by_name && both {
            let message = format!("`{name}` is a view and a request source; rename one of them");
            self.error(&given.mark, message);
        }
        Some((projection.view.clone(), OnDemandSource::View(projection)))
    }

    fn request_data(&mut self, name: &str, node: &Node) -> Option<(String, OnDemandSource)> {
        let source = self.project.data_sources.get(name).cloned();
        if let Some(source) = source.filter(|source| is_request(&source.kind)) {
            return Some((name.to_owned(), OnDemandSource::Request(source)));
        }
        let requests = self
            .project
            .data_sources
            .values()
            .filter(|source| is_request(&source.kind));
        let requests = requests.map(|source| source.name.as_str());
        let views = self.project.feature_views.keys();
        let views = views.chain(self.project.on_demand_feature_views.keys());
        let hint = did_you_mean(name, views.map(String::as_str).chain(requests));
        let message = format!("there is neither a view nor a request source `{name}`{hint}");
        self.error(&node.mark, message);
        None
    }
}

fn is_request(kind: &DataSourceKind) -> bool {
    matches!(kind, DataSourceKind::Request { .. })
}
