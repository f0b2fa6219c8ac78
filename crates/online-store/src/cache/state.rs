//! What is kept, what is on its way, and what may be told of it at a given moment. No I/O, no clock and no tasks: what
//! happens comes from outside, so that a model can check it.
//!
//! No reader sees an older row after a newer one. Of a view of a key at most one trip under way is registered
//! ([`Flights`]). A change of the key takes it off, and so does the end of another trip that brought the row, for which
//! of two trips at the same time saw the newer row is not known. A trip that is no longer registered when it ends
//! answers those who wait for it; its rows aren't kept, and what is kept of them is dropped, as it may be older.
//!
//! Of keys that end by themselves nobody tells in time. So a load says how long its keys last, and nothing is told past
//! their end. What doesn't say so isn't kept.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    entity::{Entity, Lasts, Packed, Slot},
    flight::{Departure, Flights, Freight, Part, Trip},
    kept::Kept,
    look::{Look, Looking},
    moment::Moment,
    trust::Trust,
    wanted::Wanted,
};
use crate::{Error, Found, ReadOptions, RowRef};

/// Locks that misses and changes share.
const SHARDS: usize = 64;

/// What is kept of a project's rows.
pub(super) struct State {
    kept: Kept,
    flights: Box<[Mutex<Flights>]>,
    pub(super) trust: Trust,
    stale_if_error: Duration,
}

impl State {
    pub(super) fn new(max_bytes: u64, stale_if_error: Duration, trust: Trust) -> Self {
        Self {
            kept: Kept::new(max_bytes),
            flights: (0..SHARDS).map(|_| Mutex::default()).collect(),
            trust,
            stale_if_error,
        }
    }

    /// Finds what may be told at `now`, and how the rest is come by: with trips that are under way, and with one that
    /// the caller is to make ([`Look::departure`]) and to end with [`Self::land`].
    pub(super) fn look(&self, wanted: &[Wanted<'_>], options: ReadOptions, now: Moment) -> Look {
        let mut look = Looking::new(self, wanted, options, now);
        look.go_through();
        look.finish()
    }

    /// A trip has ended: keeps what it brought where nothing speaks against it, and answers who waits.
    pub(super) fn land(&self, departure: &Departure, brought: Result<Found, Error>) {
        let brought = brought.map(|found| departure.unload(found));
        for (index, part) in departure.parts.iter().enumerate() {
            let freight = brought.as_ref().ok();
            let freight = freight.and_then(|parts: &Vec<Freight>| parts.get(index));
            for (key_index, key) in part.keys.iter().enumerate() {
                let mut flights = self.flights(key);
                match freight {
                    Some(freight) => {
                        let is_registered =
                            flights.land(key, &departure.trip, index, &part.carried);
                        self.keep(
                            departure,
                            part,
                            key,
                            is_registered.then_some((freight, key_index)),
                        );
                    }
                    None => flights.give_up(key, &departure.trip),
                }
            }
        }
        // only the trip's own departure sets it
        let _ = departure.trip.landed.set(brought);
    }

    /// Puts the rows that were brought of a key in the place of what is kept of them; nothing where they may not be kept.
    fn keep(
        &self,
        departure: &Departure,
        part: &Part,
        key: &[u8],
        brought: Option<(&Freight, usize)>,
    ) {
        let Trip {
            began, generation, ..
        } = *departure.trip;
        let brought = brought.and_then(|(freight, key)| {
            let lasts = Lasts::of(freight.lasts(key));
            (!lasts.is_nothing()).then_some((freight, key, lasts))
        });
        let known = self.kept.peek(key);
        let known = known.filter(|entity| entity.generation() >= generation);
        let generation = match (&known, brought) {
            (Some(entity), _) => entity.generation(),
            (None, Some(_)) => generation,
            (None, None) => return,
        };
        let is_brought = |view: u32| part.carried.iter().any(|one| one.view == view);
        let is_left = |slot: &Slot<_>| !is_brought(slot.view) && !slot.has_ended(began);
        let known = known.iter().flat_map(Entity::slots);
        let mut slots: Vec<Slot<Packed<'_>>> = known.filter(is_left).collect();
        if let Some((freight, key_index, lasts)) = brought {
            let carried = part.carried.iter().zip(freight.first_view..);
            slots.extend(carried.map(|(carried, view)| {
                Slot {
                    lasts,
                    view: carried.view,
                    columns: carried.columns,
                    loaded_at: began,
                    row: freight
                        .rows
                        .get(view, key_index)
                        .as_ref()
                        .map(RowRef::packed),
                }
            }));
        }
        let entity = match slots.is_empty() {
            true => None,
            false => Entity::new(key, generation, slots),
        };
        match entity {
            Some(entity) => self.kept.insert(entity),
            None => self.kept.remove(key),
        }
    }

    /// What can be told at `now` while the store is away; `None` where a row is missing, or too old even for that.
    pub(super) fn stale(&self, wanted: &[Wanted<'_>], now: Moment) -> Option<Look> {
        if self.stale_if_error.is_zero() {
            return None;
        }
        let mut look = Looking::new(self, wanted, ReadOptions::default(), now);
        look.take_stale().then(|| look.finish())
    }

    /// A key has changed in the store.
    pub(super) fn invalidate(&self, key: &[u8]) {
        let mut flights = self.flights(key);
        flights.forget(key);
        self.kept.remove(key);
    }

    /// Anything may have changed: forgets everything, also what is on its way.
    pub(super) fn invalidate_all(&self) {
        self.trust.begin_generation();
        for flights in &self.flights {
            lock(flights).forget_all();
        }
        self.kept.clear();
    }

    /// How many entities are kept, and what they weigh; a little late.
    pub(super) fn size(&self) -> (u64, u64) {
        self.kept.size()
    }

    /// What is kept of a key, in the present generation.
    pub(super) fn entity(&self, key: &[u8]) -> Option<Entity> {
        let entity = self.kept.get(key)?;
        (entity.generation() == self.trust.generation()).then_some(entity)
    }

    /// The same of many keys.
    pub(super) fn entities(&self, keys: &[Vec<u8>]) -> Vec<Option<Entity>> {
        let mut entities = self.kept.get_all(keys);
        let generation = self.trust.generation();
        for place in &mut entities {
            place.take_if(|entity| entity.generation() != generation);
        }
        entities
    }

    pub(super) fn flights(&self, key: &[u8]) -> MutexGuard<'_, Flights> {
        let hash = self.kept.hash(key);
        let shard = usize::try_from(hash >> 32).unwrap_or_default() % SHARDS;
        lock(&self.flights[shard])
    }

    /// Whether a row of this load may be told at `now`, though the store can't confirm it.
    pub(super) fn is_bearable<Row>(
        &self,
        slot: &Slot<Row>,
        ttl: Option<Duration>,
        now: Moment,
    ) -> bool {
        let confirmed = self.trust.confirmed_at().max(slot.loaded_at);
        let confirmed = ttl.map_or(confirmed, |ttl| confirmed.min(slot.loaded_at.after(ttl)));
        now <= confirmed.after(self.stale_if_error)
    }
}

fn lock(flights: &Mutex<Flights>) -> MutexGuard<'_, Flights> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}
