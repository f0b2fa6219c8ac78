//! What a project keeps of the rows that it reads.

use std::{fmt, sync::Arc};

use feature_model::ProjectName;
use online_store::{
    CacheCondition, CacheOptions, CacheReport, CachedReader, OnlineReader, open_cached_reader,
};
use settings::{CacheSettings, OnlineStore};

use crate::metrics::{CacheMeter, Metrics};

/// A project's cache, before its online store.
pub struct ProjectCache {
    pub(super) reader: Arc<CachedReader>,
    meter: CacheMeter,
}

impl ProjectCache {
    /// A cache before `reader`, which reads `project` in `store`.
    pub(super) async fn open(
        settings: &CacheSettings,
        reader: Arc<dyn OnlineReader>,
        store: &OnlineStore,
        project: &ProjectName,
        metrics: &Metrics,
    ) -> Result<Self, online_store::Error> {
        let reader = open_cached_reader(reader, store, project, options(settings)).await?;
        Ok(Self {
            reader: Arc::new(reader),
            meter: metrics.of_cache(Arc::from(project.as_str())),
        })
    }

    /// A read was answered so.
    pub fn answered(&self, report: &CacheReport) {
        self.meter.answered(report);
    }

    /// How much is kept, and whether it may be told.
    #[must_use]
    pub fn condition(&self) -> CacheCondition {
        self.reader.condition()
    }
}

fn options(settings: &CacheSettings) -> CacheOptions {
    CacheOptions {
        max_bytes: settings.max_bytes,
        ttl: settings.ttl,
        view_ttls: settings.view_ttls.clone().into_iter().collect(),
        stale_if_error: settings.stale_if_error,
    }
}

impl fmt::Debug for ProjectCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProjectCache").finish_non_exhaustive()
    }
}
