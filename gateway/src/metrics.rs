//! What is counted, and its exposition in the OpenMetrics text format, which Prometheus reads.
//!
//! Every metric lives here, under a name of [`crate::names`]. Counting is a few atomic additions; what can be
//! looked up (registry age, states) is looked up when somebody asks (`project::Projects`).

mod cache;
mod corrupt;
mod label;
mod meter;
mod project;
mod requests;

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{names::metric, project::ServedProject, router::Route};
pub use cache::CacheMeter;
pub use corrupt::CorruptMeter;
use label::{Answer, CacheRows, Failure, OfProject, OfView, One};
pub use label::{Call, Computation, Ended, Handshake, Operation, Outcome};
pub use meter::Meter;
pub use requests::RequestMeter;

/// Content type of [`Exposition::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the latency buckets, in seconds: a cache hit takes 0.1 ms, a request timeout 10 s.
const BUCKETS: [f64; 14] = [
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// A call of a plugin takes microseconds.
fn short_histogram() -> Histogram {
    Histogram::new(
        [0.000_002, 0.000_005, 0.000_01, 0.000_025, 0.000_1]
            .into_iter()
            .chain(BUCKETS),
    )
}

/// Counts calls to an online store, by how they went.
pub type StoreMeter = Meter<Call, Outcome>;

/// Counts computations of an on-demand view: `ok`, or the code of what went wrong.
pub type PluginMeter = Meter<Computation, Ended>;

/// The counters of one process. Cheap to share; tests make one each.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<Answer, Counter>,
    durations: Histograms<Answer>,
    in_flight: Gauge,
    in_flight_by_project: Family<OfProject, Gauge>,
    errors: Family<Failure, Counter>,
    connections: Gauge,
    accepted: Family<One, Counter>,
    timed_out: Family<One, Counter>,
    handshakes: Family<One, Counter>,
    store_calls: Family<(Call, Outcome), Counter>,
    store_durations: Histograms<Call>,
    corrupt_values: Family<OfView, Counter>,
    cache_rows: Family<CacheRows, Counter>,
    plugin_calls: Family<(Computation, Ended), Counter>,
    plugin_durations: Histograms<Computation>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
            in_flight_by_project: Family::default(),
            errors: Family::default(),
            connections: Gauge::default(),
            accepted: Family::default(),
            timed_out: Family::default(),
            handshakes: Family::default(),
            store_calls: Family::default(),
            store_durations: Family::new_with_constructor(histogram),
            corrupt_values: Family::default(),
            cache_rows: Family::default(),
            plugin_calls: Family::default(),
            plugin_durations: Family::new_with_constructor(short_histogram),
        }
    }
}

impl Metrics {
    /// A request is being answered until the guard is dropped.
    #[must_use]
    pub fn request_began(&self) -> InFlight {
        InFlight::new(&self.in_flight)
    }

    /// Counts the requests of a project.
    #[must_use]
    pub fn of_project(&self, name: Arc<str>) -> RequestMeter {
        let usual = RequestMeter::usual(Arc::clone(&name));
        RequestMeter {
            answered: self.requests.get_or_create_owned(&usual),
            durations: self.durations.get_or_create_owned(&usual),
            in_flight: self
                .in_flight_by_project
                .get_or_create_owned(&OfProject(name)),
            usual,
        }
    }

    /// A request was answered: one of the project that `meter` is of, if any.
    pub fn request_ended(
        &self,
        meter: Option<&RequestMeter>,
        route: Route,
        status: u16,
        took: Duration,
    ) {
        if meter.is_some_and(|meter| meter.counted(route, status, took)) {
            return;
        }
        let answer = Answer {
            project: meter.and_then(RequestMeter::project),
            route,
            status,
        };
        self.requests.get_or_create(&answer).inc();
        self.durations
            .get_or_create(&answer)
            .observe(took.as_secs_f64());
    }

    /// The answer was an error.
    pub fn request_failed(&self, meter: Option<&RequestMeter>, route: Route, code: &'static str) {
        let project = meter.and_then(RequestMeter::project);
        let failure = Failure {
            project,
            route,
            code,
        };
        self.errors.get_or_create(&failure).inc();
    }

    /// A connection is open until the guard is dropped.
    #[must_use]
    pub fn connection_opened(&self) -> InFlight {
        self.accepted.get_or_create(&label::outcome("served")).inc();
        InFlight::new(&self.connections)
    }

    /// A connection was refused, as too many are open.
    pub fn connection_refused(&self) {
        self.accepted
            .get_or_create(&label::outcome("refused"))
            .inc();
    }

    /// A connection was closed because a timeout ran out.
    pub fn connection_timed_out(&self, reason: &'static str) {
        self.timed_out.get_or_create(&label::reason(reason)).inc();
    }

    /// A TLS handshake has ended.
    pub fn tls_handshake(&self, ended: Handshake) {
        let outcome = label::outcome(ended.as_str());
        self.handshakes.get_or_create(&outcome).inc();
    }

    /// Counts calls to an online store.
    #[must_use]
    pub fn of_store(&self, call: Call) -> StoreMeter {
        let durations = self.store_durations.get_or_create_owned(&call);
        Meter::new(&self.store_calls, durations, call, Outcome::Ok)
    }

    /// Counts a project's stored values that couldn't be decoded.
    #[must_use]
    pub fn of_corrupt(&self, project: Arc<str>) -> CorruptMeter {
        CorruptMeter {
            project,
            values: self.corrupt_values.clone(),
        }
    }

    /// Counts the rows that a project's cache answers.
    #[must_use]
    pub fn of_cache(&self, project: Arc<str>) -> CacheMeter {
        let counter = |outcome| {
            let project = Arc::clone(&project);
            self.cache_rows
                .get_or_create_owned(&CacheRows { project, outcome })
        };
        CacheMeter {
            hits: counter("hit"),
            stale: counter("stale"),
            misses: counter("miss"),
        }
    }

    /// Counts computations of an on-demand view.
    #[must_use]
    pub fn of_plugin(&self, computation: Computation) -> PluginMeter {
        let durations = self.plugin_durations.get_or_create_owned(&computation);
        Meter::new(&self.plugin_calls, durations, computation, Ended("ok"))
    }
}

/// Something that is under way, counted by a gauge.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl InFlight {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Everything that `GET /metrics` tells.
#[derive(Debug)]
pub struct Exposition(Registry);

impl Exposition {
    /// The counters of `metrics`, and what `projects` can tell when asked.
    #[must_use]
    pub fn new(metrics: &Metrics, projects: Vec<Arc<ServedProject>>) -> Self {
        let mut registry = Registry::default();
        register_requests(&mut registry, metrics);
        register_connections(&mut registry, metrics);
        register_stores(&mut registry, metrics);
        register_plugins(&mut registry, metrics);
        registry.register_collector(Box::new(project::Projects(projects)));
        Self(registry)
    }

    /// The text of [`CONTENT_TYPE`].
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        text::encode(&mut text, &self.0).expect("writing to a string never fails");
        text
    }
}

fn register_requests(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        metric::REQUESTS,
        "Requests answered",
        metrics.requests.clone(),
    );
    registry.register(
        metric::REQUEST_DURATION,
        "Seconds from a request's head to its reply's head",
        metrics.durations.clone(),
    );
    registry.register(
        metric::REQUESTS_IN_FLIGHT,
        "Requests that are being answered",
        metrics.in_flight.clone(),
    );
    registry.register(
        metric::PROJECT_REQUESTS_IN_FLIGHT,
        "Requests of a project that are being answered",
        metrics.in_flight_by_project.clone(),
    );
    registry.register(
        metric::REQUEST_ERRORS,
        "Error replies",
        metrics.errors.clone(),
    );
}

fn register_connections(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        metric::CONNECTIONS,
        "Open connections",
        metrics.connections.clone(),
    );
    registry.register(
        metric::CONNECTIONS_ACCEPTED,
        "Connections served, or refused as too many were open",
        metrics.accepted.clone(),
    );
    registry.register(
        metric::CONNECTIONS_TIMED_OUT,
        "Connections closed because a timeout ran out",
        metrics.timed_out.clone(),
    );
    registry.register(
        metric::TLS_HANDSHAKES,
        "TLS handshakes, by how they ended",
        metrics.handshakes.clone(),
    );
}

fn register_stores(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        metric::STORE_CALLS,
        "Calls to an online store",
        metrics.store_calls.clone(),
    );
    registry.register(
        metric::STORE_CALL_DURATION,
        "Seconds that a call to an online store took",
        metrics.store_durations.clone(),
    );
    registry.register(
        metric::CORRUPT_VALUES,
        "Stored values that could not be decoded",
        metrics.corrupt_values.clone(),
    );
    registry.register(
        metric::CACHE_ROWS,
        "Rows that requests asked of a cache",
        metrics.cache_rows.clone(),
    );
}

fn register_plugins(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        metric::PLUGIN_CALLS,
        "Computations of on-demand views by plugins",
        metrics.plugin_calls.clone(),
    );
    registry.register(
        metric::PLUGIN_CALL_DURATION,
        "Seconds that the computation of an on-demand view took",
        metrics.plugin_durations.clone(),
    );
}
