use feature_model::{DataSourceKind, ObjectKind, OnDemandFeatureView, OnDemandSource};
use indexmap::IndexMap;
use settings::{did_you_mean, yaml::Node};

use super::{Builder, Declared, declared, projections::Views};

impl Builder {
    pub(super) fn on_demand_feature_views(&mut self, roots: &[Node]) {
        let all: Vec<Declared<'_>> = declared(roots, "on_demand_feature_views").collect();
        let names: Vec<&str> = all.iter().map(|object| object.name).collect();
        for object in all {
            let view = self.on_demand_feature_view(object, &names);
            self.project
                .on_demand_feature_views
                .entry(view.name.clone())
                .or_insert(view);
        }
    }

    fn on_demand_feature_view(
        &mut self,
        declared: Declared<'_>,
        on_demand: &[&str],
    ) -> OnDemandFeatureView {
        let object = self.object(ObjectKind::OnDemandFeatureView, declared);
        let node = declared.node;
        let fields = self.schema(node);
        OnDemandFeatureView {
            name: declared.name.to_owned(),
            features: self.note_features(&object, &fields, declared.mark),
            sources: self.on_demand_sources(declared, on_demand),
            entities: Vec::new(),
            entity_columns: Vec::new(),
            mode: "python".to_owned(),
            body_text: String::new(),
            write_to_online_store: false,
            enabled: true,
            description: node.string_at("description"),
            tags: node.text_map_at("tags"),
            owner: node.string_at("owner"),
        }
    }

    fn on_demand_sources(
        &mut self,
        declared: Declared<'_>,
        on_demand: &[&str],
    ) -> IndexMap<String, OnDemandSource> {
        let mut sources = IndexMap::new();
        let given = declared.node.list_at("sources");
        for node in given {
            let Some((name, source)) = self.on_demand_source(node, on_demand) else {
                continue;
            };
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

    fn on_demand_source(
        &mut self,
        node: &Node,
        on_demand: &[&str],
    ) -> Option<(String, OnDemandSource)> {
        let given = if node.scalar().is_some() {
            node
        } else {
            node.get("feature_view")?
        };
        let name = given.text()?;
        if on_demand.contains(&name) {
            self.error(&given.mark, format!(
                "`{name}` is an on-demand feature view; one on-demand view cannot compute from another (or from itself)"
            ));
            return None;
        }
        let by_name = node.scalar().is_some();
        let is_view = self.project.feature_views.contains_key(name);
        if by_name && !is_view {
            return self.request_data(name, node);
        }
        let projection = self.projection(node, Views::Stored)?;
        let both = self
            .project
            .data_sources
            .get(name)
            .is_some_and(|source| is_request(&source.kind));
        if by_name && both {
            let message =
                format!("`{name}` is a feature view and a request source; rename one of them");
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
        let views = self.project.feature_views.keys().map(String::as_str);
        let hint = did_you_mean(name, views.chain(requests));
        let message =
            format!("there is neither a feature view nor a request source `{name}`{hint}");
        self.error(&node.mark, message);
        None
    }
}

fn is_request(kind: &DataSourceKind) -> bool {
    matches!(kind, DataSourceKind::Request { .. })
}
