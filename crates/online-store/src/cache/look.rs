use std::{sync::Arc, time::Duration};

use super::{
    entity::{Entity, Slot, Start},
    flight::{Carried, Departure, Freight, Landing, Part, Place, Trip},
    moment::Moment,
    state::State,
    wanted::{Wanted, WantedView},
};
use crate::{CacheReport, Freshness, ReadOptions, StoredRows, read::Piece};

/// Parts of one group of keys that a trip may have before keys bring all views of the group.
const MOST_PARTS: usize = 8;

/// What a request finds: the rows that are kept, and how it comes by the others.
pub(super) struct Look {
    pub(super) rows: StoredRows,
    pub(super) report: CacheReport,
    pub(super) waits: Vec<Wait>,
    pub(super) departure: Option<Departure>,
    /// What had ended by itself before may not be told.
    earliest_end: Moment,
    /// Whether a row among these may not be told: a trip that began long before brought it, and its key has ended since.
    pub(super) has_ended: bool,
}

/// A row that a trip brings.
pub(super) struct Wait {
    trip: Arc<Trip>,
    place: Place,
    read: usize,
    key: usize,
}

/// A look that is under way.
pub(super) struct Looking<'a> {
    state: &'a State,
    wanted: &'a [Wanted<'a>],
    options: ReadOptions,
    now: Moment,
    is_trusted: bool,
    /// Views of the group that a key misses.
    missing: Vec<usize>,
    oldest: Option<Moment>,
    found: Look,
}

impl Look {
    /// The trips that are to be waited for, each once for rows that follow one another.
    pub(super) fn trips(&self) -> impl Iterator<Item = &Arc<Trip>> {
        let mut last: Option<&Arc<Trip>> = None;
        self.waits
            .iter()
            .map(|wait| &wait.trip)
            .filter(move |trip| {
                let is_new = last.is_none_or(|last| !Arc::ptr_eq(last, trip));
                last = Some(trip);
                is_new
            })
    }

    /// Takes the rows of trips that have ended well.
    pub(super) fn collect(&mut self) {
        for wait in self.waits.drain(..) {
            let Some(freight) = wait.freight() else {
                continue;
            };
            let end = wait.trip.began.after(freight.lasts(wait.place.key));
            self.has_ended |= end < self.earliest_end;
            let Place { view, key, .. } = wait.place;
            let row = (freight.first_view + view, key);
            self.rows
                .take_over((wait.read, wait.key), &freight.rows, row);
        }
    }
}

impl Wait {
    fn freight(&self) -> Option<&Freight> {
        let brought = self.trip.landed.get()?.as_ref().ok()?;
        brought.get(self.place.part)
    }
}

impl<'a> Looking<'a> {
    pub(super) fn new(
        state: &'a State,
        wanted: &'a [Wanted<'a>],
        options: ReadOptions,
        now: Moment,
    ) -> Self {
        let of_group = |group: &'a Wanted<'a>| {
            let keys = group.keys.len();
            group.views.iter().map(move |view| (view, keys))
        };
        let mut views: Vec<_> = wanted.iter().flat_map(of_group).collect();
        views.sort_by_key(|(view, _)| view.read);
        let views = views.into_iter();
        let rows = StoredRows::absent(views.map(|(view, keys)| (view.columns.clone(), keys)));
        Self {
            state,
            wanted,
            options,
            now,
            is_trusted: state.trust.holds(now),
            missing: Vec::new(),
            oldest: None,
            found: Look {
                rows,
                report: CacheReport::default(),
                waits: Vec::new(),
                departure: None,
                earliest_end: now.before(state.trust.lease()),
                has_ended: false,
            },
        }
    }

    /// Takes what is kept, and arranges for the rest.
    pub(super) fn go_through(&mut self) {
        for (index, group) in self.wanted.iter().enumerate() {
            let mut hints = vec![0; group.views.len()];
            let mut entities = self.entities(group.keys).into_iter();
            for key_index in 0..group.keys.len() {
                let all = 0..group.views.len();
                self.missing.clear();
                match entities.next().flatten() {
                    Some(entity) => self.take(group, key_index, entity, &mut hints, all),
                    None => self.missing.extend(all),
                }
                if !self.missing.is_empty() {
                    self.miss(index, group, key_index, &mut hints);
                }
            }
        }
    }

    fn may_tell(&self) -> bool {
        self.is_trusted && self.options.freshness == Freshness::Cached
    }

    fn entity(&self, key: &[u8]) -> Option<Entity> {
        self.may_tell().then(|| self.state.entity(key)).flatten()
    }

    fn entities(&self, keys: &[Vec<u8>]) -> Vec<Option<Entity>> {
        match self.may_tell() {
            true => self.state.entities(keys),
            false => Vec::new(),
        }
    }

    /// Takes the rows of these views, where the entity has them. The others are missing.
    fn take(
        &mut self,
        group: &Wanted<'_>,
        key: usize,
        entity: Entity,
        hints: &mut [usize],
        views: impl Iterator<Item = usize>,
    ) {
        let piece = self.found.rows.next_piece();
        let mut is_told = false;
        for index in views {
            let wanted = group.views.get(index).zip(hints.get_mut(index));
            let slot = wanted.and_then(|(wanted, hint)| {
                let slot = entity.slot(wanted, self.now, hint)?;
                Some((wanted, slot))
            });
            match slot {
                Some((wanted, slot)) => is_told |= self.tell(wanted, key, &slot, piece),
                None => self.missing.push(index),
            }
        }
        if is_told {
            self.found.rows.hold(entity.into_memory());
        }
    }

    /// Tells what is in a slot of the entity whose memory is that piece. Says whether there is a row.
    #[inline]
    fn tell(
        &mut self,
        wanted: &WantedView<'_>,
        key: usize,
        slot: &Slot<Start>,
        piece: Piece,
    ) -> bool {
        self.found.report.hits += 1;
        let oldest = self
            .oldest
            .map_or(slot.loaded_at, |at| at.min(slot.loaded_at));
        self.oldest = Some(oldest);
        if let Some(start) = slot.row {
            self.found.rows.put(wanted.read, key, piece, start);
        }
        slot.row.is_some()
    }

    /// Has the missing rows of a key brought, by trips under way or by the request's own.
    fn miss(&mut self, index: usize, group: &Wanted<'_>, key_index: usize, hints: &mut [usize]) {
        let Some(key) = group.keys.get(key_index) else {
            return;
        };
        let state = self.state;
        let mut flights = state.flights(key);
        // what has landed since the first look
        if let Some(entity) = self.entity(key) {
            let missing = std::mem::take(&mut self.missing);
            self.take(group, key_index, entity, hints, missing.into_iter());
        }
        let missing = std::mem::take(&mut self.missing);
        self.found.report.misses += missing.len() as u64;
        let mut own = Vec::new();
        for &view in &missing {
            let Some(wanted) = group.views.get(view) else {
                continue;
            };
            let under_way = flights.bringing(key, wanted.view.id, wanted.needed);
            match under_way.filter(|(landing, _)| self.may_join(&landing.trip)) {
                Some((landing, view)) => {
                    let place = Place {
                        part: landing.part,
                        view,
                        key: landing.key,
                    };
                    let trip = Arc::clone(&landing.trip);
                    self.wait(trip, place, wanted, key_index);
                }
                None => own.push(view),
            }
        }
        if !own.is_empty() {
            let landing = self.depart(index, group, key_index, &own);
            flights.register(key, landing);
        }
        self.missing = missing;
    }

    /// Whether what a trip brings is new enough for who asks now, and the trip lasts until it is there.
    fn may_join(&self, trip: &Arc<Trip>) -> bool {
        let is_own = |departure: &Departure| Arc::ptr_eq(&departure.trip, trip);
        self.found.departure.as_ref().is_some_and(is_own)
            || (self.options.freshness == Freshness::Cached
                && self.state.trust.covers_load(trip.began, self.now)
                && trip.join(self.options.deadline))
    }

    fn wait(&mut self, trip: Arc<Trip>, place: Place, wanted: &WantedView<'_>, key: usize) {
        self.found.waits.push(Wait {
            trip,
            place,
            read: wanted.read,
            key,
        });
    }

    /// Adds the views of a key to the request's own trip.
    fn depart(&mut self, index: usize, group: &Wanted<'_>, key: usize, own: &[usize]) -> Landing {
        let (now, deadline) = (self.now, self.options.deadline);
        let generation = self.state.trust.generation();
        let departure = self.found.departure.get_or_insert_with(|| Departure {
            trip: Arc::new(Trip::new(now, generation, deadline)),
            parts: Vec::new(),
        });
        let trip = Arc::clone(&departure.trip);
        let (part_index, part) = part_of(&mut departure.parts, index, group, own);
        part.keys.extend(group.keys.get(key).cloned());
        let place = part.keys.len() - 1;
        let (of_group, carried) = (part.of_group.clone(), Arc::clone(&part.carried));
        for (view, in_group) in of_group.into_iter().enumerate() {
            if let Some(wanted) = group
                .views
                .get(in_group)
                .filter(|_| own.contains(&in_group))
            {
                let place = Place {
                    part: part_index,
                    view,
                    key: place,
                };
                self.wait(Arc::clone(&trip), place, wanted, key);
            }
        }
        Landing {
            trip,
            part: part_index,
            key: place,
            carried,
        }
    }

    /// Takes everything that is kept and bearable. Says whether that is all.
    pub(super) fn take_stale(&mut self) -> bool {
        for group in self.wanted {
            let mut hints = vec![0; group.views.len()];
            for (key_index, key) in group.keys.iter().enumerate() {
                let Some(entity) = self.state.entity(key) else {
                    return false;
                };
                let piece = self.found.rows.next_piece();
                for (wanted, hint) in group.views.iter().zip(&mut hints) {
                    let slot = entity.any_slot(wanted.view.id, self.now, hint);
                    let bearable = slot.filter(|slot| {
                        slot.columns >= wanted.needed
                            && self.state.is_bearable(slot, wanted.view.ttl, self.now)
                    });
                    let Some(slot) = bearable else {
                        return false;
                    };
                    self.tell(wanted, key_index, &slot, piece);
                }
                self.found.rows.hold(entity.into_memory());
            }
        }
        self.found.report.is_stale = true;
        true
    }

    pub(super) fn finish(self) -> Look {
        let age = |at| -> Duration { self.now.since(at) };
        let mut found = self.found;
        found.report.oldest = self.oldest.map(age);
        found
    }
}

/// The part of a trip that brings these views of a group's keys.
fn part_of<'p>(
    parts: &'p mut Vec<Part>,
    group_index: usize,
    group: &Wanted<'_>,
    own: &[usize],
) -> (usize, &'p mut Part) {
    let of_group = parts
        .iter()
        .filter(|part| part.group == group_index)
        .count();
    let all: Vec<usize>;
    let own = match of_group < MOST_PARTS {
        true => own,
        false => {
            all = (0..group.views.len()).collect();
            all.as_slice()
        }
    };
    let same = |part: &Part| part.group == group_index && part.of_group == own;
    let index = parts.iter().rposition(same).unwrap_or_else(|| {
        parts.push(new_part(group_index, group, own));
        parts.len() - 1
    });
    (index, &mut parts[index])
}

fn new_part(group_index: usize, group: &Wanted<'_>, own: &[usize]) -> Part {
    let wanted = || own.iter().filter_map(|&view| group.views.get(view));
    let views: Vec<_> = wanted().map(|wanted| wanted.view.all()).collect();
    let carried = wanted().zip(&views).map(|(wanted, all)| Carried {
        view: wanted.view.id,
        columns: u32::try_from(all.features().len()).unwrap_or(u32::MAX),
    });
    Part {
        group: group_index,
        of_group: own.to_vec(),
        carried: carried.collect(),
        views,
        keys: Vec::new(),
    }
}
