use std::{collections::BTreeMap, time::Duration};

use feature_model::Ttl;

use crate::{CacheSettings, Problems, yaml::Node};

/// The `salver.cache` section; `None` where nothing is to be kept.
pub(super) fn read(salver: &Node, problems: &mut Problems) -> Option<CacheSettings> {
    let node = salver.get("cache")?;
    Some(CacheSettings {
        max_bytes: node.size_at("max_bytes")?,
        ttl: node.duration_at("ttl"),
        view_ttls: view_ttls(node, problems),
        stale_if_error: node.duration_at("stale_if_error").unwrap_or_default(),
    })
}

fn view_ttls(node: &Node, problems: &mut Problems) -> BTreeMap<String, Option<Duration>> {
    let given = node.get("view_ttls");
    let Some(entries) = given.and_then(Node::mapping) else {
        return BTreeMap::new();
    };
    let read = entries.iter().filter_map(|(view, entry)| {
        let text = entry.value.text()?;
        if let Err(error) = Ttl::parse(text) {
            let message = format!("`{view}` in `view_ttls` of `salver.cache`: {error}");
            problems.push(entry.value.mark.error(message));
        }
        Some((view.clone(), given?.duration_at(view)))
    });
    read.collect()
}
