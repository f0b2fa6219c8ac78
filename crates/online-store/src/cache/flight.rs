use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::SetOnce,
    time::{Instant, sleep_until},
};

use super::moment::Moment;
use crate::{Error, Found, PreparedView, StoredRows};

/// One trip to the store, for all that a request misses. Others wait for it too.
#[derive(Debug)]
pub(super) struct Trip {
    pub(super) began: Moment,
    pub(super) generation: u32,
    patience: Mutex<Patience>,
    /// What it brought: for each part.
    pub(super) landed: SetOnce<Result<Vec<Freight>, Error>>,
}

/// Until when anybody waits for a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// Somebody waits as long as the store takes.
    Endless,
    Until(Instant),
    /// All have given up, and the trip with them.
    Ended,
}

/// What a trip brought of a part.
#[derive(Debug)]
pub(super) struct Freight {
    /// What it brought of all parts.
    pub(super) rows: Arc<StoredRows>,
    /// The part's first view among those.
    pub(super) first_view: usize,
    /// How long the keys last from the trip's beginning on, in the part's order; empty where none ends by itself.
    lasts: Vec<Duration>,
}

impl Freight {
    /// How long a key lasts.
    pub(super) fn lasts(&self, key: usize) -> Duration {
        self.lasts.get(key).copied().unwrap_or(Duration::MAX)
    }
}

/// What a trip is to bring.
#[derive(Debug)]
pub(super) struct Departure {
    pub(super) trip: Arc<Trip>,
    pub(super) parts: Vec<Part>,
}

/// Keys of which a trip brings the same views.
#[derive(Debug)]
pub(super) struct Part {
    /// The keys' group among those of the request, and which of its views are brought.
    pub(super) group: usize,
    pub(super) of_group: Vec<usize>,
    pub(super) carried: Arc<[Carried]>,
    pub(super) views: Vec<Arc<PreparedView>>,
    pub(super) keys: Vec<Vec<u8>>,
}

/// A view that a trip brings, with its first columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    pub(super) view: u32,
    pub(super) columns: u32,
}

/// Where in what a trip brings a row is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) part: usize,
    pub(super) view: usize,
    pub(super) key: usize,
}

impl Trip {
    /// A trip for somebody who waits until `deadline`.
    pub(super) fn new(began: Moment, generation: u32, deadline: Option<Instant>) -> Self {
        Self {
            began,
            generation,
            patience: Mutex::new(deadline.map_or(Patience::Endless, Patience::Until)),
            landed: SetOnce::new(),
        }
    }

    /// Somebody else waits too, until `deadline`. Whether the trip is still made.
    pub(super) fn join(&self, deadline: Option<Instant>) -> bool {
        let mut patience = self.patience();
        *patience = match (*patience, deadline) {
            (Patience::Ended, _) => return false,
            (Patience::Endless, _) | (_, None) => Patience::Endless,
            (Patience::Until(one), Some(other)) => Patience::Until(one.max(other)),
        };
        true
    }

    /// Waits until nobody waits for the trip any longer. Nobody can join it then.
    pub(super) async fn given_up(&self) {
        loop {
            match self.end_if_unwanted(Instant::now()) {
                Patience::Endless => std::future::pending().await,
                Patience::Until(deadline) => sleep_until(deadline).await,
                Patience::Ended => return,
            }
        }
    }

    fn end_if_unwanted(&self, now: Instant) -> Patience {
        let mut patience = self.patience();
        if matches!(*patience, Patience::Until(deadline) if deadline <= now) {
            *patience = Patience::Ended;
        }
        *patience
    }

    fn patience(&self) -> MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Departure {
    /// Whether this is about everything that was to be brought.
    pub(super) fn fits(&self, found: &Found) -> bool {
        let lengths =
            |part: &Part| std::iter::repeat_n(part.keys.len(), part.views.len()).collect();
        let wanted: Vec<usize> = self
            .parts
            .iter()
            .flat_map(|part| -> Vec<usize> { lengths(part) })
            .collect();
        let lasts = found.lasts.iter().map(Vec::len);
        let rows = found.rows.iter().map(|rows| rows.len());
        rows.eq(wanted.iter().copied()) && (found.lasts.is_empty() || lasts.eq(wanted))
    }

    /// What was found, for each part. The store read it after the trip began, so that it lasts from then on at the least.
    pub(super) fn unload(&self, found: Found) -> Vec<Freight> {
        let rows = Arc::new(found.rows);
        let mut next_view = 0;
        let mut lasts = found.lasts.into_iter();
        let freight = |part: &Part| {
            let views = part.views.len();
            let lasts: Vec<_> = lasts.by_ref().take(views).collect();
            let first_view = next_view;
            next_view += views;
            Freight {
                rows: Arc::clone(&rows),
                first_view,
                // the views of a part are in the same hashes
                lasts: lasts.into_iter().next().unwrap_or_default(),
            }
        };
        self.parts.iter().map(freight).collect()
    }
}

/// A key that a trip under way will bring. What it brings of the key is kept only while this is registered.
#[derive(Debug)]
pub(super) struct Landing {
    pub(super) trip: Arc<Trip>,
    pub(super) part: usize,
    pub(super) key: usize,
    pub(super) carried: Arc<[Carried]>,
}

impl Landing {
    fn overlaps(&self, carried: &[Carried]) -> bool {
        let brings = |one: &Carried| self.carried.iter().any(|other| other.view == one.view);
        carried.iter().any(brings)
    }
}

/// Which keys are on their way. Of each view of a key at most one trip is registered.
#[derive(Debug, Default)]
pub(super) struct Flights {
    by_key: HashMap<Box<[u8]>, Vec<Landing>>,
}

impl Flights {
    /// The landing that brings so many columns of a view, and where the view is in it.
    pub(super) fn bringing(&self, key: &[u8], view: u32, needed: u32) -> Option<(&Landing, usize)> {
        let fits = |one: &Carried| one.view == view && one.columns >= needed;
        self.by_key.get(key)?.iter().find_map(|landing| {
            let place = landing.carried.iter().position(fits)?;
            Some((landing, place))
        })
    }

    /// Registers a landing in place of all that bring one of its views.
    pub(super) fn register(&mut self, key: &[u8], landing: Landing) {
        match self.by_key.get_mut(key) {
            Some(landings) => {
                landings.retain(|other| !other.overlaps(&landing.carried));
                landings.push(landing);
            }
            None => {
                self.by_key.insert(key.into(), vec![landing]);
            }
        }
    }

    /// Takes a landing off, and all others that bring one of its views: whether what came is newer than what they will
    /// bring is not known. Says whether it was still registered.
    pub(super) fn land(
        &mut self,
        key: &[u8],
        trip: &Arc<Trip>,
        part: usize,
        carried: &[Carried],
    ) -> bool {
        let Some(landings) = self.by_key.get_mut(key) else {
            return false;
        };
        let is_it = |landing: &Landing| Arc::ptr_eq(&landing.trip, trip) && landing.part == part;
        let was_registered = landings.iter().any(is_it);
        landings.retain(|landing| !landing.overlaps(carried));
        self.remove_empty(key);
        was_registered
    }

    /// Takes the landings of a trip that brought nothing off.
    pub(super) fn give_up(&mut self, key: &[u8], trip: &Arc<Trip>) {
        if let Some(landings) = self.by_key.get_mut(key) {
            landings.retain(|landing| !Arc::ptr_eq(&landing.trip, trip));
            self.remove_empty(key);
        }
    }

    /// The key has changed: what is on its way may be from before.
    pub(super) fn forget(&mut self, key: &[u8]) {
        self.by_key.remove(key);
    }

    /// Everything may have changed.
    pub(super) fn forget_all(&mut self) {
        self.by_key = HashMap::new();
    }

    fn remove_empty(&mut self, key: &[u8]) {
        if self.by_key.get(key).is_some_and(Vec::is_empty) {
            self.by_key.remove(key);
        }
    }
}
