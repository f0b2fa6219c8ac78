//! Which features of a view are kept: all that were ever asked for, in the order in which they were. So a shape that
//! repeats is in every row that was loaded since it came first.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::CacheOptions;
use crate::{
    OnlineReader, PreparedView,
    read::{Columns, Remembered},
};

/// The views of a cache. A view stays once it was asked for.
pub(super) struct Views {
    /// Tells the cache from others in the process.
    cache: u64,
    views: Mutex<HashMap<String, Arc<CachedView>>>,
}

/// A view of a cache, with the columns of its rows.
#[derive(Debug)]
pub(crate) struct CachedView {
    cache: u64,
    pub(super) id: u32,
    pub(super) ttl: Option<Duration>,
    columns: RwLock<AllColumns>,
}

#[derive(Debug)]
struct AllColumns {
    by_name: HashMap<String, u32>,
    /// All of them, as the store reads them.
    prepared: Arc<PreparedView>,
}

static NEXT_CACHE: AtomicU64 = AtomicU64::new(0);

impl Views {
    pub(super) fn new() -> Self {
        Self {
            cache: NEXT_CACHE.fetch_add(1, Ordering::Relaxed),
            views: Mutex::default(),
        }
    }

    /// Whether a view is of this cache.
    pub(super) fn has(&self, view: &CachedView) -> bool {
        self.cache == view.cache
    }

    /// A view for reads of these features, which are columns from now on.
    pub(super) fn prepare(
        &self,
        store: &dyn OnlineReader,
        options: &CacheOptions,
        name: &str,
        features: &[String],
    ) -> PreparedView {
        let view = self.view(store, options, name);
        let columns = view.columns_of(store, name, features);
        let needed = columns.iter().max().map_or(0, |last| last + 1);
        let is_plain = columns.iter().copied().eq(0..needed);
        let columns = match is_plain {
            true => Columns::First(needed),
            false => Columns::At(columns.into()),
        };
        let remembered = Remembered {
            view,
            columns,
            needed,
        };
        PreparedView::new(name, features).remembered(remembered)
    }

    fn view(
        &self,
        store: &dyn OnlineReader,
        options: &CacheOptions,
        name: &str,
    ) -> Arc<CachedView> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = views.get(name) {
            return Arc::clone(view);
        }
        let view = Arc::new(CachedView {
            cache: self.cache,
            id: u32::try_from(views.len()).unwrap_or(u32::MAX),
            ttl: options.ttl_of(name),
            columns: RwLock::new(AllColumns {
                by_name: HashMap::new(),
                prepared: store.prepare(name, &[]),
            }),
        });
        views.insert(name.to_owned(), Arc::clone(&view));
        view
    }
}

impl CachedView {
    /// All columns there are now.
    pub(super) fn all(&self) -> Arc<PreparedView> {
        let columns = self.columns.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&columns.prepared)
    }

    fn columns_of(&self, store: &dyn OnlineReader, name: &str, features: &[String]) -> Vec<u32> {
        let mut columns = self.columns.write().unwrap_or_else(PoisonError::into_inner);
        let mut names = columns.prepared.features().to_vec();
        for feature in features {
            if !columns.by_name.contains_key(feature) {
                let column = u32::try_from(names.len()).unwrap_or(u32::MAX);
                columns.by_name.insert(feature.clone(), column);
                names.push(feature.clone());
            }
        }
        if names.len() > columns.prepared.features().len() {
            columns.prepared = store.prepare(name, &names);
        }
        let column = |feature| columns.by_name.get(feature).copied();
        features.iter().filter_map(column).collect()
    }
}
