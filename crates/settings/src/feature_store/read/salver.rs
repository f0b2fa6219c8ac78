use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};

use feature_model::{ProjectName, Ttl};
use jiff::tz::TimeZone;

use super::{cache, plugins};
use crate::{
    Audit, Limits, Log, LogFilter, LogFormat, Metrics, NonFinite, Problems, ResponseLayout, Salver,
    yaml::Node,
};

/// The `salver` section with its defaults.
pub(super) fn read(
    node: Option<&Node>,
    repo: &Path,
    environment: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Salver {
    let plugins = node.and_then(|node| node.get("plugins"));
    let default = Salver {
        plugins: plugins::read(plugins, repo, environment, problems),
        ..Salver::default()
    };
    let Some(node) = node else {
        return default;
    };
    check_timezone(node, problems);
    Salver {
        response_layout: match node.text_at("response_layout") {
            Some("rows") => ResponseLayout::Rows,
            _ => ResponseLayout::Columns,
        },
        non_finite: match node.text_at("non_finite") {
            Some("string") => NonFinite::String,
            _ => NonFinite::Null,
        },
        registry_poll: node
            .duration_at("registry_poll")
            .unwrap_or(default.registry_poll),
        default_project: default_project(node, problems),
        require_read_only: node.bool_at("require_read_only").unwrap_or_default(),
        limits: node.get("limits").map_or(default.limits, limits),
        log: node
            .get("log")
            .map_or(default.log, |node| log(node, problems)),
        metrics: node
            .get("metrics")
            .map_or(default.metrics, |node| metrics(node, problems)),
        audit: Audit {
            reads: node
                .get("audit")
                .and_then(|node| node.bool_at("reads"))
                .unwrap_or_default(),
        },
        cache: cache::read(node, problems),
        plugins: default.plugins,
    }
}

fn default_project(node: &Node, problems: &mut Problems) -> Option<ProjectName> {
    let given = node.get("default_project")?;
    let name = given.text()?.parse::<ProjectName>();
    name.map_err(|error| {
        let message = format!("`default_project` of `salver`: {error}");
        problems.push(given.mark.error(message));
    })
    .ok()
}

fn limits(node: &Node) -> Limits {
    let default = Limits::default();
    let count = |key: &str, default: usize| {
        let told = node
            .integer_at(key)
            .and_then(|count| usize::try_from(count).ok());
        told.filter(|count| *count > 0).unwrap_or(default)
    };
    let size = |key: &str, default: usize| {
        let told = node.size_at(key);
        told.map_or(default, |size| usize::try_from(size).unwrap_or(usize::MAX))
    };
    let time = |key: &str, default: Duration| node.duration_at(key).unwrap_or(default);
    Limits {
        max_body_bytes: count("max_body_bytes", default.max_body_bytes),
        max_entities: count("max_entities", default.max_entities),
        max_values: count("max_values", default.max_values),
        max_concurrent_requests: count("max_concurrent_requests", default.max_concurrent_requests),
        max_queue_time: time("max_queue_time", default.max_queue_time),
        max_unsent_bytes: size("max_unsent_bytes", default.max_unsent_bytes),
        request_timeout: time("request_timeout", default.request_timeout),
        max_connections: count("max_connections", default.max_connections),
        header_read_timeout: time("header_read_timeout", default.header_read_timeout),
        idle_timeout: time("idle_timeout", default.idle_timeout),
        drain_delay: delay(node, "drain_delay").unwrap_or(default.drain_delay),
        drain_timeout: time("drain_timeout", default.drain_timeout),
    }
}

/// A duration that may be zero.
fn delay(node: &Node, key: &str) -> Option<Duration> {
    let is_zero = Ttl::parse(node.text_at(key)?).is_ok_and(|ttl| ttl.is_none());
    if is_zero {
        Some(Duration::ZERO)
    } else {
        node.duration_at(key)
    }
}

fn log(node: &Node, problems: &mut Problems) -> Log {
    Log {
        format: match node.text_at("format") {
            Some("json") => LogFormat::Json,
            _ => LogFormat::Text,
        },
        level: level(node, problems).unwrap_or_else(LogFilter::info),
    }
}

fn level(node: &Node, problems: &mut Problems) -> Option<LogFilter> {
    let given = node.get("level")?;
    let filter = given.text()?.parse();
    let told = |error| {
        let message = format!("`level` of `salver.log`: {error}");
        problems.push(given.mark.error(message));
    };
    filter.map_err(told).ok()
}

fn metrics(node: &Node, problems: &mut Problems) -> Metrics {
    let Some(given) = node.get("address") else {
        return Metrics::default();
    };
    let Some(text) = given.text() else {
        return Metrics::default();
    };
    let address = text.parse::<SocketAddr>();
    if address.is_err() {
        let message = format!(
            "`address` of `salver.metrics`: `{text}` is no address and port, such as `127.0.0.1:9090`"
        );
        problems.push(given.mark.error(message));
    }
    Metrics {
        address: address.ok(),
    }
}

fn check_timezone(node: &Node, problems: &mut Problems) {
    let Some(given) = node.get("sqlite_timezone") else {
        return;
    };
    if let Some(name) = given.text().filter(|name| TimeZone::get(name).is_err()) {
        let message = format!(
            "`sqlite_timezone`: `{name}` is no time zone; write one such as `UTC` or `Europe/Berlin`"
        );
        problems.push(given.mark.error(message));
    }
}
