use std::{mem::size_of, sync::Arc, time::Duration};

use super::{moment::Moment, wanted::WantedView};
use crate::read::PackedRow;

/// What is kept of an entity, which is one hash in Redis: a row for each view that was read of it, by the views' numbers.
#[derive(Clone, Debug)]
pub(super) struct Entity(Arc<[Slot]>);

/// A view's row, or that there is none.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What was known of the store when the entity's rows were loaded: see [`Trust`](super::trust::Trust).
    pub(super) generation: u32,
    pub(super) lasts: Lasts,
    pub(super) view: u32,
    /// How many of the view's columns were loaded.
    pub(super) columns: u32,
    pub(super) loaded_at: Moment,
    pub(super) row: Option<PackedRow>,
}

/// How long after its load a row is there for sure, unless somebody changes it: whole milliseconds, as Redis counts. After
/// 49 days at the most it is read anew, but for one that doesn't end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lasts(u32);

impl Lasts {
    pub(super) fn of(time: Duration) -> Self {
        if time == Duration::MAX {
            return Self(u32::MAX);
        }
        let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        Self(millis.min(u32::MAX - 1))
    }

    /// Whether that is no time, or isn't known.
    pub(super) fn is_nothing(self) -> bool {
        self.0 == 0
    }
}

impl Slot {
    /// Whether the row may have ended by itself, of which nobody tells.
    pub(super) fn has_ended(&self, now: Moment) -> bool {
        let Lasts(millis) = self.lasts;
        let time = Duration::from_millis(millis.into());
        millis != u32::MAX && self.loaded_at.after(time) <= now
    }
}

/// What an entry costs beside its key and its rows, with the pieces of memory that it is made of: moka's hash table, its
/// queues and frequencies, the allocator's rounding. Measured: see `tests/cache_memory.rs`.
const BYTES_PER_ENTRY: usize = 384;
/// What the allocator adds to a packed row.
const BYTES_PER_ROW: usize = 32;

impl Entity {
    /// Of slots of one generation.
    pub(super) fn new(mut slots: Vec<Slot>) -> Self {
        slots.sort_unstable_by_key(|slot| slot.view);
        Self(slots.into())
    }

    pub(super) fn generation(&self) -> u32 {
        self.0.first().map_or(0, |slot| slot.generation)
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.0
    }

    /// The row of a view, where all columns that are wanted are there and it isn't too old. `hint` is where the last
    /// entity had it: entities look alike.
    pub(super) fn slot(
        &self,
        wanted: &WantedView<'_>,
        now: Moment,
        hint: &mut usize,
    ) -> Option<&Slot> {
        let slot = self.any_slot(wanted.view.id, now, hint)?;
        let is_young = wanted
            .view
            .ttl
            .is_none_or(|ttl| now < slot.loaded_at.after(ttl));
        (slot.columns >= wanted.needed && is_young).then_some(slot)
    }

    /// The row of a view, however old, unless it has ended by itself.
    pub(super) fn any_slot(&self, view: u32, now: Moment, hint: &mut usize) -> Option<&Slot> {
        let slot = self.slot_of(view, hint)?;
        (!slot.has_ended(now)).then_some(slot)
    }

    fn slot_of(&self, view: u32, hint: &mut usize) -> Option<&Slot> {
        if let Some(slot) = self.0.get(*hint)
            && slot.view == view
        {
            return Some(slot);
        }
        let place = self.0.binary_search_by_key(&view, |slot| slot.view);
        *hint = place.ok()?;
        self.0.get(*hint)
    }

    /// What it takes in memory under a key of so many bytes.
    pub(super) fn weight(&self, key: usize) -> u32 {
        let row = |slot: &Slot| {
            slot.row
                .as_ref()
                .map_or(0, |row| row.bytes() + BYTES_PER_ROW)
        };
        let rows: usize = self.0.iter().map(row).sum();
        let weight = BYTES_PER_ENTRY + key + self.0.len() * size_of::<Slot>() + rows;
        u32::try_from(weight).unwrap_or(u32::MAX)
    }
}
