use std::{net::SocketAddr, time::Duration};

use feature_model::ProjectName;

use crate::{CacheSettings, LogFilter, PluginSettings};

/// The `salver` section of `feature_store.yaml`, for what Feast has no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salver {
    /// How `/get-online-features` lays out its answer, where the request doesn't say.
    pub response_layout: ResponseLayout,
    /// How floats without a JSON number are answered.
    pub non_finite: NonFinite,
    /// How often the gateway looks for a new registry.
    pub registry_poll: Duration,
    /// The project of requests that name none, where one gateway serves several.
    pub default_project: Option<ProjectName>,
    /// Whether the gateway refuses to serve the project with credentials that can write.
    pub require_read_only: bool,
    /// What one gateway takes on.
    pub limits: Limits,
    /// Log lines of the gateway.
    pub log: Log,
    /// Where metrics are served.
    pub metrics: Metrics,
    /// Who was denied what.
    pub audit: Audit,
    /// What is kept of rows that were read; `None` is nothing.
    pub cache: Option<CacheSettings>,
    /// How plugins are run.
    pub plugins: PluginSettings,
}

impl Default for Salver {
    fn default() -> Self {
        Self {
            response_layout: ResponseLayout::default(),
            non_finite: NonFinite::default(),
            registry_poll: Duration::from_secs(5),
            default_project: None,
            require_read_only: false,
            limits: Limits::default(),
            log: Log::default(),
            metrics: Metrics::default(),
            audit: Audit::default(),
            cache: None,
            plugins: PluginSettings::default(),
        }
    }
}

/// How `/get-online-features` lays out its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseLayout {
    /// One `results` item for each feature, as Feast's server does.
    #[default]
    Columns,
    /// One `results` item for each entity row, as Feast's documentation shows.
    Rows,
}

/// How NaN and the infinities are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonFinite {
    /// As `null`.
    #[default]
    Null,
    /// As Feast's strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
    String,
}

/// What one gateway takes on. Each is above zero, but for [`Limits::drain_delay`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest request body, in bytes.
    pub max_body_bytes: usize,
    /// Most entity rows in one request.
    pub max_entities: usize,
    /// Most values (entity rows times features) in one answer.
    pub max_values: usize,
    /// Requests that are worked on at once; more are turned away.
    pub max_concurrent_requests: usize,
    /// Longest wait of a request for its turn while more arrive than can be answered; more are turned away. Eight for
    /// each core may always wait, and a burst.
    pub max_queue_time: Duration,
    /// Memory of answers that clients have not taken yet, in bytes; what has no room is turned away.
    pub max_unsent_bytes: usize,
    /// Longest time from a request's head to its answer.
    pub request_timeout: Duration,
    /// Connections that are open at once.
    pub max_connections: usize,
    /// Longest time in which a request's head must arrive.
    pub header_read_timeout: Duration,
    /// A connection without a request is closed after this long.
    pub idle_timeout: Duration,
    /// After SIGTERM, how long new connections are still taken while `/ready` says 503, so that load
    /// balancers notice first. May be zero.
    pub drain_delay: Duration,
    /// After [`Limits::drain_delay`], longest wait for what was accepted.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 1024 * 1024,
            max_entities: 10_000,
            max_values: 1_000_000,
            max_concurrent_requests: 1_024,
            max_queue_time: Duration::from_millis(3),
            max_unsent_bytes: 256 * 1024 * 1024,
            request_timeout: Duration::from_secs(10),
            max_connections: 4_096,
            header_read_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            drain_delay: Duration::from_secs(2),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Log lines of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How a line is written.
    pub format: LogFormat,
    /// Which lines are written.
    pub level: LogFilter,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::default(),
            level: LogFilter::info(),
        }
    }
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Where `GET /metrics` is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// A listener of its own; on the serving port where absent.
    pub address: Option<SocketAddr>,
}

/// Log lines that tell who was denied what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Whether reads that were allowed are told as well.
    pub reads: bool,
}
