use std::{borrow::Cow, hint::black_box, sync::Arc, time::Duration};

use super::{moment::Moment, wanted::WantedView};
use crate::read::one_packed;

/// What is kept of an entity, which is one hash in Redis: a row for each view that was read of it, in one piece of memory,
/// so that a look at one row fetches the next. First what was known of the store when the rows were loaded (4 bytes: see
/// [`Trust`](super::trust::Trust)), how many slots there are (4 bytes) and how long the key is (4 bytes), then the key, the
/// slots by the views' numbers, and the rows.
#[derive(Clone, Debug)]
pub(super) struct Entity(Arc<[u8]>);

/// A view's row, or that there is none.
#[derive(Clone, Debug)]
pub(super) struct Slot<Row> {
    pub(super) lasts: Lasts,
    pub(super) view: u32,
    /// How many of the view's columns were loaded.
    pub(super) columns: u32,
    pub(super) loaded_at: Moment,
    pub(super) row: Option<Row>,
}

/// A row's bytes, as they are packed.
pub(super) type Packed<'a> = Cow<'a, [u8]>;

/// Where a row begins in its entity's memory.
pub(super) type Start = usize;

/// A slot as it is kept: the view (4 bytes), its columns (4 bytes), how long the row lasts (4 bytes), where it begins (4
/// bytes, nothing where there is none), and when it was loaded (8 bytes).
type KeptSlot = [u8; 24];

const BYTES_OF_HEAD: usize = 12;

/// What the processor fetches at once.
const BYTES_FETCHED: usize = 64;
/// Of an entity; more doesn't come in time.
const MOST_FETCHED: usize = 10;

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

impl<Row> Slot<Row> {
    /// Whether the row may have ended by itself, of which nobody tells.
    #[inline]
    pub(super) fn has_ended(&self, now: Moment) -> bool {
        let Lasts(millis) = self.lasts;
        millis != u32::MAX && self.loaded_at.after_millis(millis) <= now
    }

    fn with_row<Other>(self, row: Option<Other>) -> Slot<Other> {
        Slot {
            lasts: self.lasts,
            view: self.view,
            columns: self.columns,
            loaded_at: self.loaded_at,
            row,
        }
    }
}

impl Slot<Packed<'_>> {
    fn bytes_of_row(&self) -> &[u8] {
        self.row.as_deref().unwrap_or_default()
    }

    fn keep(&self, start: u32) -> KeptSlot {
        let Lasts(lasts) = self.lasts;
        let Moment(loaded_at) = self.loaded_at;
        let mut kept = KeptSlot::default();
        let (numbers, moment) = kept.split_at_mut(16);
        let numbers = numbers.as_chunks_mut().0.iter_mut();
        for (place, number) in numbers.zip([self.view, self.columns, lasts, start]) {
            *place = number.to_le_bytes();
        }
        moment.copy_from_slice(&loaded_at.to_le_bytes());
        kept
    }
}

/// What an entity costs beside its own piece of memory: a place in the table, moka's table, queues and frequencies, the
/// allocator's rounding. Measured: see `tests/cache_memory.rs`.
const BYTES_PER_ENTRY: usize = 384;

impl Entity {
    /// `None` where that is more than 4 GiB.
    pub(super) fn new(
        key: &[u8],
        generation: u32,
        mut slots: Vec<Slot<Packed<'_>>>,
    ) -> Option<Self> {
        slots.sort_unstable_by_key(|slot| slot.view);
        let rows: Vec<&[u8]> = slots.iter().map(Slot::bytes_of_row).collect();
        let first = BYTES_OF_HEAD + key.len() + slots.len() * size_of::<KeptSlot>();
        let bytes = first + rows.iter().map(|row| row.len()).sum::<usize>();
        u32::try_from(bytes).ok()?;
        let mut memory = Vec::with_capacity(bytes);
        for number in [generation, count(slots.len()), count(key.len())] {
            memory.extend_from_slice(&number.to_le_bytes());
        }
        memory.extend_from_slice(key);
        let mut start = first;
        for (slot, row) in slots.iter().zip(&rows) {
            memory.extend_from_slice(&slot.keep(slot.row.as_ref().map_or(0, |_| count(start))));
            start += row.len();
        }
        rows.iter().for_each(|row| memory.extend_from_slice(row));
        Some(Self(memory.into()))
    }

    /// The serialized entity key.
    pub(super) fn key(&self) -> &[u8] {
        let key = self.0.get(BYTES_OF_HEAD..).unwrap_or_default();
        key.get(..self.number(8) as usize).unwrap_or(key)
    }

    pub(super) fn generation(&self) -> u32 {
        self.number(0)
    }

    /// Has the processor fetch the memory, without waiting for it. What is looked at piece by piece is waited for piece by
    /// piece.
    #[inline]
    pub(super) fn fetch(&self) {
        let pieces = self.0.chunks(BYTES_FETCHED).take(MOST_FETCHED);
        let touched = pieces
            .filter_map(<[u8]>::first)
            .fold(0, |all, byte| all ^ byte);
        black_box(touched);
    }

    /// Whether this is the other itself, and not only equal.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot<Packed<'_>>> {
        self.kept().iter().map(|kept| {
            let slot = slot_of(kept);
            let row = slot.row.and_then(|start| self.0.get(start..));
            let row = row.map(|row| Cow::Borrowed(one_packed(row)));
            slot.with_row(row)
        })
    }

    /// The memory that the rows are in.
    pub(super) fn into_memory(self) -> Arc<[u8]> {
        self.0
    }

    /// The row of a view, where all columns that are wanted are there and it isn't too old. `hint` is where the last
    /// entity had it: entities look alike.
    #[inline]
    pub(super) fn slot(
        &self,
        wanted: &WantedView<'_>,
        now: Moment,
        hint: &mut usize,
    ) -> Option<Slot<Start>> {
        let slot = self.any_slot(wanted.view.id, now, hint)?;
        let is_young = wanted
            .view
            .ttl
            .is_none_or(|ttl| now < slot.loaded_at.after(ttl));
        (slot.columns >= wanted.needed && is_young).then_some(slot)
    }

    /// The row of a view, however old, unless it has ended by itself.
    #[inline]
    pub(super) fn any_slot(&self, view: u32, now: Moment, hint: &mut usize) -> Option<Slot<Start>> {
        let slot = self.find(view, hint)?;
        (!slot.has_ended(now)).then_some(slot)
    }

    /// What it takes in memory.
    pub(super) fn weight(&self) -> u32 {
        count(BYTES_PER_ENTRY + self.0.len())
    }

    #[inline]
    fn kept(&self) -> &[KeptSlot] {
        let first = BYTES_OF_HEAD + self.number(8) as usize;
        let slots = self.0.get(first..).unwrap_or_default().as_chunks().0;
        slots.get(..self.number(4) as usize).unwrap_or(slots)
    }

    #[inline]
    fn number(&self, at: usize) -> u32 {
        number(&self.0, at)
    }

    #[inline]
    fn find(&self, view: u32, hint: &mut usize) -> Option<Slot<Start>> {
        let view_of = |kept: &KeptSlot| number(kept, 0);
        let slots = self.kept();
        if let Some(kept) = slots.get(*hint)
            && view_of(kept) == view
        {
            return Some(slot_of(kept));
        }
        let place = slots.binary_search_by_key(&view, view_of);
        *hint = place.ok()?;
        slots.get(*hint).map(slot_of)
    }
}

#[inline]
fn slot_of(kept: &KeptSlot) -> Slot<Start> {
    let start = number(kept, 12) as usize;
    let loaded_at = kept
        .last_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Slot {
        lasts: Lasts(number(kept, 8)),
        view: number(kept, 0),
        columns: number(kept, 4),
        loaded_at: Moment(loaded_at),
        row: (start > 0).then_some(start),
    }
}

#[inline]
fn number(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
