use std::{collections::BTreeMap, path::Path};

use feature_model::ByteSize;

use crate::{CallLimits, PluginSettings, Problems, TrustedKey, yaml::Node};

/// The `salver.plugins` section with its defaults.
pub(super) fn read(
    node: Option<&Node>,
    repo: &Path,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> PluginSettings {
    let fallback = PluginSettings::default();
    let given = |key: &str| node.and_then(|node| node.get(key));
    let cache_dir = given("cache_dir").and_then(Node::text);
    let keys = given("trusted_keys").and_then(Node::list);
    let keys = keys.unwrap_or_default().iter().filter_map(Node::text);
    let mut maximum = limits(given("maximum"), fallback.maximum);
    check_stack(given("maximum"), &mut maximum, problems);
    let mut defaults = limits(given("defaults"), fallback.defaults);
    check(given("defaults"), &defaults, &maximum, problems);
    defaults.hold_to(&maximum);
    PluginSettings {
        cache_dir: match cache_dir {
            Some(path) => Some(repo.join(path)),
            None => PluginSettings::user_cache(environment),
        },
        trusted_keys: keys.map(|text| TrustedKey::new(text, repo)).collect(),
        defaults,
        maximum,
    }
}

fn limits(node: Option<&Node>, fallback: CallLimits) -> CallLimits {
    let Some(node) = node else {
        return fallback;
    };
    let lines = node.integer_at("log_lines");
    CallLimits {
        deadline: node.duration_at("deadline").unwrap_or(fallback.deadline),
        memory_bytes: node.size_at("memory").unwrap_or(fallback.memory_bytes),
        output_bytes: node.size_at("output").unwrap_or(fallback.output_bytes),
        stack_bytes: node.size_at("stack").unwrap_or(fallback.stack_bytes),
        log_lines: lines
            .and_then(|lines| u32::try_from(lines).ok())
            .unwrap_or(fallback.log_lines),
    }
}

fn check_stack(node: Option<&Node>, maximum: &mut CallLimits, problems: &mut Problems) {
    let most = CallLimits::MOST_STACK_BYTES;
    let given = node.and_then(|node| node.get("stack"));
    if let Some(given) = given.filter(|_| maximum.stack_bytes > most) {
        let most = ByteSize::new(most);
        let message = format!("`stack` of `salver.plugins.maximum` can't be above `{most}`");
        problems.push(given.mark.error(message));
    }
    maximum.stack_bytes = maximum.stack_bytes.min(most);
}

/// Reports what is told as a default and above the maximum.
fn check(
    node: Option<&Node>,
    defaults: &CallLimits,
    maximum: &CallLimits,
    problems: &mut Problems,
) {
    let size = |bytes: u64| ByteSize::new(bytes).to_string();
    let above = [
        (
            "deadline",
            defaults.deadline > maximum.deadline,
            format!("{:?}", maximum.deadline),
        ),
        (
            "memory",
            defaults.memory_bytes > maximum.memory_bytes,
            size(maximum.memory_bytes),
        ),
        (
            "output",
            defaults.output_bytes > maximum.output_bytes,
            size(maximum.output_bytes),
        ),
        (
            "stack",
            defaults.stack_bytes > maximum.stack_bytes,
            size(maximum.stack_bytes),
        ),
        (
            "log_lines",
            defaults.log_lines > maximum.log_lines,
            maximum.log_lines.to_string(),
        ),
    ];
    for (key, _, most) in above.into_iter().filter(|(_, is_above, _)| *is_above) {
        if let Some(given) = node.and_then(|node| node.get(key)) {
            let message = format!(
                "`{key}` of `salver.plugins.defaults` is above `salver.plugins.maximum`, which is `{most}`"
            );
            problems.push(given.mark.error(message));
        }
    }
}

impl CallLimits {
    fn hold_to(&mut self, maximum: &Self) {
        self.deadline = self.deadline.min(maximum.deadline);
        self.memory_bytes = self.memory_bytes.min(maximum.memory_bytes);
        self.output_bytes = self.output_bytes.min(maximum.output_bytes);
        self.stack_bytes = self.stack_bytes.min(maximum.stack_bytes);
        self.log_lines = self.log_lines.min(maximum.log_lines);
    }
}
