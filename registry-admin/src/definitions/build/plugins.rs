use std::collections::{BTreeMap, BTreeSet};

use feature_model::{
    ByteSize, ObjectId, ObjectKind, OnPluginError, PluginDigest, PluginInput, PluginLimits, Wasi,
};
use settings::{
    CallLimits,
    yaml::{Mark, Node},
};

use super::{
    super::{
        parameters,
        plugin::{ComponentSource, PluginDefinition},
    },
    Builder,
    names::place,
};

impl Builder {
    /// The plugin of an on-demand view, where its definition has one.
    pub(super) fn plugin(&mut self, view: &str, node: &Node, body_text: Option<PluginDigest>) {
        let Some(entry) = node.entry("plugin") else {
            return;
        };
        let plugin = &entry.value;
        if plugin.is_null() {
            let message = "`plugin` is empty; write `path` or `digest` below it, or leave it out";
            self.error(&entry.mark, message);
        }
        if plugin.mapping().is_none() {
            return;
        }
        let object = ObjectId::new(ObjectKind::PluginBinding, view);
        self.mark_plugin(&object, &entry.mark, plugin);
        let (inputs, unread_inputs) = self.inputs(plugin);
        let outputs = self.outputs(plugin);
        let limits = self.limits(plugin.get("limits"));
        let parameters = self.parameters(plugin);
        let Some(component) = self.component(&entry.mark, plugin) else {
            return;
        };
        let definition = PluginDefinition {
            component,
            transform: plugin.text_at("transform").map(str::to_owned),
            parameters,
            inputs,
            unread_inputs,
            outputs,
            limits,
            on_error: match plugin.text_at("on_error") {
                Some("null_columns") => OnPluginError::NullColumns,
                _ => OnPluginError::FailRequest,
            },
            fresh_instance: plugin.bool_at("fresh_instance").unwrap_or(false),
            wasi: match plugin.text_at("wasi") {
                Some("empty") => Wasi::Empty,
                _ => Wasi::None,
            },
            body_text,
            object,
        };
        self.plugins.push(definition);
    }

    /// Plugins of views that Feast manages.
    pub(super) fn plugin_bindings(&mut self, roots: &[Node]) {
        let items = roots
            .iter()
            .flat_map(|root| root.list_at("plugin_bindings"));
        let mut known: BTreeMap<&str, Mark> = BTreeMap::new();
        for node in items {
            let Some(given) = node.get("on_demand_feature_view") else {
                continue;
            };
            let Some(view) = given.text() else {
                continue;
            };
            if self.project.on_demand_feature_views.contains_key(view) {
                let message = format!(
                    "the on-demand feature view `{view}` is declared in these files; write its `plugin` there"
                );
                self.error(&given.mark, message);
                continue;
            }
            if let Some(first) = known.get(view) {
                let message = format!("`{view}` has a plugin at {}", place(first));
                self.error(&given.mark, message);
                continue;
            }
            known.insert(view, given.mark.clone());
            let object = ObjectId::new(ObjectKind::PluginBinding, view);
            self.marks.insert(&object, "view", &given.mark);
            if let Some(text) = node.get("body_text") {
                self.marks.insert(&object, "body_text", &text.mark);
            }
            let body_text = self.digest(node, "body_text");
            self.plugin(view, node, body_text);
        }
    }

    fn mark_plugin(&mut self, object: &ObjectId, mark: &Mark, plugin: &Node) {
        self.marks.insert(object, "", mark);
        for key in ["path", "digest", "transform", "parameters", "wasi"] {
            if let Some(given) = plugin.get(key) {
                self.marks.insert(object, key, &given.mark);
            }
        }
        for key in ["inputs", "outputs", "limits"] {
            let entries = plugin.get(key).and_then(Node::mapping);
            for (column, entry) in entries.into_iter().flatten() {
                self.marks
                    .insert(object, format!("{key}.{column}"), &entry.mark);
            }
        }
    }

    fn component(&mut self, mark: &Mark, plugin: &Node) -> Option<ComponentSource> {
        let present = |key: &str| plugin.get(key).filter(|given| !given.is_null());
        match (present("path"), present("digest")) {
            (Some(path), None) => path
                .text()
                .map(|path| ComponentSource::File(path.to_owned())),
            (None, Some(_)) => self.digest(plugin, "digest").map(ComponentSource::Stored),
            (Some(_), Some(digest)) => {
                let message = "a `plugin` has `path` or `digest`, not both; `path` is enough: its digest is computed";
                self.error(&digest.mark, message);
                None
            }
            (None, None) => {
                self.error(mark, "a `plugin` needs the key `path`: the `.wasm` file with the component; or `digest`, where it was applied before");
                None
            }
        }
    }

    fn digest(&mut self, node: &Node, key: &str) -> Option<PluginDigest> {
        let given = node.get(key)?;
        match given.text()?.parse() {
            Ok(digest) => Some(digest),
            Err(error) => {
                self.error(&given.mark, format!("`{key}`: {error}"));
                None
            }
        }
    }

    fn parameters(&mut self, plugin: &Node) -> String {
        let given = plugin
            .get("parameters")
            .filter(|given| given.mapping().is_some());
        given.map_or_else(
            || "{}".to_owned(),
            |given| parameters::json(given, &mut self.problems),
        )
    }

    /// What input columns are filled from, and those of which that can't be understood.
    fn inputs(&mut self, plugin: &Node) -> (BTreeMap<String, PluginInput>, BTreeSet<String>) {
        let (mut inputs, mut unread) = (BTreeMap::new(), BTreeSet::new());
        let entries = plugin.get("inputs").and_then(Node::mapping);
        for (column, entry) in entries.into_iter().flatten() {
            let Some(text) = entry.value.text() else {
                continue;
            };
            let parts = text.split_once(':');
            let parts = parts.filter(|(source, field)| {
                !source.is_empty() && !field.is_empty() && !field.contains(':')
            });
            let Some((source, field)) = parts else {
                let message = format!(
                    "the input `{column}` is filled from `{text}`, which names no field of a source; write `source:field`"
                );
                self.binding_error(&entry.value.mark, message);
                unread.insert(column.clone());
                continue;
            };
            let (source, field) = (source.to_owned(), field.to_owned());
            inputs.insert(column.clone(), PluginInput { source, field });
        }
        (inputs, unread)
    }

    fn outputs(&mut self, plugin: &Node) -> BTreeMap<String, String> {
        let mut outputs: BTreeMap<String, String> = BTreeMap::new();
        let entries = plugin.get("outputs").and_then(Node::mapping);
        for (column, entry) in entries.into_iter().flatten() {
            let Some(feature) = entry.value.text() else {
                continue;
            };
            let taken = outputs.iter().find(|(_, known)| *known == feature);
            if let Some((other, _)) = taken {
                let message =
                    format!("both `{other}` and `{column}` become the feature `{feature}`");
                self.binding_error(&entry.mark, message);
            }
            outputs.insert(column.clone(), feature.to_owned());
        }
        outputs
    }

    fn limits(&mut self, node: Option<&Node>) -> PluginLimits {
        let Some(node) = node else {
            return PluginLimits::default();
        };
        let lines = node.integer_at("log_lines");
        let limits = PluginLimits {
            deadline: node.duration_at("deadline"),
            memory_bytes: node.size_at("memory"),
            output_bytes: node.size_at("output"),
            stack_bytes: node.size_at("stack"),
            log_lines: lines.map(|lines| u32::try_from(lines).unwrap_or(u32::MAX)),
        };
        let most = CallLimits::MOST_STACK_BYTES;
        let is_above = limits.stack_bytes.is_some_and(|stack| stack > most);
        if let Some(given) = node.get("stack").filter(|_| is_above) {
            let most = ByteSize::new(most);
            let message = format!(
                "`stack` of the `limits` of a plugin can't be above `{most}`, on any gateway"
            );
            self.binding_error(&given.mark, message);
        }
        limits
    }

    /// Reports what keeps a plugin from being bound, but not from being compared with its component.
    fn binding_error(&mut self, mark: &Mark, message: String) {
        self.binding_problems.push(mark.error(message));
    }
}
