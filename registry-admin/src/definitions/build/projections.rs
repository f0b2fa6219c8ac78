use std::collections::BTreeMap;

use feature_model::{Field, Projection};
use settings::{
    did_you_mean,
    yaml::{Mark, Node},
};

use super::Builder;

/// A view as a projection sees it.
struct Viewed {
    features: Vec<Field>,
    join_keys: Vec<String>,
}

impl Builder {
    /// A view by its name, or a mapping with `feature_view` and what is wanted of it. `None` where there is no such
    /// view; that and everything else is reported.
    pub(super) fn projection(&mut self, node: &Node) -> Option<Projection> {
        let given = if node.scalar().is_some() {
            node
        } else {
            node.get("feature_view")?
        };
        let name = given.text()?;
        let viewed = self.view(name, &given.mark)?;
        let alias = node.text_at("name").filter(|alias| *alias != name);
        Some(Projection {
            view: name.to_owned(),
            alias: alias.map(str::to_owned),
            features: self.chosen(node, name, viewed.features),
            join_key_map: self.join_key_map(node, name, &viewed.join_keys),
            version_tag: None,
        })
    }

    fn view(&mut self, name: &str, mark: &Mark) -> Option<Viewed> {
        let project = &self.project;
        if let Some(view) = project.feature_views.get(name) {
            return Some(Viewed {
                features: view.features.clone(),
                join_keys: view
                    .entity_columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect(),
            });
        }
        if let Some(view) = project.on_demand_feature_views.get(name) {
            return Some(Viewed {
                features: view.features.clone(),
                join_keys: Vec::new(),
            });
        }
        let stored = project.feature_views.keys();
        let others = project.on_demand_feature_views.keys();
        let hint = did_you_mean(name, stored.chain(others).map(String::as_str));
        let message = match name.split_once(':') {
            Some((view, feature)) => {
                format!(
                    "`{name}` is no view; write `{{feature_view: {view}, features: [{feature}]}}`"
                )
            }
            None => format!("there is no feature view `{name}`{hint}"),
        };
        self.error(mark, message);
        None
    }

    fn chosen(&mut self, node: &Node, view: &str, features: Vec<Field>) -> Vec<Field> {
        let Some(list) = node.get("features").filter(|list| !list.is_null()) else {
            return features;
        };
        let mut chosen: Vec<Field> = Vec::new();
        for given in list.list().unwrap_or_default() {
            let Some(name) = given.text() else {
                continue;
            };
            if chosen.iter().any(|known| known.name == name) {
                self.error(&given.mark, format!("the feature `{name}` is chosen twice"));
            } else if let Some(field) = features.iter().find(|field| field.name == name) {
                chosen.push(field.clone());
            } else {
                let hint = did_you_mean(name, features.iter().map(|field| field.name.as_str()));
                self.error(
                    &given.mark,
                    format!("the view `{view}` has no feature `{name}`{hint}"),
                );
            }
        }
        if list.list().is_some_and(<[Node]>::is_empty) {
            self.error(
                &list.mark,
                "no features are chosen; leave `features` away to take all of them",
            );
        }
        chosen
    }

    fn join_key_map(
        &mut self,
        node: &Node,
        view: &str,
        join_keys: &[String],
    ) -> BTreeMap<String, String> {
        let map = node.text_map_at("join_key_map");
        let mut told: BTreeMap<&str, &str> = BTreeMap::new();
        for (join_key, field) in &map {
            let entry = node
                .get("join_key_map")
                .and_then(|given| given.entry(join_key));
            let Some(mark) = entry.map(|entry| entry.mark.clone()) else {
                continue;
            };
            if !join_keys.contains(join_key) {
                let hint = did_you_mean(join_key, join_keys.iter().map(String::as_str));
                self.error(
                    &mark,
                    format!("the view `{view}` has no join key `{join_key}`{hint}"),
                );
            }
            self.check_field_name(field, &mark);
            if let Some(other) = told.insert(field, join_key) {
                self.error(
                    &mark,
                    format!("one field, `{field}`, cannot bring both `{other}` and `{join_key}`"),
                );
            }
        }
        map
    }
}
