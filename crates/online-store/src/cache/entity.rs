use std::{mem::size_of, sync::Arc};

use super::{moment::Moment, wanted::WantedView};
use crate::read::PackedRow;

/// What is kept of an entity, which is one hash in Redis: a row for each view that was read of it, by the views' numbers.
#[derive(Clone, Debug)]
pub(super) struct Entity(Arc<[Slot]>);

/// A view's row, or that there is none.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// What was known of the store when the entity's rows were loaded: see [`Trust`](super::trust::Trust).
    pub(super) generation: u64,
    pub(super) view: u32,
    /// How many of the view's columns were loaded.
    pub(super) columns: u32,
    pub(super) loaded_at: Moment,
    pub(super) row: Option<PackedRow>,
}

/// What an entry costs beside its key and its rows, with the pieces of memory that it is made of: moka's hash table, its
/// queues and frequencies, the allocator's rounding. Measured: see `tests/cache_memory.rs`.
const BYTES_PER_ENTRY: usize = 384;
/// What the allocator adds to the memory of an entity's rows, and the counters of those who share it.
const BYTES_BESIDE_ROWS: usize = 48;

impl Entity {
    /// Of slots of one generation. Their rows are put side by side.
    pub(super) fn new(mut slots: Vec<Slot>) -> Self {
        slots.sort_unstable_by_key(|slot| slot.view);
        let rows = slots.iter_mut().filter_map(|slot| slot.row.as_mut());
        PackedRow::gather(rows.collect());
        Self(slots.into())
    }

    pub(super) fn generation(&self) -> u64 {
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
        let slot = self.any_slot(wanted.view.id, hint)?;
        let is_young = wanted
            .view
            .ttl
            .is_none_or(|ttl| now < slot.loaded_at.after(ttl));
        (slot.columns >= wanted.needed && is_young).then_some(slot)
    }

    /// The row of a view, however old.
    pub(super) fn any_slot(&self, view: u32, hint: &mut usize) -> Option<&Slot> {
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
        let rows = self.0.iter().filter_map(|slot| slot.row.as_ref());
        let rows: usize = rows.map(PackedRow::len).sum();
        let slots = self.0.len() * size_of::<Slot>();
        let weight = BYTES_PER_ENTRY + key + slots + BYTES_BESIDE_ROWS + rows;
        u32::try_from(weight).unwrap_or(u32::MAX)
    }
}
