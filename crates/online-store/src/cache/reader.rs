use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use feature_model::ProjectName;
use settings::OnlineStore;

use super::{
    CacheOptions,
    columns::Views,
    flight::Departure,
    look::Look,
    moment::{Clock, Moment},
    news::{News, Polling, REDIS_LEASE, SQLITE_LEASE, Telling},
    state::State,
    trust::Trust,
    wanted::Wanted,
};
use crate::{
    CacheReport, Error, Found, Freshness, OnlineReader, PreparedView, ReadOptions, ViewRead,
};

/// The name of the store, for messages.
const BEHIND: &str = "behind the cache";

/// How long a store that has confirmed nothing lately is waited for, where there are rows that may be told without it.
const PATIENCE: Duration = Duration::from_millis(250);

/// A reader that keeps what it has read.
pub struct CachedReader {
    store: Arc<dyn OnlineReader>,
    options: CacheOptions,
    views: Views,
    state: Arc<State>,
    clock: Clock,
    news: News,
}

/// How a cache is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheCondition {
    /// Entities of which rows are kept, about.
    pub entities: u64,
    /// Memory that these take, about.
    pub bytes: u64,
    /// Whether the store tells of changes. Nothing is told out of the cache where it doesn't.
    pub is_told: bool,
}

/// Keeps what `reader` reads of `project` in `store`, and tells no row longer than the stated bound after it changed there,
/// whoever changed it. Nothing is kept until the store tells of changes: while it is away, and where the credentials
/// don't allow `CLIENT TRACKING` and `PTTL`, every read goes to the store.
///
/// # Errors
/// [`Error::Config`] where the settings can't work.
pub async fn open_cached_reader(
    reader: Arc<dyn OnlineReader>,
    store: &OnlineStore,
    project: &ProjectName,
    options: CacheOptions,
) -> Result<CachedReader, Error> {
    let lease = match store {
        OnlineStore::Redis(_) => REDIS_LEASE,
        OnlineStore::Sqlite(_) => SQLITE_LEASE,
    };
    let mut cached = CachedReader::new(reader, options, Trust::new(Some(lease)));
    let (state, clock) = (&cached.state, cached.clock);
    cached.news = match store {
        OnlineStore::Redis(store) => {
            News::Told(Telling::begin(store, project, &cached.store, state, clock).await?)
        }
        OnlineStore::Sqlite(store) => News::Looked(Polling::new(store, state, clock)),
    };
    Ok(cached)
}

impl CachedReader {
    /// Keeps what `store` reads until it is older than its ttl: nobody tells of changes. For a store that nobody writes
    /// to, or whose readers can wait so long.
    #[must_use]
    pub fn without_news(store: Arc<dyn OnlineReader>, options: CacheOptions) -> Self {
        Self::new(store, options, Trust::new(None))
    }

    fn new(store: Arc<dyn OnlineReader>, options: CacheOptions, trust: Trust) -> Self {
        let state = State::new(options.max_bytes, options.stale_if_error, trust);
        Self {
            store,
            options,
            views: Views::new(),
            state: Arc::new(state),
            clock: Clock::start(),
            news: News::None,
        }
    }

    /// How the cache is doing.
    #[must_use]
    pub fn condition(&self) -> CacheCondition {
        let (entities, bytes) = self.state.size();
        CacheCondition {
            entities,
            bytes,
            is_told: self.state.trust.is_told(),
        }
    }

    /// Reads through what is kept; what is missing comes with a trip of a task of its own, so that whoever waits for it
    /// too gets it also where this read is given up. The trip ends when all who wait for it have given up; `patience`
    /// says for how long this read waits.
    async fn read_through(
        &self,
        wanted: &[Wanted<'_>],
        options: ReadOptions,
        patience: ReadOptions,
        now: Moment,
    ) -> Result<Found, Error> {
        let look = self.read_once(wanted, options, patience, now).await?;
        if !look.has_ended {
            return Ok(told(look));
        }
        // with a trip of its own, which begins now
        let freshness = Freshness::Current;
        let options = ReadOptions {
            freshness,
            ..options
        };
        let now = self.clock.now();
        self.read_once(wanted, options, patience, now)
            .await
            .map(told)
    }

    async fn read_once(
        &self,
        wanted: &[Wanted<'_>],
        options: ReadOptions,
        patience: ReadOptions,
        now: Moment,
    ) -> Result<Look, Error> {
        let mut look = self.state.look(wanted, options, now);
        if let Some(departure) = look.departure.take() {
            let flight = Flight {
                state: Arc::clone(&self.state),
                departure,
                brought: None,
            };
            tokio::spawn(flight.fly(Arc::clone(&self.store)));
        }
        wait(&look, patience).await?;
        look.collect();
        Ok(look)
    }

    /// Reads past what is kept and past the trips of others: a store that is left alone answers one read now and then.
    async fn read_past(
        &self,
        views: &[ViewRead<'_>],
        patience: ReadOptions,
    ) -> Result<Found, Error> {
        let read = self.store.read(views, patience);
        let found = patience.bound(BEHIND, read).await?;
        let misses = found.rows.iter().map(|rows| rows.len() as u64).sum();
        Ok(Found {
            cache: Some(CacheReport {
                misses,
                ..CacheReport::default()
            }),
            ..found
        })
    }

    async fn read_wanted(
        &self,
        views: &[ViewRead<'_>],
        wanted: &[Wanted<'_>],
        options: ReadOptions,
    ) -> Result<Found, Error> {
        if let News::Looked(polling) = &self.news {
            let looked = async {
                polling.look().await;
                Ok(())
            };
            options.bound(BEHIND, looked).await?;
        }
        let now = self.clock.now();
        let stale = || match options.freshness {
            Freshness::Cached => self.state.stale(wanted, now),
            Freshness::Current => None,
        };
        let is_trusted = self.state.trust.holds(now);
        let at_hand = if is_trusted { None } else { stale() };
        let patience = match at_hand {
            Some(_) => options.within(PATIENCE),
            None => options,
        };
        let found = if !is_trusted && self.store.is_left_alone() {
            self.read_past(views, patience).await
        } else {
            self.read_through(wanted, options, patience, now).await
        };
        match (found, at_hand) {
            (Err(Error::Unavailable { .. } | Error::Late { .. }), Some(look)) => Ok(told(look)),
            (Err(error @ Error::Unavailable { .. }), None) => stale().map(told).ok_or(error),
            (found, _) => found,
        }
    }
}

fn told(look: Look) -> Found {
    Found {
        rows: look.rows,
        cache: Some(look.report),
        ..Found::default()
    }
}

async fn wait(look: &Look, options: ReadOptions) -> Result<(), Error> {
    match look.waits.is_empty() {
        true => Ok(()),
        false => options.bound(BEHIND, landed(look)).await,
    }
}

async fn landed(look: &Look) -> Result<(), Error> {
    for trip in look.trips() {
        if let Err(error) = trip.landed.wait().await {
            return Err(error.clone());
        }
    }
    Ok(())
}

#[async_trait]
impl OnlineReader for CachedReader {
    fn prepare(&self, view: &str, features: &[String]) -> Arc<PreparedView> {
        let store = self.store.as_ref();
        Arc::new(self.views.prepare(store, &self.options, view, features))
    }

    async fn read(&self, views: &[ViewRead<'_>], options: ReadOptions) -> Result<Found, Error> {
        match Wanted::of(views, &self.views) {
            Some(wanted) => self.read_wanted(views, &wanted, options).await,
            None => self.store.read(views, options).await,
        }
    }

    async fn ping(&self) -> Result<(), Error> {
        self.store.ping().await
    }

    fn is_left_alone(&self) -> bool {
        self.store.is_left_alone()
    }
}

/// A trip under way. Those who wait for it are answered also where it is dropped.
struct Flight {
    state: Arc<State>,
    departure: Departure,
    brought: Option<Result<Found, Error>>,
}

impl Flight {
    async fn fly(mut self, store: Arc<dyn OnlineReader>) {
        let parts = self.departure.parts.iter();
        let reads: Vec<ViewRead<'_>> = parts
            .flat_map(|part| part.views.iter().map(|view| (view, &part.keys)))
            .map(|(view, keys)| ViewRead { view, keys })
            .collect();
        let options = ReadOptions {
            asks_lasts: true,
            ..Freshness::Current.into()
        };
        let found = tokio::select! {
            biased;
            found = store.read(&reads, options) => found,
            () = self.departure.trip.given_up() => Err(Error::late(BEHIND)),
        };
        if found.as_ref().is_ok_and(|found| found.is_moving) {
            self.keep_nothing();
        }
        self.brought = Some(found.and_then(|found| match self.departure.fits(&found) {
            true => Ok(found),
            false => Err(Error::Corrupt {
                store: BEHIND.to_owned(),
                reason: "it answered another number of rows than it was asked for".to_owned(),
            }),
        }));
    }

    /// What is brought answers those who wait, and that is all.
    fn keep_nothing(&self) {
        let keys = self.departure.parts.iter().flat_map(|part| &part.keys);
        keys.for_each(|key| self.state.invalidate(key));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let interrupted = || Error::Unavailable {
            store: BEHIND.to_owned(),
            reason: "reading was interrupted".to_owned(),
        };
        let brought = self.brought.take();
        let brought = brought.unwrap_or_else(|| Err(interrupted()));
        self.state.land(&self.departure, brought);
    }
}
