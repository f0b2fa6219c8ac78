use online_store::CacheReport;
use prometheus_client::metrics::counter::Counter;

/// Counts the rows that a project's cache answers.
#[derive(Debug)]
pub struct CacheMeter {
    pub(super) hits: Counter,
    pub(super) stale: Counter,
    pub(super) misses: Counter,
}

impl CacheMeter {
    /// A read was answered so.
    pub fn answered(&self, report: &CacheReport) {
        let hits = if report.is_stale {
            &self.stale
        } else {
            &self.hits
        };
        hits.inc_by(report.hits);
        self.misses.inc_by(report.misses);
    }
}
